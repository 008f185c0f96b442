"""Ctrl-Z and `fg`: what was drawn in place stands there again, and nothing else is drawn over."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import held
import pytest
from terminal import Terminal, terminal


@pytest.fixture
def outer(tmp_path: Path) -> Iterator[Terminal]:
    """A shell with job control in which vnetsh's shell stands in front."""
    folders = {"XDG_STATE_HOME": str(tmp_path), "VNETSH_HELD": str(tmp_path), "PS1": "outer$ "}
    with terminal(["bash", "--norc", "--noprofile", "-i"], folders, rows=40, columns=100) as found:
        found.wait_for("outer$")
        found.type(f"{sys.executable} {held.__file__} --demo=2\r")
        found.wait_prompt()
        yield found


def _stop_and_go_on(outer: Terminal, nth: int) -> None:
    outer.type("\x1a")
    outer.wait_for("Stopped", times=nth)
    outer.wait_for("outer$", times=2 * nth)
    outer.type(f"echo back{nth}\rfg\r")
    outer.wait_for(f"\nback{nth}")


def test_a_run_and_its_questions_go_on(outer: Terminal, tmp_path: Path) -> None:
    (tmp_path / "apply").touch()
    outer.type("bridge b1 on kvm1, kvm2\r")
    outer.wait_for("kvm2: held up")
    _stop_and_go_on(outer, 1)
    outer.wait_for("--demo=2\nkvm1: held up")
    assert outer.said.count("kvm2: held up") == 1  # nothing of it is left where it stood before
    assert "\nouter$ fg\n" in outer.said
    outer.type("\x03")
    outer.wait_for("wait for it (Enter)?")
    _stop_and_go_on(outer, 2)
    outer.wait_for("wait for it (Enter)?", times=2)
    (tmp_path / "apply").unlink()
    outer.type("\r")
    outer.wait_for("done: 2 changes")
    outer.wait_prompt()


def test_what_is_watched_stands_there_again_and_fits_the_window(outer: Terminal) -> None:
    outer.type("bridge b1 on kvm1\r")
    outer.wait_for("done: 1 change")
    outer.wait_prompt()
    outer.type("watch show bridges\r")
    outer.wait_for("Ctrl-C ends")
    _stop_and_go_on(outer, 1)
    outer.wait_for("Ctrl-C ends", times=2)
    assert "\nouter$ fg\n" in outer.said
    outer.resize(12, 30)
    deadline = time.monotonic() + 20
    while not outer.text.startswith("NAME") or "Ctrl-C ends" not in outer.text:
        assert time.monotonic() < deadline, outer.text
        outer._read(0.1)
    assert all(len(line) < 30 for line in outer.text.split("\n"))
    outer.type("\x03")
    outer.wait_prompt()
