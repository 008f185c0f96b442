"""A vm's serial console on a terminal, and its display in a file, on real hosts."""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from in_lab import LabOperator
from terminal import Terminal, terminal
from waiting import eventually

from vnetsh_lab import running

pytestmark = pytest.mark.lab

SCRIPT = """
vm web1 on kvm2 memory 96M disk tiny.qcow2
vm idle on kvm1 memory 64M
stop idle force
vm seen on kvm1 memory 64M graphics vnc
"""
MUTE = (
    "virsh dumpxml idle | sed '/<console/,/<.console>/d; /<serial/,/<.serial>/d; /uuid/d; s/idle/mute/' "
    ">/run/mute.xml"
)


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("consoles")))
        found.good("--yes", "-c", SCRIPT)
        yield found


def on_terminal(operator: LabOperator, *words: str) -> AbstractContextManager[Terminal]:
    """`vnetsh` with these words on a terminal; after it a shell's line says how the terminal is set."""
    command = Path(sys.executable).with_name("vnetsh")
    environment = {"XDG_STATE_HOME": str(operator.folder), "VNETSH_LAB_DIR": str(operator.lab.folder)}
    line = f"stty -a >before; {command} --lab {' '.join(words)}; echo code=$?; stty -a | diff before - && echo same"
    return terminal(["sh", "-c", f"cd {operator.folder}; {line}"], environment)


def answers(guest: Terminal) -> None:
    """Wait until the guest's shell answers."""
    eventually(lambda: guest.type("\recho an''swers\r") or ready(guest, "\nanswers"), 120)
    guest.wait_for("\nanswers")


def ready(guest: Terminal, text: str) -> bool:
    guest._read(0.5)
    return text in guest.said


def test_the_console_of_a_vm_anywhere(operator: LabOperator) -> None:
    with on_terminal(operator, "console", "web1") as guest:
        guest.wait_for("console of web1 on kvm2: Ctrl-] leaves it")
        answers(guest)
        guest.type("echo $((6*7))x\r")
        guest.wait_for("\n42x")
        with on_terminal(operator, "console", "web1") as second:  # somebody else has it
            second.wait_for("error[E551]: somebody has the console of vm web1 on kvm2 already")
            second.wait_for("help: `console web1 force` takes it from them")
            second.wait_for("code=1")
        with on_terminal(operator, "console", "web1", "on", "kvm2", "force") as second:
            second.wait_for("Ctrl-] leaves it")
            guest.wait_for("the console of web1 has ended: somebody else may have taken it")
            guest.wait_for("code=1")
            guest.wait_for("same")
            second.type("echo $((6*8))x\r")
            second.wait_for("\n48x")
            second.type("\x1d")
            second.wait_for("left the console of web1")
            second.wait_for("code=0")
            second.wait_for("same")


def test_a_console_that_ends_gives_the_terminal_back(operator: LabOperator) -> None:
    with on_terminal(operator, "console", "web1") as guest:
        guest.wait_for("Ctrl-] leaves it")
        answers(guest)
        operator.on("kvm2", "virsh destroy web1")
        guest.wait_for("the console of web1 has ended: the vm has gone off")
        guest.wait_for("code=1")
        guest.wait_for("same")
    operator.good("--yes", "-c", "start web1")
    for number, code in ((signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        with on_terminal(operator, "console", "web1") as guest:
            guest.wait_for("Ctrl-] leaves it")
            [child] = Path(f"/proc/{guest.pid}/task/{guest.pid}/children").read_text().split()
            os.kill(int(child), number)
            guest.wait_for(f"code={code}")
            guest.wait_for("same")


def test_what_has_no_console_says_so(operator: LabOperator) -> None:
    operator.on("kvm1", f"{MUTE}; virsh create /run/mute.xml")
    for words, said in (
        (
            ["idle"],
            ["error[E551]: vm idle on kvm1 is off: it has no console", "help: start it: `start idle`"],
        ),
        (["mute"], ["error[E551]: vm mute on kvm1 has no serial console"]),
        (["nobody"], ["error[E301]: there is no vm `nobody` on any host"]),
    ):
        with on_terminal(operator, "console", *words) as guest:
            for text in (*said, "code=1", "same"):
                guest.wait_for(text)
    done = operator("console", "web1")
    assert (done.returncode, "a console needs a terminal" in done.stderr) == (2, True)


def test_in_the_shell(operator: LabOperator) -> None:
    with on_terminal(operator) as shell:
        shell.wait_prompt()
        shell.type("console web1 force\r")
        shell.wait_for("Ctrl-] leaves it")  # what is typed before is the shell's next line
        answers(shell)
        shell.type("\x1d")
        shell.wait_for("left the console of web1")
        shell.wait_prompt()
        shell.type("show hosts\r")
        shell.wait_for("10.77.0.2")
        shell.wait_prompt()
        shell.type("\x04")
        shell.wait_for("same")


def test_a_screenshot(operator: LabOperator, tmp_path: Path) -> None:
    file = tmp_path / "seen.png"
    told = json.loads(operator.good("-o", "json", "-c", f"screenshot seen to {file}"))
    data = file.read_bytes()
    assert (data[:4], data[-8:]) == (b"\x89PNG", b"IEND\xaeB`\x82")
    assert struct.unpack(">II", data[16:24]) == (told["width"], told["height"]) > (100, 100)
    again = operator("-c", f"screenshot seen to {file}")
    assert (again.returncode, "File exists" in again.stderr) == (2, True), again.stderr
    for vm, why in (
        ("web1", "vm web1 on kvm2 has no display"),
        ("idle", "vm idle on kvm1 is off: it shows nothing"),
    ):
        done = operator("-c", f"screenshot {vm} to {tmp_path}/none.png")
        assert (done.returncode, f"error[E552]: {why}" in done.stderr) == (1, True), done.stderr
    assert list(tmp_path.iterdir()) == [file]


def test_a_host_that_dies_ends_the_console(operator: LabOperator) -> None:
    with on_terminal(operator, "console", "web1", "force") as guest:
        guest.wait_for("Ctrl-] leaves it")
        operator.lab.kill("kvm2")
        guest.wait_for("the console of web1 has ended: kvm2: ")
        guest.wait_for("code=1")
        guest.wait_for("same")
