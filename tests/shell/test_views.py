"""Views at a terminal: what is watched is drawn in place, what is taller than the screen is paged."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import Terminal, terminal

VNETSH = str(Path(sys.executable).with_name("vnetsh"))
PAGER = {"PAGER": "sed s/^/PAGED:/"}


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    with terminal([VNETSH, "--demo=12"], {"XDG_STATE_HOME": str(tmp_path), **PAGER}) as found:
        found.wait_prompt()
        yield found


def test_what_is_watched_is_drawn_in_place_and_the_shell_goes_on(shell: Terminal) -> None:
    shell.type("vm web on kvm1 port vswitch01; vm db on kvm2\r")
    shell.wait_for("done: 3 changes")
    shell.type("\x0c")
    shell.wait_empty()
    shell.type("watch show vms\r")
    shell.wait_for("Ctrl-C ends")
    drawn = [line for line in shell.text.splitlines() if line.startswith(("NAME", "web ", "db "))]
    assert [line.split()[:2] for line in drawn] == [["NAME", "HOST"], ["db", "kvm2"], ["web", "kvm1"]]
    shell.type("\x03")
    shell.wait_prompt()
    shell.type("show vms web\r")
    shell.wait_for("web   kvm1", times=2)
    assert "interrupted" not in shell.said
    assert shell.leave() == 0


def test_what_changes_meanwhile_is_seen(shell: Terminal) -> None:
    shell.type("vm web on kvm1 port vswitch01\r")
    shell.wait_for("done: 2 changes")
    shell.type("migrate web to kvm2 &\r")
    shell.wait_for("job 2 is under way")
    shell.type("watch show vms where host kvm2\r")
    shell.wait_for("web   kvm2")
    assert shell.said.count("Ctrl-C ends") == 1, "it is drawn over what was drawn before"
    shell.type("\x03")
    shell.wait_prompt()


def test_a_pager_only_for_what_is_taller_than_the_screen(tmp_path: Path) -> None:
    for words, paged in (
        (["show", "images"], True),  # 60 rows
        (["show", "images", "on", "kvm1"], False),
        (["--no-pager", "show", "images"], False),
        (["-c", "tree vm nosuch"], False),
    ):
        environment = {"XDG_STATE_HOME": str(tmp_path), **PAGER}
        with terminal([VNETSH, "--demo=12", *words], environment) as found:
            found.wait_end()
            assert ("PAGED:" in found.said) is paged, words
    with terminal([VNETSH, "--demo=12", "show", "images"], {**environment, "TERM": "dumb"}) as found:
        found.wait_end()
        assert "PAGED:" not in found.said
    with terminal(
        [VNETSH, "--demo=12", "show", "images"], {**environment, "PAGER": "no-such-pager"}
    ) as found:
        assert found.wait_end() == 0
        assert "kvm12" in found.said
