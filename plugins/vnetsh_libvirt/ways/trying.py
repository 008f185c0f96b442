"""The trier on one host, as seen from here: begun, heard, and gone when it is over, however that comes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from vnetsh.backend import Progress
from vnetsh.errors import CannotTell, HostHung
from vnetsh.hosts.workers import begin
from vnetsh_libvirt import leftovers
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.outage.prober_session import SILENCE, begin_python, joined_program

GONE = 5.0
"""Seconds that a trier may take to remove its ports once it is told to end."""

MAKING = 15.0
"""Seconds that its ports may take to be made, and an address of theirs to be found free."""

BEAT = 0.5
"""Seconds between two words to it."""


@dataclass(frozen=True)
class Port:
    """A port to be made: its name, its bridge, and its access VLAN."""

    name: str
    bridge: str
    vlan: int | None


@dataclass(frozen=True)
class Attempt:
    """What a trier does: from these ports, or without any from the host itself, to these targets.

    A target is an address, and its MAC where that is known. `own` is the address of the ports, with its prefix: without
    it they ask by ARP. `seconds` is how long it may take to become as expected, `count` how many packets are looked at
    of which no more than `loss` (hundredths of a percent) may be lost; 0: one answer is enough.
    """

    ports: Sequence[Port]
    targets: Sequence[Mapping[str, str]]
    reaches: bool
    seconds: float
    tcp: int = 0
    own: str = ""
    count: int = 0
    loss: int = 0
    interval: float = 0.1


@cache
def program() -> bytes:
    """What a host's Python is given to run."""
    outage, ways = Path(__file__).parent.parent / "outage", Path(__file__).parent
    return joined_program(
        (outage / "begun.py", outage / "probe_port.py", ways / "senders.py", ways / "trier.py")
    )


def attempted(host: LibvirtHost, attempt: Attempt, progress: Progress) -> Mapping[str, Any]:
    """What came of an attempt on a host. Raises `CannotTell` where it cannot be made, `HostUnreachable`.

    `progress` may break it off; its ports are gone all the same when this returns, or soon after.
    """
    code = program()
    if attempt.ports:
        leftovers.sweep_ports(host)
    process = begin_python(host.transport)
    assert process.stdin
    assert process.stdout
    assert process.stderr
    try:
        said = {**asdict(attempt), "silence": SILENCE}
        process.stdin.write(b"%08d" % len(code) + code + json.dumps(said).encode() + b"\n")
        process.stdin.flush()
        told = begin(f"trier {host.name}", process.stdout.read)
        most = MAKING + attempt.seconds + 2 * attempt.count * attempt.interval + 2
        for _ in range(int(most / BEAT)):
            with suppress(TimeoutError):
                return _result(host, told.result(BEAT), process.stderr)
            progress(_words(attempt))
            with suppress(OSError):
                process.stdin.write(b"\n")
                process.stdin.flush()
        raise HostHung(f"{host.name}: what was to try a way gives no answer")
    finally:
        with suppress(OSError):
            process.stdin.close()
        with suppress(Exception):
            process.wait(GONE)
        process.kill()


def _words(attempt: Attempt) -> str:
    return "trying " + ", ".join(target["address"] or target["mac"] for target in attempt.targets)


def _result(host: LibvirtHost, told: bytes, errors: Any) -> Mapping[str, Any]:
    lines = told.decode(errors="replace").splitlines()
    if not lines:
        last = errors.read().decode(errors="replace").strip().splitlines()[-1:]
        why = last[0] if last else "its program was lost"
        raise CannotTell(f"{host.name}: a way cannot be tried from there: {why}")
    found: Mapping[str, Any] = json.loads(lines[-1])
    if found.get("taken"):
        raise CannotTell(
            f"{host.name}: the address that `as` says is in use: {found['taken']} has it",
            help="say one that is free",
        )
    if found.get("why"):
        raise CannotTell(f"{host.name}: a way cannot be tried from there: {found['why']}")
    return found
