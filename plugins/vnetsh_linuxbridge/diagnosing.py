"""What is wrong with a host's Linux bridges, for `doctor`: one that is down, taps that nobody has open. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from vnetsh.hosts.links import Entry, is_left_tap
from vnetsh.model import Finding, Fleet, Severity
from vnetsh_linuxbridge.declared import declared
from vnetsh_linuxbridge.links import BRIDGE, NAME, OVS, TAP, Link
from vnetsh_linuxbridge.mentions import mentioned

_MADE = ("vlan", "bond")
"""The kernel's kinds of links that somebody has made on the host's cards."""
_NOT_SAID = "nothing speaks of it that its host reads at its start: it may be gone then"
_IN_FILES = "have it in the host's network configuration"
_AS_FILES = "have it made by the host's network system, or take it out of the file"
_BY_PROGRAMS = re.compile(
    r"docker\d+|br-[0-9a-f]{12}|podman\d+|cni(-podman)?\d+|lxdbr\d+|incusbr\d+|lxcbr\d+"
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
    texts: Collection[str],
) -> Iterator[Finding]:
    """Bridges of others, and their addresses, of which nothing speaks that the host reads at its start.

    `texts` are those of the host's files.
    """
    theirs = {link.name for link in links.values() if link.kind == BRIDGE and not link.marked}
    addresses = {
        name: [one["local"] for one in entry.get("addr_info", ()) if _is_lasting(one)]
        for entry in entries
        if (name := str(entry["ifname"])) in theirs and not _BY_PROGRAMS.fullmatch(name)
    }
    known = mentioned([*addresses, *(one for found in addresses.values() for one in found)], texts)
    for name, given in addresses.items():
        lost = [address for address in given if address not in known]
        if name not in known:
            says = _NOT_SAID
        elif lost:
            says = f"nothing that its host reads at its start has its address {', '.join(lost)}: it may be gone then"
        else:
            continue
        advice = f"have it in the host's network configuration; after `adopt bridge {name} on {host}` vnetsh sees to it"
        yield Finding(("bridge", host, name), says, advice=advice, severity=Severity.WARNING)


def not_there(host: str, entries: Sequence[Entry], texts: Mapping[str, str]) -> Iterator[Finding]:
    """What the host's files say that it has after its next start, and has not now."""
    names = {str(name) for entry in entries for name in (entry["ifname"], *entry.get("altnames", ()))}
    held = {one["local"] for entry in entries for one in entry.get("addr_info", ())}
    told: set[tuple[str, str]] = set()
    for one in declared(texts):
        device = one.name if one.kind or one.name in names else ""
        if device and device not in names and (device, "") not in told:
            told.add((device, ""))
            says = f"{one.file} has it, and it is not there: after its next start the host may have it"
            yield Finding((one.kind, host, device), says, advice=_AS_FILES, severity=Severity.WARNING)
        elif device in names and (lost := sorted(one.addresses - held)) and (device, str(lost)) not in told:
            told.add((device, str(lost)))
            says = f"{one.file} gives it {', '.join(lost)}, which it has not: after its next start it may"
            yield Finding(
                (one.kind or "link", host, device), says, advice=_AS_FILES, severity=Severity.WARNING
            )


def not_said(host: str, entries: Sequence[Entry], fleet: Fleet, texts: Collection[str]) -> Iterator[Finding]:
    """VLANs and bonds, and addresses of these and of Open vSwitch's ports, that are in no file: they run, and end."""
    found: dict[str, tuple[str, list[str]]] = {}
    for entry in entries:
        name, kind = str(entry["ifname"]), str(entry.get("linkinfo", {}).get("info_kind", ""))
        switched = fleet.get("bridge", host, name) or fleet.get("port", host, name)
        ours = fleet.get("address", host, name)
        if kind in _MADE or (switched and switched.backend != NAME and kind in (TAP, OVS)):
            given = (
                [one["local"] for one in entry.get("addr_info", ()) if _is_lasting(one)] if not ours else []
            )
            found[name] = kind if kind in _MADE else "port", given
    known = mentioned([*found, *(one for _, given in found.values() for one in given)], texts)
    for name, (kind, given) in found.items():
        lost = [one for one in given if one not in known]
        if name not in known and kind in _MADE:
            yield Finding((kind, host, name), _NOT_SAID, advice=_IN_FILES, severity=Severity.WARNING)
        elif lost:
            says = f"nothing that its host reads at its start has its address {', '.join(lost)}: it may be gone then"
            yield Finding((kind, host, name), says, advice=_IN_FILES, severity=Severity.WARNING)


def _is_lasting(address: Mapping[str, Any]) -> bool:
    """Whether somebody gave it: no lease. IPv6 is left out: a file may spell it in many ways."""
    return address.get("family") == "inet" and not address.get("dynamic")
