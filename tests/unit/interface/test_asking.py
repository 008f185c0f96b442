"""What a person at a terminal is asked: of what data is lost, and whether a run is confirmed."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import pytest
from terminal import terminal

from vnetsh.interface.progress import ProgressLine

VNETSH = str(Path(sys.executable).with_name("vnetsh"))
ONE = "vm data on kvm1; snapshot data as s1; revert data to s1"
TWO = "\n".join(f"vm {name} on kvm1; snapshot {name} as s1; revert {name} to s1" for name in ("one", "two"))


@pytest.mark.parametrize(
    ("script", "question", "answer", "code"),
    [
        (ONE, "data is lost of data: type its name", "y", 1),
        (ONE, "data is lost of data: type its name", "data", 0),
        (TWO, "data is lost of one, two: type how many these are", "1", 1),
        (TWO, "data is lost of one, two: type how many these are", "2", 0),
    ],
)
def test_where_data_is_lost_no_yes_will_do(
    tmp_path: Path, script: str, question: str, answer: str, code: int
) -> None:
    with terminal([VNETSH, "--demo=1", "-c", script], {"XDG_STATE_HOME": str(tmp_path)}) as found:
        found.wait_for(question)
        found.type(f"{answer}\r")
        assert found.wait_end() == code
        assert ("nothing was changed" in found.said) is bool(code)


@pytest.mark.parametrize(("answer", "code"), [("y\r", 0), ("n\r", 1), ("\r", 1), ("\x04", 1), ("\x03", 130)])
def test_a_person_confirms_where_nothing_is_expected(tmp_path: Path, answer: str, code: int) -> None:
    script = "confirm within 30s { bridge new on kvm1 }; show bridges"
    with terminal([VNETSH, "--demo=1", "-c", script], {"XDG_STATE_HOME": str(tmp_path)}) as found:
        found.wait_for("confirm run 1? [y/N] 2")
        found.type(answer)
        assert found.wait_end() == code
        assert ("went back" in found.said) is bool(code)


def test_the_time_is_counted_down_and_ends_the_question(tmp_path: Path) -> None:
    script = "confirm within 3s { bridge new on kvm1 }"
    with terminal([VNETSH, "--demo=1", "-c", script], {"XDG_STATE_HOME": str(tmp_path)}) as found:
        found.wait_for("confirm run 1? [y/N] 2 s left")
        found.wait_for("confirm run 1? [y/N] 1 s left")
        assert found.wait_end() == 1
        assert "error[E538]" in found.said


def test_in_the_shell_as_well(tmp_path: Path) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path), "TERM": "dumb"}
    with terminal([VNETSH, "--demo=1"], environment) as shell:
        shell.wait_for("vnetsh>")
        shell.type("confirm { bridge new on kvm1 }\r")
        shell.wait_for("confirm run 1? [y/N]")
        shell.type("y\r")
        shell.wait_for("done: 1 change")


@pytest.mark.parametrize("kind", ["dumb", "Unknown", ""])
def test_a_terminal_that_can_only_print_is_sent_nothing_else(kind: str, tmp_path: Path) -> None:
    script = "show hosts; confirm within 3s { bridge new on kvm1 }"
    with terminal(
        [VNETSH, "--demo=1", "-c", script], {"XDG_STATE_HOME": str(tmp_path), "TERM": kind}
    ) as found:
        sent, take = list[bytes](), found.take
        found.take = lambda data: (sent.append(data), take(data))[1]  # type: ignore[method-assign]
        found.wait_for("confirm run 1? [y/N]")
        assert found.wait_end() == 1
    assert b"\x1b" not in b"".join(sent)
    assert b"".join(sent).count(b"confirm run 1?") == 1


class _Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nor_how_far_long_work_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {}
    for kind in ("dumb", "xterm"):
        monkeypatch.setenv("TERM", kind)
        stream = _Tty()
        with ProgressLine(stream) as line:
            line("kvm1", "copying", 0.5)
            time.sleep(1)
        said[kind] = stream.getvalue()
    assert said["dumb"] == ""
    assert "kvm1: copying 50%" in said["xterm"]
