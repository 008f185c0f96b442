"""Ctrl-C and what else ends a shell, in each of its states: in order, and the next line works."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import held
import pytest
from terminal import Terminal, terminal

_RUN = "bridge b1 on kvm1\r"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    folders = {"XDG_STATE_HOME": str(tmp_path), "VNETSH_HELD": str(tmp_path)}
    with terminal([sys.executable, held.__file__, "--demo=1"], folders) as found:
        found.wait_prompt()
        yield found


def _ask(shell: Terminal, folder: Path, *, back: bool = False) -> None:
    (folder / "apply").touch()
    if back:
        (folder / "undo").touch()
    shell.type(_RUN)
    shell.wait_for("held up")
    shell.type("\x03")
    shell.wait_for("take it back (c)")


def test_ctrl_c_twice_takes_it_back(shell: Terminal, tmp_path: Path) -> None:
    _ask(shell, tmp_path)
    shell.type("\x03")
    shell.wait_for("taking it back")
    shell.wait_for("interrupted: 1 failed")
    assert shell.leave() == 0


def test_what_was_left_to_itself_disturbs_the_prompt_no_longer(shell: Terminal, tmp_path: Path) -> None:
    _ask(shell, tmp_path, back=True)
    shell.type("\x03")
    shell.wait_for("taking it back")
    shell.type("\x03")
    shell.wait_for("leave what hangs as it is (c)")
    shell.type("c\r")
    shell.wait_for("interrupted: 1 left")
    shell.wait_prompt()  # though that host's call still tells how far it is
    (tmp_path / "apply").unlink()
    (tmp_path / "undo").unlink()
    shell.type("show hosts\r")
    shell.wait_for("192.0.2.1")
    assert shell.leave() == 0


def test_a_run_shows_what_one_leafs_through_and_watches(tmp_path: Path) -> None:
    folders = {"XDG_STATE_HOME": str(tmp_path), "PAGER": "sed s/^b5/leafed/"}
    with terminal([sys.executable, held.__file__, "--demo=1"], folders, rows=12) as shell:
        shell.wait_prompt()
        shell.type(
            "for i in 1..12 { bridge b$i on kvm1 }; show bridges; watch show hosts; bridge b13 on kvm1\r"
        )
        shell.wait_for("Ctrl-C ends")
        assert "leafed" in shell.said
        shell.type("\x03")
        shell.wait_for("done: 13 changes")
        assert "take it back" not in shell.said
        assert shell.leave() == 0


def test_what_ends_while_one_is_asked_has_ended(shell: Terminal, tmp_path: Path) -> None:
    _ask(shell, tmp_path)
    (tmp_path / "apply").unlink()
    shell.type("b\r")
    shell.wait_for("done: 1 change")
    assert shell.leave() == 0


def test_who_leaves_need_not_wait_for_what_hangs(shell: Terminal, tmp_path: Path) -> None:
    (tmp_path / "apply").touch()
    (tmp_path / "undo").touch()
    shell.type("bridge b1 on kvm1 &\r")
    shell.wait_for("job 1 is under way")
    shell.wait_prompt()
    shell.type("\x04")
    shell.wait_for("leave once more")
    shell.wait_prompt()
    deadline = time.monotonic() + 20
    while not shell.bar:  # all of the prompt stands
        assert time.monotonic() < deadline
        shell._read(0.1)
    shell.type("\x04")
    while shell.bar:  # the prompt is gone: what is typed now is a signal
        assert time.monotonic() < deadline
        shell._read(0.1)
    for says in ("taking back what is under way", "leaving what hangs"):
        shell.type("\x03")
        shell.wait_for(says)
    shell.wait_for("interrupted: 1 left")
    assert shell.wait_end() == 0


def test_a_history_that_cannot_be_kept_disturbs_nobody(tmp_path: Path) -> None:
    (tmp_path / "vnetsh" / "history").mkdir(parents=True)
    with terminal(
        [sys.executable, held.__file__, "--demo=1"], {"XDG_STATE_HOME": str(tmp_path), "TERM": "dumb"}
    ) as shell:
        shell.wait_for("vnetsh>")
        shell.type("show hosts\r")
        shell.wait_for("192.0.2.1")
        shell.type("source no.vnet\r")
        shell.wait_for("cannot read no.vnet")
        assert shell.leave() == 0


def test_the_window_gets_another_size_in_mid_line(tmp_path: Path) -> None:
    with terminal([sys.executable, held.__file__, "--demo=2"], {"XDG_STATE_HOME": str(tmp_path)}) as shell:
        shell.wait_prompt()
        shell.type("bridge resized on kv")
        shell.wait_for("bridge resized on kv")
        shell.resize(20, 50)
        shell.type("m1 ")
        shell.wait_for("kvm1")
        shell.resize(40, 100)
        shell.type("stp yes\r")
        shell.wait_for("done: 1 change")
        assert shell.leave() == 0
