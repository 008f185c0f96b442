"""What stands on the terminal, whole screens of it, as the files of tests/golden/screens have it."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import held
import pytest
from terminal import Terminal, terminal

FOLDER = Path(__file__).parent.parent / "golden" / "screens"
_VARIES = (
    (r"in \d+\.\d s\b", "in 0.0 s"),
    (r"✗ \d+ (s|min)", "✗ 0 s"),
    (r"held up, \d+ s(  \d+ s)?", "held up, 0 s"),
    (r"vnetsh \d+\.\d+\.\d+\S*", "vnetsh 0.0.0"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-01-01 00:00:00"),
)
Enter = Callable[[Terminal, Path], None]


def _type(*keys: str) -> Enter:
    """Type them, each when what was entered before is done."""

    def typed(shell: Terminal, hold: Path) -> None:
        for number, text in enumerate(keys):
            if number:
                shell.wait_prompt()
            shell.type(text)
            if text.endswith("\r"):
                shell.wait_for(text.rstrip("\r"))

    return typed


def _holding(file: str, then: Enter) -> Enter:
    """Do something while hosts are held up."""

    def held_up(shell: Terminal, hold: Path) -> None:
        (hold / file).touch()
        then(shell, hold)

    return held_up


def _asked(shell: Terminal, hold: Path) -> None:
    shell.type("bridge b1 on kvm1, kvm2\r")
    shell.wait_for("held up")
    shell.type("\x03")


def _menu(shell: Terminal, hold: Path) -> None:
    for name, host in (("web", "kvm1"), ("db", "kvm2")):
        shell.type(f"vm {name} on {host} memory 96M\r")
        shell.wait_for("done: 1 change", times=1 if name == "web" else 2)
        shell.wait_prompt()
    for _ in range(20):  # they are known a moment after they were made
        shell.type("delete vm ")
        shell.wait_for("delete vm")
        time.sleep(0.5)
        shell._read(0.1)
        if "vm · kvm2" in shell.text:
            return
        shell.type("\x15")


_WEB = "vm web on kvm1 memory 96M port vswitch01 name w1\r"
CASES: dict[str, tuple[Enter, int, int]] = {
    "menu": (_menu, 20, 100),
    "menu_narrow": (_type("bridge b on kvm1 "), 10, 40),
    "question_mark": (_type("bridge b on kvm1 stp ?"), 24, 100),
    "wrong_below": (_type("bridge b on kvm9 stp yes"), 12, 100),
    "wrong_below_narrow": (_type("bridge b on kvm9 stp yes"), 10, 40),
    "wrong_entered": (_type("bridge b on kvm9; vm x memory lots\r"), 24, 100),
    "wrong_entered_narrow": (_type("bridge b on kvm9\r"), 14, 40),
    "unknown_underlined": (_type("migrate nobody to kvm1"), 12, 100),
    "plan_and_question": (_type(_WEB, "\x0c", "vm web port vswitch01 name w1 vlan 7\r"), 16, 120),
    "plan_and_report": (_type("tunnel gre12 kvm1<->kvm2 on vswitch02\r"), 24, 120),
    "table": (_type(_WEB, "\x0c", "show vms, ports on kvm1\r"), 20, 100),
    "tutorial": (_type("tutorial\r", "show hosts\r"), 30, 100),
    "silent_host": (_holding("silent-kvm2", _type("show bridges on kvm1\r")), 16, 100),
    "under_way": (_holding("apply", _type("bridge b1 on kvm1, kvm2\r")), 16, 100),
    "ctrl_c_asks": (_holding("apply", _asked), 16, 100),
    "job": (_holding("apply", _type("bridge b1 on kvm1 &\r", "show jobs\r")), 16, 100),
}


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


@pytest.mark.parametrize("name", CASES)
def test_screen(name: str, tmp_path: Path, update: bool) -> None:
    enter, rows, columns = CASES[name]
    file = FOLDER / f"{name}.txt"
    folders = {
        "XDG_STATE_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "VNETSH_HELD": str(tmp_path),
    }
    with terminal([sys.executable, held.__file__, "--demo=3"], folders, rows, columns) as shell:
        shell.wait_bar("3 of 3 hosts" if rows > 10 else "3 of 3")
        enter(shell, tmp_path)
        if update:
            *_, last = _screens(shell, 3)
            file.write_text(last)
        wanted, seen = file.read_text(), ""
        for seen in _screens(shell, 30):
            if seen == wanted:
                return
        assert seen == wanted


def _screens(shell: Terminal, seconds: float) -> Iterator[str]:
    """What is to be seen, as it changes; without what is another thing each time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        shell._read(0.1)
        lines = [*shell._lines(), ""]
        for style, pieces in sorted(shell.styles().items()):
            lines.append(f"{style}: {' | '.join(piece.strip() for piece in pieces if piece.strip())}")
        text = "\n".join(lines).strip("\n") + "\n"
        for what, instead in _VARIES:
            text = re.sub(what, instead, text)
        yield text
