"""Uplinks that change: by which way a bridge's host is reached, by which it was, and what is noted of it. Pure.

An uplink is one NIC, or a bond of several, of which one has the addresses. The note is a key of its Port row, so that
it goes when the port goes: the bridge's own addresses, which stay when the others go back; the hardware address that
the bridge borrowed; of a bond the NIC to which they go back; the NICs' settings as they were, and which were down.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vnetsh.model.change import Change
from vnetsh.model.nics import bond_nics
from vnetsh.model.reboot import SURVIVES
from vnetsh_ovs.marks import NOTE, marks_of
from vnetsh_ovs.observing import OvsFacts, uplink_of
from vnetsh_ovs.rows import Index
from vnetsh_ovs.uplink.addresses import Addresses


@dataclass(frozen=True)
class Way:
    """A port of a bridge by which its host may be reached: an uplink, called as its NIC, or a bond of `nics`."""

    port: str
    nics: tuple[str, ...]

    @property
    def is_bond(self) -> bool:
        """Whether it has a name of its own."""
        return self.nics != (self.port,)


@dataclass(frozen=True)
class Swap:
    """A bridge that takes a way as its uplink, or lets one go, or both; `change` says so.

    A bond that becomes other NICs, or works otherwise, is `taken` and `dropped`. `goes`: the bridge itself is removed.
    """

    change: Change
    bridge: str
    taken: Way | None = None
    dropped: Way | None = None
    goes: bool = False

    @property
    def new(self) -> tuple[str, ...]:
        """The NICs that come to the bridge by it."""
        had = self.dropped.nics if self.dropped else ()
        return tuple(nic for nic in self.taken.nics if nic not in had) if self.taken else ()

    @property
    def nics(self) -> tuple[str, ...]:
        """All that it concerns."""
        return (*self.new, *(self.dropped.nics if self.dropped else ()))

    def source(self, addresses: Addresses) -> str:
        """The NIC that brings addresses along; empty where none does."""
        return next((nic for nic in self.new if addresses.of(nic)), "")


def swaps(changes: Sequence[Change], index: Index) -> list[Swap]:
    """The uplinks that these changes still have to change; one in place of another, at one bridge, is one swap."""
    found: list[Swap] = []
    gone = {one.resource.name for one in changes if one.resource.kind == "bridge" and one.after is None}
    for change in changes:
        one = _of_bond(change, index) if change.resource.kind == "port" else _of_bridge(change, index)
        if one is None:
            continue
        one = replace(one, goes=one.bridge in gone)
        other = next((other for other in found if _is_instead(one, other)), None)
        if other:
            found.remove(other)
            first, second = (one, other) if one.taken else (other, one)
            one = replace(first, dropped=second.dropped)
        found.append(one)
    return found


def _is_instead(one: Swap, other: Swap) -> bool:
    """Whether of two swaps of one bridge the one takes a way, and the other one lets one go."""
    ways = [(swap.taken is None, swap.dropped is None) for swap in (one, other)]
    return one.bridge == other.bridge and sorted(ways) == [(False, True), (True, False)]


def _of_bridge(change: Change, index: Index) -> Swap | None:
    if change.resource.kind != "bridge":
        return None
    name = change.resource.name
    bridge = index.bridges.get(name)
    now = uplink_of(index, bridge) if bridge else ""
    wanted = change.after.text("uplink") if change.after else ""
    if now == wanted:
        return None
    taken, dropped = (Way(nic, (nic,)) if nic else None for nic in (wanted, now))
    return Swap(change, name, taken, dropped)


def _of_bond(change: Change, index: Index) -> Swap | None:
    """Of a bond all that may part the host from what is beyond it, its mode and LACP as well."""
    port = change.resource
    if not (bond_nics(change.before) or bond_nics(change.after)) or change.differing().keys() <= {SURVIVES}:
        return None
    there = index.ports.get(port.name)
    devices = index.interfaces(index.tables["Port"][there.uuid]) if there else ()
    had = tuple(sorted(str(row["name"]) for _, row in devices))
    taken, dropped = (Way(port.name, nics) if nics else None for nics in (bond_nics(change.after), had))
    return Swap(change, port.text("bridge"), taken, dropped) if taken or dropped else None


def touched(swaps: Sequence[Swap], addresses: Addresses) -> list[Swap]:
    """Those by which the host would lose addresses, or the way to them."""
    return [
        swap
        for swap in swaps
        if any(map(addresses.of, swap.new)) or (swap.dropped and addresses.of(swap.bridge))
    ]


def back_to(way: Way, note: Mapping[str, Any]) -> str:
    """The NIC to which the addresses go back that came by a way."""
    return note["nic"] if note.get("nic") in way.nics else way.nics[0]


def note_of(index: Index, port: str) -> Mapping[str, Any]:
    """What is noted of an uplink that brought addresses along."""
    place = index.ports.get(port)
    return _read(index.tables["Port"][place.uuid]) if place else {}


def notes(index: Index) -> Iterator[tuple[Way, Mapping[str, Any]]]:
    """The ways of all bridges of which something is noted, with that."""
    for place in index.ports.values():
        row = index.tables["Port"][place.uuid]
        if note := _read(row):
            yield Way(row["name"], tuple(sorted(str(one["name"]) for _, one in index.interfaces(row)))), note


def with_notes(found: OvsFacts, index: Index) -> OvsFacts:
    """What was found on a host, with what is noted there."""
    leased = [nic for way, note in notes(index) if note.get("leased") for nic in way.nics]
    brought = {way.port: back_to(way, note) for way, note in notes(index) if "stay" in note}
    return replace(found, leased=[*found.leased, *leased], brought=brought)


def as_text(note: Mapping[str, Any]) -> str:
    """A note as it stands in a row."""
    return json.dumps(note, separators=(",", ":"))


def _read(port: Mapping[str, Any]) -> Mapping[str, Any]:
    text = marks_of(port).get(NOTE)
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}
