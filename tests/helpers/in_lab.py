"""`vnetsh` and commands on a lab's hosts, as a user calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from vnetsh_lab.lab import Lab

Run = Callable[..., subprocess.CompletedProcess[str]]


def command_of(lab: Lab) -> Run:
    """Runs `vnetsh` with these arguments on a lab, in a process of its own, and sees its exit code."""

    def vnetsh(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = str(Path(sys.executable).with_name("vnetsh"))
        environment = {**os.environ, "VNETSH_LAB_DIR": str(lab.folder)}
        done = subprocess.run(
            [command, *arguments], capture_output=True, text=True, timeout=180, env=environment, check=False
        )
        assert done.returncode == code, f"{arguments}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return vnetsh


def on(lab: Lab, host: str, *argv: str, input: str = "") -> str:
    """What a command on a host prints; it must succeed."""
    done = lab.exec(host, argv, input=input)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
