"""The commands of the command line in the shell, with the same words; and the words that only a shell has."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import Terminal, terminal

VNETSH = str(Path(sys.executable).with_name("vnetsh"))


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    with terminal([VNETSH, "--demo=2"], {"XDG_STATE_HOME": str(tmp_path)}) as found:
        found.wait_prompt()
        yield found


def _do(shell: Terminal, line: str, *says: str) -> str:
    """Enter a line and wait for what it says; what came since."""
    before = len(shell.said)
    shell.type(line + "\r")
    for text in says:
        shell.wait_for(text, times=shell.said[:before].count(text) + 1)
    shell.wait_prompt()
    return shell.said[before:]


def test_commands_have_the_words_of_the_command_line(shell: Terminal, tmp_path: Path) -> None:
    script = tmp_path / "one.vnet"
    script.write_text("bridge   b1 on kvm1\n")
    _do(shell, f"fmt --diff {script}", "+bridge b1 on kvm1")
    _do(shell, f"plan {script}", "+ bridge  b1")
    assert "done" not in shell.said
    _do(shell, f"source {script}", "done: 1 change")
    _do(shell, "plan undo", "- bridge  b1", "plan: 1 to remove")
    _do(shell, "plan --set n=3 bridge b$n on kvm2", "+ bridge  b3")
    _do(shell, "export bridges", "bridge b1 on kvm1")
    _do(shell, "show bridges on kvm1 -o csv", "name,host,")
    _do(shell, "check bridge b3 on kvm9", "error[E102]")
    _do(shell, "explain E102", "E102")
    _do(shell, "drift bridge b1 on kvm2", "bridge b1 on kvm2 is missing")
    _do(shell, "history", "done")
    _do(shell, "undo 1", "done: 1 change")
    _do(shell, "undo 9", "there is no run 9")
    _do(shell, "show vms --demo=3", "a shell stays on its hosts")
    assert shell.leave() == 0


def test_what_is_set_holds_until_it_is_set_anew(shell: Terminal) -> None:
    said = _do(shell, "set output json; ", "takes one of")
    _do(shell, "set output json")
    said = _do(shell, "plan bridge b on kvm1", '"impact"')
    assert json.loads(said[said.index("{") : said.rindex("}") + 1])["summary"]["add"] == 1
    _do(shell, "set output table")
    _do(shell, "set max-impact none")
    _do(shell, "set undo-on-failure on")
    _do(shell, "set keep-going on", "contradict each other")
    assert "keep-going       off" in _do(shell, "set", "max-impact")
    _do(shell, "set nothing", "there is nothing called `nothing` to be set")
    assert shell.leave() == 0


def test_what_is_said_goes_into_a_file_too(shell: Terminal, tmp_path: Path) -> None:
    log = tmp_path / "said.txt"
    _do(shell, f"log {log}")
    _do(shell, "bridge b on kvm1", "done: 1 change")
    _do(shell, "log off")
    _do(shell, "bridge c on kvm1", "done: 1 change")
    text = log.read_text()
    assert text.startswith("vnetsh> bridge b on kvm1\n  + bridge  b ")
    assert "done: 1 change, verified" in text
    assert "\x1b" not in text
    assert "bridge  c" not in text
    _do(shell, f"log {tmp_path}/no/such", "cannot write")
    assert shell.leave() == 0


def test_what_leads_on(shell: Terminal) -> None:
    for line, says in {
        "exit now": "`exit` stands alone",
        "show": "for example",
        "ls": "`show vms`, `show bridges`",
        "plan": "plan what?",
        "undo": "there is nothing to undo",
        "export 'x": "no closing quotation",
    }.items():
        _do(shell, line, says)
    assert shell.leave() == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "bridges", "on", "kvm1"], "vswitch01"),
        (["why kvm1 -> kvm2"], "kvm2"),
        (["bridge", "b", "on", "kvm1,kvm2", "-o", "json"], '"add": 2'),
        (["plan", "undo"], "there is nothing to undo"),
        (["--timeout", "5", "bridge", "b", "on", "kvm1"], "done: 1 change"),
        (["show hosts where memory > 1 columns name"], "NAME\nkvm1\n"),  # a command, too
        (["--confirm-within", "9s", "bridge", "b", "on", "kvm1"], "confirmed within 9 s"),
        (["plan", "--confirm-within=9s", "-c", "bridge b on kvm1"], "confirmed within 9 s"),
        (["check", "--confirm-within", "9", "-c", "bridge b on kvm1"], "E104"),
        (["undo", "--confirm-within", "9s"], "`undo` makes no script"),
        (["--confirm-within", "9s", "--prune", "x.vnet"], "`--prune` removes what no sentence says"),
    ],
)
def test_sentences_are_commands_of_the_command_line(tmp_path: Path, words: list[str], says: str) -> None:
    found = subprocess.run(
        [VNETSH, "--demo", *words],
        capture_output=True,
        text=True,
        env={"XDG_STATE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert says in found.stdout + found.stderr


def test_a_line_has_to_be_confirmed_by_an_option(shell: Terminal) -> None:
    shell.type("bridge b on kvm1 --confirm-withi 30s ")
    shell.wait_bar("✗ a bridge has no `--confirm-withi`")
    shell.type("\x03")
    shell.wait_prompt()
    shell.type("bridge b on kvm1 --confirm-within 30s ")
    shell.wait_bar("2 of 2 hosts")
    time.sleep(0.5)  # nothing comes: it is not wrong
    shell.wait_bar("2 of 2 hosts")
    shell.type("\r")
    shell.wait_for("confirm run 1? [y/N]")
    _do(shell, "n", "kvm1 went back to what it was before the block")
    _do(shell, "set confirm-within 30s", "there is nothing called `confirm-within` to be set")
    assert shell.leave() == 0


def test_nobody_is_to_confirm_behind_the_prompt(shell: Terminal) -> None:
    _do(shell, "confirm within 9s { bridge b on kvm1 } &", "cannot be asked behind the prompt")
    _do(shell, "show bridges", "vswitch01")
    assert "b     kvm1" not in shell.said
    assert shell.leave() == 0
