"""Why a packet does not pass a Linux bridge: its ports' states, and where addresses were learned."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vnetsh.hosts.transport import Ask
from vnetsh.model import Finding, Fleet, Hop, Key, Route
from vnetsh.model.facts import SWITCHED_OFF
from vnetsh_linuxbridge.links import NAME
from vnetsh_linuxbridge.vlan_refusals import FILTERS
from vnetsh_linuxbridge.vlans import NATIVE

_WAITS = ("listening", "learning")
"""States of a port that takes part in a spanning tree and forwards in a moment."""


class Tracer:
    """Looks at the bridges of one host; `ask` runs a command there."""

    def __init__(self, host: str, ask: Ask, fleet: Fleet) -> None:
        self._host = host
        self._ask = ask
        self._fleet = fleet

    def findings(self, route: Route) -> Iterator[Finding]:
        """What is wrong at the bridges of a route that are here."""
        for hop in route.at(self._host, NAME):
            if hop.kind == "bridge" and hop.enters and hop.leaves:
                found = next(self._bridge(hop, route), None)
                yield from [found] if found else []

    def _bridge(self, hop: Hop, route: Route) -> Iterator[Finding]:
        if self._fleet.down(self._host, hop.name) == SWITCHED_OFF:
            yield Finding(hop.key, f"it {SWITCHED_OFF}", command=f"ip link set {shlex.quote(hop.name)} up")
        try:
            ports = {str(one["ifname"]): one for one in self._asked("-d", "link", "show")}
            entries = self._of_vlan(hop, self._asked("fdb", "show", "br", hop.name))
        except ValueError as error:
            yield Finding(hop.key, f"not asked for a packet's way: {error}", stops=False)
            return
        ways = [name for name in (hop.enters, hop.leaves) if name != hop.name]
        for name in ways:
            yield from self._port(hop, name, ports.get(name))
        if len({*ways}) == 2 and all(ports.get(name, {}).get("isolated") for name in ways):
            says = f"its ports {' and '.join(ways)} are isolated: nothing passes from one to the other"
            command = f"bridge link set dev {shlex.quote(hop.leaves)} isolated off"
            yield Finding(hop.key, says, command=command)
        ends = (hop.leaves, hop.remote), (hop.enters, hop.origin)
        for mac, (name, remote) in zip(route.macs[::-1], ends, strict=True):
            yield from self._learned(hop, mac, name, entries)
            yield from self._led(hop, mac, name, remote, entries)

    def _of_vlan(self, hop: Hop, entries: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Those of a packet's VLAN: where a bridge filters, it has learned in each one apart."""
        bridge = self._fleet.get("bridge", self._host, hop.name)
        vlan = hop.vlan or NATIVE if bridge and bridge.get(FILTERS) else None
        return [entry for entry in entries if entry.get("vlan") in (None, vlan)]

    def _asked(self, *words: str) -> Sequence[Mapping[str, Any]]:
        """What `bridge` tells. Raises `ValueError` with why it does not."""
        done = self._ask(["bridge", "-json", *words])
        if done.returncode:
            raise ValueError(done.stderr.strip() or f"bridge: exit code {done.returncode}")
        found: Sequence[Mapping[str, Any]] = json.loads(done.stdout or "[]")
        return found

    def _port(self, hop: Hop, name: str, port: Mapping[str, Any] | None) -> Iterator[Finding]:
        key: Key = ("port", self._host, name)
        device = shlex.quote(name)
        if port is None or port.get("master") != hop.name or self._fleet.down(self._host, name):
            return  # the link itself says it
        state = port.get("state")
        if state in _WAITS:
            yield Finding(key, f"it is {state} yet: its bridge's spanning tree lets it pass in a moment")
        elif state == "blocking":
            yield Finding(
                key, "its bridge's spanning tree blocks it", command=f"bridge link set dev {device} state 3"
            )
        elif state == "disabled":
            yield Finding(key, "its bridge has it disabled", command=f"bridge link set dev {device} state 3")
        for flag in ("flood", "bcast_flood"):
            if port.get(flag) is False and name == hop.leaves:
                what = "whose place is not learned" if flag == "flood" else "for all"
                command = f"bridge link set dev {device} {flag} on"
                yield Finding(
                    key, f"its bridge sends no packets {what} to it", command=command, stops=flag != "flood"
                )

    def _learned(
        self, hop: Hop, mac: str, name: str, entries: Sequence[Mapping[str, Any]]
    ) -> Iterator[Finding]:
        for entry in entries:
            there = str(entry.get("ifname", ""))
            own = entry.get("state") == "permanent" and there != name
            if not mac or str(entry.get("mac", "")).lower() != mac or there == name or own:
                continue
            if there == hop.name == name:
                continue
            says = f"it has learned {mac} at {there}, and does not send to {name}"
            static = " static" if entry.get("state") == "static" else ""
            vlan = f" vlan {entry['vlan']}" if "vlan" in entry else ""
            command = f"bridge fdb del {mac} dev {shlex.quote(there)} master{static}{vlan}"
            yield Finding(hop.key, says, command=command)

    def _led(
        self, hop: Hop, mac: str, name: str, remote: str, entries: Sequence[Mapping[str, Any]]
    ) -> Iterator[Finding]:
        """Where the device of a tunnel sends what is for an address: it has a table of its own."""
        for entry in entries:
            there = str(entry.get("dst", ""))
            if (
                remote
                and there not in ("", remote)
                and (entry.get("ifname"), entry.get("mac")) == (name, mac)
            ):
                says = f"{name} sends what is for {mac} to {there}, not to {remote}"
                yield Finding(
                    hop.key, says, command=f"bridge fdb del {mac} dev {shlex.quote(name)} dst {there} self"
                )
