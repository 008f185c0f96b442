"""`vnetsh` and commands on a lab's hosts, as a user calls them."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from ready_vnetsh import run_vnetsh
from soaking import Operator

from vnetsh.diagnostics import Source
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_lab.lab import Lab

Run = Callable[..., subprocess.CompletedProcess[str]]


def command_of(lab: Lab) -> Run:
    """Runs `vnetsh` with these arguments on a lab, in a process of its own, and sees its exit code."""

    def vnetsh(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = run_vnetsh(arguments, {**os.environ, "VNETSH_LAB_DIR": str(lab.folder)})
        assert done.returncode == code, f"{arguments}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return vnetsh


def meanwhile(lab: Lab, folder: Path, script: str, others: Callable[[], object]) -> str:
    """Plan a script under its locks, let others do something that heeds none, and apply it: how that failed."""
    with patch.dict(os.environ, {"XDG_STATE_HOME": str(folder), "VNETSH_LAB_DIR": str(lab.folder)}):
        plugins = load_plugins()
        with Session(plugins, plugins.worlds["lab"].hosts("")) as session:
            prepared = session.prepare(Source("<test>", script), lock=True)
            others()
            report = session.apply(prepared)
    assert report.failures
    return report.failures[0].message


def on(lab: Lab, host: str, *argv: str, input: str = "") -> str:
    """What a command on a host prints; it must succeed."""
    done = lab.exec(host, argv, input=input)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def without_system(lab: Lab) -> None:
    """Make of `tiny` a disk that does not boot, which would take seconds of a core: for tests that ask no guest."""
    for host, _ in lab.running():
        on(lab, host.name, "qemu-io", "-c", "write -q -P 0 510 2", "/var/lib/libvirt/images/tiny.qcow2")


DIED = "did its guest die|its process died"
"""What is said of a guest without KVM that lost pages as it moved, and died of it (docs/lab.md)."""


@dataclass(frozen=True)
class LabOperator(Operator):
    """Runs vnetsh on a lab, and commands on its hosts."""

    lab: Lab = field(kw_only=True)
    earlier: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, lab: Lab, folder: Path, *options: str) -> LabOperator:
        """One with a journal in that folder; all its runs have these options."""
        environment: Mapping[str, str] = {"VNETSH_LAB_DIR": str(lab.folder)}
        return cls(folder, ("--lab", *options), environment, lab=lab)

    def good(self, *arguments: str, **environment: str) -> str:
        """Run vnetsh, which must succeed; what it prints."""
        done = self(*arguments, **environment)
        said = done.stdout + done.stderr
        assert done.returncode == 0, (
            f"{arguments}: {said}before that: {self.earlier[-3:]}{self('history').stdout}"
        )
        self.earlier.append(f"{arguments}: {said}")
        return done.stdout

    def moved(self, *arguments: str) -> str:
        """As `good`, of a run that moves guests; once more where one died of it, and so is booted anew."""
        done = self(*arguments)
        if done.returncode and re.search(DIED, done.stdout + done.stderr):
            time.sleep(30)  # until it has booted
        return self.good(*arguments) if done.returncode else done.stdout

    def on(self, host: str, command: str) -> str:
        """What a shell's command says there, however it ends."""
        return self.lab.exec(host, ["sh", "-c", command]).stdout.strip()
