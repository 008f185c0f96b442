"""A host's fetch, as it is driven from here: begun, heard, told to give the file its name."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from vnetsh.backend import JobState
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh_libvirt.fetching.sending import LOST, Sender
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.outage.prober_session import begin_python, joined_program

LOOK = 0.25
"""Seconds between two words from here."""

WAIT = 30.0
"""Seconds without a byte after which a host takes a connection for broken."""

ENDS = 5.0
"""Seconds that the host's end may take to go."""

PROGRAM = [Path(__file__).with_name(f"program{part}.py") for part in ("_telling", "_placing", "_sources", "")]
"""What a host runs: one program, in parts that are read by themselves."""

_WORDS = {"checking": "compared", "comparing": "compared", "copying": "copied"}
"""What a host's program is at, as it is shown; else it fetches."""


def fetch(
    host: LibvirtHost,
    asked: Mapping[str, Any],
    whole: Callable[[str], None],
    tell: Tell,
    sender: Sender | None = None,
) -> str:
    """Have a host fetch what is `asked`; the identity of the file that says where it came from.

    `sender` has it from another host. All ends with us.

    `whole` is told the file's identity, empty of one that was there, before it gets its name. Raises `BackendRefused`,
    `HostUnreachable`; and what `tell` raises: then the host ends it, and nothing is left.
    """
    process = begin_python(host.transport)
    try:
        code = joined_program(PROGRAM)
        _send(process, b"%08d%s%s\n" % (len(code), code, json.dumps({"wait": WAIT, **asked}).encode()))
        return _heard(host, process, str(asked["name"]), whole, tell, sender)
    finally:
        if sender and sender.end():
            process.kill()  # what was on its way to it is on no way any more
        _end(process)


def _heard(
    host: LibvirtHost,
    process: subprocess.Popen[bytes],
    name: str,
    whole: Callable[[str], None],
    tell: Tell,
    sender: Sender | None,
) -> str:
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(process, lines), name=f"fetch {host.name}", daemon=True).start()
    state, began = JobState(f"{name}: asked for"), time.monotonic()
    while True:
        tell(state)
        with suppress(queue.Empty):
            line = lines.get(timeout=LOOK)
            if not line:
                raise (sender and sender.why()) or _ended(host, process)
            said = _said(line)
            if "state" in said:
                state = _state(name, said, began)
            if "send" in said and sender:
                assert process.stdin
                sender.begin(process.stdin.fileno(), process.kill)
            if "failed" in said:
                raise BackendRefused(f"{host.name}: {name}: {said['failed']}", help=said.get("help", ""))
            if "ready" in said:
                whole(said["ready"])
                reached("image is fetched")
                _send(process, b"\n")
                state = JobState(f"{name}: gets its name")
            if "made" in said:
                reached("image has its name")
                return str(said["mark"])


def _read(process: subprocess.Popen[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    assert process.stdout
    for line in process.stdout:
        lines.put(line)
    lines.put(b"")


def _said(line: bytes) -> Mapping[str, Any]:
    with suppress(ValueError):
        said = json.loads(line)
        if isinstance(said, dict):
            return said
    return {}


def _state(name: str, said: Mapping[str, Any], began: float) -> JobState:
    if said["state"] == "again":
        return JobState(f"{name}: {said['why']}; once more")
    done, total = int(said["done"]), int(said["total"])
    rate = done / max(0.1, time.monotonic() - began)
    return JobState(f"{name}: {_WORDS.get(said['state'], 'fetched')}", done, total, rate)


def _ended(host: LibvirtHost, process: subprocess.Popen[bytes]) -> Exception:
    """Why it ended without a word."""
    assert process.stderr
    last = process.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
    code = process.wait()
    if code == LOST:
        return HostUnreachable(f"{host.name}: the way to it was lost while it fetched an image")
    why = last[0] if last else f"it ended with {code}"
    help = "`apt-get install python3-minimal` there" if code == 127 else ""
    return BackendRefused(f"{host.name}: it cannot fetch an image: {why}", help=help)


def _send(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin
    with suppress(OSError):  # it has ended: that is heard
        process.stdin.write(data)
        process.stdin.flush()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Its input ends, so it does; never raises."""
    with suppress(OSError):
        assert process.stdin
        process.stdin.close()
    try:
        process.wait(ENDS)
    except subprocess.TimeoutExpired:
        process.terminate()
