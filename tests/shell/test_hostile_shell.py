"""The shell on hosts that are full of hostile names: what reaches the terminal, byte for byte."""

from __future__ import annotations

import sys
from pathlib import Path

import hostile
import pytest
from hostile import NAMES
from terminal import Terminal, terminal

ACTING = [
    name for name in NAMES if len(name.strip("xy")) > 0 and name not in ("x\ny", "x\r\ny", "x\ty", "x\ry")
]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> bytearray:
    """All that a program writes to its terminal."""
    found = bytearray()
    read = Terminal.take

    def take(self: Terminal, data: bytes) -> None:
        found.extend(data)
        read(self, data)

    monkeypatch.setattr(Terminal, "take", take)
    return found


def test_nothing_that_others_named_acts_on_the_terminal(tmp_path: Path, written: bytearray) -> None:
    argv = [sys.executable, hostile.__file__, "--demo=1"]
    with terminal(argv, {"XDG_STATE_HOME": str(tmp_path), "PYTHONUTF8": "1", "PAGER": "cat"}) as shell:
        shell.wait_prompt()
        for line in (
            "show vms",
            "show bridges; show ports",
            "plan bridge vswitch01 on kvm1 mtu 1400",
            "export",
        ):
            shell.type(line)
            shell.wait_for(line)  # or the prompt that is waited for is the one before it
            shell.type("\r")
            shell.wait_prompt()
        shell.type("start kvm1\t\t")
        shell.wait_for("start kvm1")
        shell.type("\x03")
        for name in ("\u202ex", "\u200bx", "\x9b5mx", "\u2028x"):  # pasted
            shell.type(
                "\x0c"
            )  # so that it is the shell that reads them, and not the terminal that shows them
            shell.wait_empty()
            shell.type(f"\x1b[200~bridge b{name} on kvm1\x1b[201~")
            shell.wait_for("on kvm1")
            shell.type("\r")
            shell.wait_for("error[E001]")
            shell.wait_prompt()
        assert shell.leave() == 0
    text = written.decode("utf-8", "surrogateescape")
    assert "vm db" in text
    assert [name for name in ACTING if name in text] == []
    for char in "\x00\x05\x07\x0b\x0c\x0e\x0f\x1a\x85\x90\x9b\x9d\u202e\u2066\u200b\u2028\ufeff\U000e0041":
        assert char not in text, repr(char)
