"""What is wrong with a host's Linux bridges, for `doctor`: one that is down, taps that nobody has open. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from vnetsh.hosts.links import Entry, is_left_tap
from vnetsh.model import Finding, Fleet, Severity
from vnetsh_linuxbridge.links import NAME


def findings(host: str, entries: Sequence[Entry], fleet: Fleet) -> Iterator[Finding]:
    """All of them, of the links that the host has now."""
    bridges = {bridge.name for bridge in fleet.of_kind("bridge", host) if bridge.backend == NAME}
    for entry in entries:
        name, flags = str(entry["ifname"]), entry.get("flags", ())
        if name in bridges and "UP" not in flags:
            says = "it is down: nothing passes it"
            yield Finding(("bridge", host, name), says, command=f"ip link set {shlex.quote(name)} up")
        elif entry.get("master") in bridges and is_left_tap(entry):
            port = fleet.get("port", host, name)
            own = bool(port and port.backend == NAME)
            yield Finding(
                ("port", host, name),
                f"a tap at bridge {entry['master']} that nobody has open: its vm is gone, or the program that made it",
                gone=own,
                command="" if own else f"ip link delete {shlex.quote(name)}",
                severity=Severity.WARNING,
            )
