"""Finding and ending the processes of a lab, by the mark in their environment: nothing else is ever touched."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from vnetsh.errors import BackendRefused
from vnetsh_lab.layout import MARK_HOST, MARK_LAB
from vnetsh_lab.requirements import search_path

T = TypeVar("T")


@dataclass(frozen=True)
class Process:
    """A process that carries a lab's mark. `init`: it is PID 1 of a host's PID namespace."""

    pid: int
    host: str
    command: str
    init: bool


def lab_processes(folder: Path) -> list[Process]:
    """Every process of a lab, also those inside its hosts (PIDs as seen from here)."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [found for pid in pids if (found := _process(folder, pid))]


def _process(folder: Path, pid: int) -> Process | None:
    """The process of that PID (as seen from here) if it is one of a lab."""
    entry = Path(f"/proc/{pid}")
    host_mark = f"{MARK_HOST}=".encode()
    try:
        words = (entry / "environ").read_bytes().split(b"\0")
        if f"{MARK_LAB}={folder}".encode() not in words or pid == os.getpid():
            return None
        host = next((w[len(host_mark) :].decode() for w in words if w.startswith(host_mark)), "")
        command = (entry / "comm").read_text().strip()
        return Process(pid, host, command, _is_init(entry))
    except OSError:  # it may end while it is looked at
        return None


def _is_init(entry: Path) -> bool:
    for line in (entry / "status").read_text().splitlines():
        if line.startswith("NSpid:"):
            numbers = line.split()[1:]
            return len(numbers) > 1 and numbers[-1] == "1"
    return False


def init_of(folder: Path, host: str, pid: int | None = None) -> int | None:
    """The PID (as seen from here) of a host's PID 1, if it lives; no other is looked at than one that is named."""
    found = lab_processes(folder) if pid is None else [_process(folder, pid)]
    return next((p.pid for p in found if p and p.host == host and p.init), None)


def end(folder: Path, which: Callable[[Process], bool], timeout: float = 10.0) -> None:
    """Kill those processes of a lab that `which` picks, and wait until they are gone.

    The death of a host's PID 1 takes all that is inside with it. Raises `BackendRefused` after `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while chosen := [p for p in lab_processes(folder) if which(p)]:
        if time.monotonic() > deadline:
            names = ", ".join(f"{p.command} ({p.pid})" for p in chosen)
            raise BackendRefused(f"these processes of the lab do not end: {names}")
        for process in chosen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.02)


def marked(folder: Path, host: str) -> dict[str, str]:
    """The environment of a process of the lab."""
    return {
        "PATH": search_path(),
        "LANG": "C.UTF-8",
        "HOME": os.environ.get("HOME", "/root"),
        "TERM": os.environ.get("TERM", "dumb"),
        MARK_LAB: str(folder),
        MARK_HOST: host,
    }


def enter(pid: int, *, processes: bool = True) -> tuple[str, ...]:
    """The beginning of a command line that runs in a host's namespaces; that of its processes may be left out."""
    kinds = ("--net", "--mount", "--uts", "--ipc", *(["--pid"] if processes else []))
    return ("nsenter", "--target", str(pid), *kinds, "--")


def spawn(folder: Path, host: str, argv: Sequence[str], log: Path) -> None:
    """Start a process of the lab that outlives this one; what it prints goes to `log`."""
    with log.open("wb") as out:
        subprocess.run(
            ["setsid", "--fork", *argv],
            env=marked(folder, host),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            check=True,
            timeout=10,
        )


def until(found: Callable[[], T | None], timeout: float = 10.0) -> T | None:
    """Ask again and again for something true, `timeout` seconds at most; gives the last answer."""
    deadline = time.monotonic() + timeout
    while True:
        value = found()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.01)


def log_tail(path: Path, lines: int = 8) -> str:
    """The last lines of a log, or nothing."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
