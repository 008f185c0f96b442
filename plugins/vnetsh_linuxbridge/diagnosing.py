"""What is wrong with a host's Linux bridges, for `doctor`: one that is down, taps that nobody has open. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from vnetsh.hosts.links import Entry, is_left_tap
from vnetsh.model import Finding, Fleet, Severity
from vnetsh_linuxbridge.links import BRIDGE, NAME, Link

_BY_PROGRAMS = re.compile(
    r"docker\d+|br-[0-9a-f]{12}|podman\d+|cni(-podman)?\d+|lxdbr\d+|incusbr\d+|lxcbr\d+|virbr\d+"
)
"""Names of bridges that a program makes whenever it starts, by default."""


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


def not_lasting(
    host: str,
    entries: Sequence[Entry],
    links: Mapping[str, Link],
    said: Callable[[Collection[str]], Collection[str]],
) -> Iterator[Finding]:
    """Bridges of others, and their addresses, of which nothing speaks that the host reads at its start.

    `said` tells which of these words are in any of the host's files.
    """
    theirs = {link.name for link in links.values() if link.kind == BRIDGE and not link.marked}
    addresses = {
        name: [one["local"] for one in entry.get("addr_info", ()) if _is_lasting(one)]
        for entry in entries
        if (name := str(entry["ifname"])) in theirs and not _BY_PROGRAMS.fullmatch(name)
    }
    known = said([*addresses, *(one for found in addresses.values() for one in found)])
    for name, given in addresses.items():
        lost = [address for address in given if address not in known]
        if name not in known:
            says = "nothing speaks of it that its host reads at its start: it may be gone then"
        elif lost:
            says = f"nothing that its host reads at its start has its address {', '.join(lost)}: it may be gone then"
        else:
            continue
        advice = f"have it in the host's network configuration; after `adopt bridge {name} on {host}` vnetsh sees to it"
        yield Finding(("bridge", host, name), says, advice=advice, severity=Severity.WARNING)


def _is_lasting(address: Mapping[str, Any]) -> bool:
    """Whether somebody gave it: no lease. IPv6 is left out: a file may spell it in many ways."""
    return address.get("family") == "inet" and not address.get("dynamic")
