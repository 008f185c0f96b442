"""Command lines of vnetsh completed in bash, zsh and fish, on a terminal; names are what the hosts hold just now."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from conftest import Run
from terminal import Terminal, terminal

from vnetsh.testing.scratch_ovs import ScratchOvs

SHELLS: Mapping[str, tuple[list[str], str]] = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "PS1='ready> '; source <(vnetsh completion bash)"),
    "zsh": (
        ["zsh", "-f", "-i"],
        "PS1='ready> '; autoload -U compinit; compinit -D; source <(vnetsh completion zsh)",
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        "function fish_prompt; echo 'ready> '; end; vnetsh completion fish | source",
    ),
}


@pytest.fixture
def hosts(tmp_path: Path, ovs: ScratchOvs, vnetsh: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hosts file with a real Open vSwitch, which has two bridges by a run."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    said = " ".join(f'{key} "{value}"' for key, value in ovs.host_attributes.items())
    file = tmp_path / "hosts.vnet"
    file.write_text(f"host kvm1 local {said}\n")
    done = vnetsh("-c", "bridge brlive01 on kvm1; bridge brlive02 on kvm1")
    assert "done: 2 changes" in done.stdout, done.stderr
    return file


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    argv, start = SHELLS[request.param]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    own = {
        "HOME": str(tmp_path),
        "PATH": path,
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
    }
    with terminal(argv, own) as found:
        found.type(f"cd {tmp_path}; {start}; clear; echo be''gin\r")
        found.wait_for("\nready>")
        found.wait_for("begin")
        yield found


def completed(shell: Terminal, line: str, *words: str) -> None:
    """Type a line and Tab, and again where what is left is listed only then: these words must come to stand there.

    A Tab too many would be worked on when the next line is typed: so each is waited for until the screen says more. It
    says nothing where the host did not answer in time.
    """
    shell.type(line)
    assert stands(shell, lambda text: text.endswith(line.rstrip())), shell.text
    for _ in range(12):
        before = shell.text
        shell.type("\t")
        stands(shell, lambda text, before=before: text != before, 5)
        if stands(shell, lambda text: all(word in text for word in words), 1):
            break
    else:
        pytest.fail(f"no {words}:\n{shell.text}")
    shell.type("\x15\x0c")
    assert stands(shell, lambda text: text.strip() == "ready>"), shell.text


def stands(shell: Terminal, right: Callable[[str], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not right(shell.text):
        if time.monotonic() > deadline:
            return False
        shell._read(0.05)
    return True


def test_command_lines(hosts: Path, shell: Terminal) -> None:
    completed(shell, "vnetsh hist", "vnetsh history")
    completed(shell, "vnetsh --output=y", "vnetsh --output=yaml")
    completed(shell, "vnetsh plan ho", "vnetsh plan hosts.vnet")
    completed(shell, "vnetsh undo ", "vnetsh undo 1")
    completed(shell, "vnetsh --yes delete bridge brl", "brlive01", "brlive02")
    completed(shell, "vnetsh show bridges brlive01 on kv", "brlive01 on kvm1")


def test_a_host_that_hangs_holds_nobody_up(vnetsh: Run, hosts: Path, tmp_path: Path) -> None:
    (tmp_path / "ssh_config").write_text("Host kvm2\n    ProxyCommand sleep 60\n")
    hosts.write_text(f'{hosts.read_text()}host kvm2 ssh kvm2 ssh-config "{tmp_path}/ssh_config"\n')

    def asked(line: str) -> tuple[list[str], float]:
        began = time.monotonic()
        done = vnetsh("__complete", line)
        return [offered.split("\t")[0] for offered in done.stdout.splitlines()], time.monotonic() - began

    _, start = asked("vnetsh hist")  # it asks no host
    for _ in range(6):  # on a busy machine the host that answers may be late, too
        names, took = asked("vnetsh delete bridge ")
        assert took < 2 * start + 3
        if names == ["brlive01", "brlive02"]:
            return
    pytest.fail(f"of the host that answers no names came: {names}")


@pytest.mark.parametrize(
    "line", ["vnetsh -c 'show ", "vnetsh --hosts /nowhere delete bridge ", "vnetsh nothing "]
)
def test_where_nothing_fits_nothing_is_said(vnetsh: Run, line: str) -> None:
    done = vnetsh("__complete", line)
    assert (done.returncode, done.stdout.replace(":files\n", ""), done.stderr) == (0, "", "")
