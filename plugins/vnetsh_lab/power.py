"""The power switches of a lab's hosts (`switches`), to which each host has the way as a socket in its own folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import vnetsh
from vnetsh.errors import BackendRefused
from vnetsh_lab.layout import SWITCHES, Layout
from vnetsh_lab.processes import lab_processes, log_tail, spawn, until

_PROGRAM = "vnetsh_lab.switches"


def pid(folder: Path) -> int | None:
    """The PID of the process, if it runs."""
    return next((process.pid for process in lab_processes(folder) if process.host == SWITCHES), None)


def ensure(layout: Layout, hosts: list[Path]) -> None:
    """Have the switches run, and each of these hosts' folders have its way to them. Raises `BackendRefused`."""
    socket, log = layout.folder / SWITCHES, layout.folder / "power.log"
    if pid(layout.folder) is None:
        socket.unlink(missing_ok=True)
        # Where this program's own modules are: it may be one file.
        paths = dict.fromkeys(str(Path(module).parents[1]) for module in (str(vnetsh.__file__), __file__))
        program = ("env", f"PYTHONPATH={os.pathsep.join(paths)}", sys.executable, "-m", _PROGRAM)
        spawn(layout.folder, SWITCHES, [*program, str(layout.folder)], log)
        if not until(socket.exists):
            raise BackendRefused(f"the lab's power switches did not come up: {log_tail(log)}")
    for folder in hosts:
        (folder / SWITCHES).unlink(missing_ok=True)
        (folder / SWITCHES).hardlink_to(socket)
