"""What the shell says while one types: what fits, what is unknown, what is wrong, how the fleet is."""

from __future__ import annotations

import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from string import ascii_letters

import pytest
from terminal import Terminal, terminal
from waiting import eventually

VNETSH = str(Path(sys.executable).with_name("vnetsh"))


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    folders = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path)}
    with terminal([VNETSH, "--demo=3"], folders) as found:
        found.wait_prompt()
        yield found


def _enter(shell: Terminal, line: str, says: str) -> None:
    before = shell.said.count(says)
    shell.type(line + "\r")
    shell.wait_for(says, times=before + 1)
    shell.wait_prompt()


def _clear(shell: Terminal) -> None:
    shell.type("\x03")
    shell.wait_prompt()
    shell.type("\x0c")
    shell.wait_empty()


def test_what_fits_is_offered_with_its_kind_and_place(shell: Terminal) -> None:
    _enter(shell, "vm web on kvm2; vm db on kvm1", "done: 2 changes")
    _enter(
        shell, "bridge lan on kvm[1-2]; vm web port lan vlan 110; vm db port lan vlan 110", "done: 4 changes"
    )
    for typed, offers in {
        "delete vm ": ("web   vm · kvm2", "db    vm · kvm1"),
        "migrate web to ": ("kvm1   host", "kvm3   host"),
        "undo ": ("1     vm web on kvm2", "1"),
        "vm web port lan vlan 1": ("110    vlan · 2 ports on lan", "vlan · 2 ports on lan"),
        "set output ": ("csv", "json"),
        "export br": ("bridges", "A virtual switch"),
        "explain E10": ("E102", "a host that is not in the inventory"),
        "bridge b on kvm1 backend ": ("linux", "ovs"),
    }.items():
        words = [text.split("  ")[0] for text in (offers[:1] if typed == "undo " else offers)]
        for left in (3, 2, 1, 0):  # the hosts may not have told yet what was changed just now
            shell.type(typed)
            try:
                shell.wait_for(words[0], 20 if not left else 3)
                break
            except AssertionError:
                if not left:
                    raise
                _clear(shell)
        for word in words:
            shell.wait_for(word)
        if typed == "delete vm ":
            assert not any(line.strip().startswith("kvm") for line in shell.text.splitlines()[2:])
        _clear(shell)


def test_a_question_mark_lists_what_may_come_next(shell: Terminal) -> None:
    shell.type("bridge b on ?")
    shell.wait_for("a list of hosts")
    shell.wait_for("kvm2  host")
    shell.type("kvm1 stp ?")
    shell.wait_for("kvm1 stp ")
    _clear(shell)
    shell.type("?")
    shell.wait_for("migrate")
    shell.wait_for("history")


def test_what_is_wrong_is_said_below_before_it_is_entered(shell: Terminal) -> None:
    shell.type("bridge b on kvm9 stp yes")
    shell.wait_bar("✗ unknown host `kvm9`")
    shell.wait_bar("did you mean `kvm")
    assert shell.underlined() == ["kvm9"]
    _clear(shell)
    shell.type("delete vm nobody on kvm1")
    shell.wait_underlined(["nobody"])
    _clear(shell)
    shell.type("bridge b on kvm1; delete bridge b")  # it is declared before
    shell.wait_bar("3 of 3 hosts")
    assert shell.underlined() == []


def test_blocks_are_indented(shell: Terminal) -> None:
    shell.type("for i in 1..2 {\rfor j in 3..4 {\rbridge b$i$j on kvm1\r}\r}\r")
    shell.wait_for("done: 4 changes")
    assert "...         bridge b$i$j on kvm1" in shell.said
    assert "\n   ...     }\n   ... }\n" in shell.said


def test_what_was_typed_is_suggested_unless_it_takes_something_away(shell: Terminal, tmp_path: Path) -> None:
    _enter(shell, "bridge quiet on kvm1", "done: 1 change")
    _enter(shell, "delete bridge quiet on kvm1", "done: 1 change")
    shell.type("bridge q")
    shell.wait_for("bridge quiet on kvm1", times=3)
    _clear(shell)
    shell.type("delete bridge q")
    shell.wait_bar("3 of 3 hosts")
    assert "bridge quiet" not in shell.text, (
        "the menu may have for a moment what has just gone, the line has not"
    )
    _clear(shell)
    file = tmp_path / "state" / "vnetsh" / "history"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_way_of_editing_and_keys_and_colours_are_the_users(tmp_path: Path) -> None:
    config = tmp_path / "vnetsh" / "config.toml"
    config.parent.mkdir()
    config.write_text(
        '[shell]\nediting = "vi"\n[colours]\nnoun = "ansired"\n[keys]\nf5 = "show hosts"\n"c-x h" = "help vm"\n'
    )
    folders = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path)}
    with terminal([VNETSH, "--demo=1"], folders) as shell:
        shell.wait_prompt()
        shell.type("\x1b[15~")  # F5
        shell.wait_for("NAME")
        shell.wait_prompt()
        shell.type("bridge bb on kvm1")
        shell.type("\x1b")
        shell.wait_bar("1 of 1")
        shell.type("0dw")
        shell.wait_for("vnetsh> bb on kvm1")
    for text, says in {
        "[shell]\nediting = 'ed'": "`ed` is no way of editing",
        "[shell]\nedit = true": "did you mean `editing`?",
        "[colors]": "did you mean `colours`?",
        "[colours]\nnoun = 'nocolour'": "nocolour",
        "[keys]\nf99 = 'x'": "f99",
        "[shell": "Expected",
    }.items():
        config.write_text(text)
        with terminal([VNETSH, "--demo=1"], folders) as shell:
            shell.wait_for("config.toml")
            shell.wait_for(says)
            assert shell.wait_end() == 2


def test_hosts_where_a_move_passes_its_checks_come_first(shell: Terminal) -> None:
    _enter(shell, "bridge only on kvm1, kvm3; vm web on kvm1 port only", "done: 4 changes")
    shell.type("migrate web ")
    shell.wait_for("to")
    shell.type("to ")
    shell.wait_for("kvm3   the move passes its checks")

    def order() -> list[str]:
        words = (line.split()[:1] for line in shell.text.splitlines())
        return [word for one in words for word in one if word in ("kvm1", "kvm2", "kvm3")]

    assert eventually(lambda: order() == ["kvm3", "kvm1", "kvm2"])
    shell.wait_for("it is there")


@pytest.mark.parametrize("pause", [0.004, 0.01, 0.02])
def test_what_is_typed_while_the_shell_begins_stands_there_once(pause: float, tmp_path: Path) -> None:
    folders = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path)}
    with terminal([VNETSH, "--demo=1"], folders, columns=1000) as shell:
        usual = shell.modes()
        shell.wait_for("vnetsh>")
        typed, until = "", float("inf")
        while time.monotonic() < until and len(typed) < 900:
            key = ascii_letters[len(typed) % len(ascii_letters)]
            typed += key
            shell.type(key)
            shell.pass_time(pause)
            if shell.bar and until == float("inf"):  # the shell is there: for a moment more
                until = time.monotonic() + 0.3
        shell.wait_for(f"\nvnetsh> {typed}")
        assert [line for line in shell.text.splitlines() if line][1:] == [f"vnetsh> {typed}"]
        shell.type("\x03")
        assert shell.leave() == 0
        assert shell.modes() == usual
