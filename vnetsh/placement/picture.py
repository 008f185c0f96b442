"""A fleet as placing vms sees it: who takes how much memory where, what hosts have, and who reaches whom. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from vnetsh.model import Facts, Fleet, Resource, is_off
from vnetsh.placement.seating import Guest, Room, Seating
from vnetsh.reach import Reach

APART, APART_ZONES, TOGETHER, ZONE, DRAINED = "apart", "apart-zones", "together", "zone", "drained"
"""Attributes of a vm: who it is not to be with, or in one zone with; who it is to be with; the zones of which it is to
be in one; the hosts that it was drained from, in their order, and the one where it was put."""

MEMBER, STANDBY, SET_ASIDE = "member", "standby", "drained"
"""The kind by which clusters show their hosts, each called like its host; its attributes that nothing is put there,
and that a drain had it so."""

_SIZES = ("memory", "memory-now", "memory-max")


@dataclass(frozen=True)
class Picture:
    """What a fleet has to do with where its vms are."""

    fleet: Fleet

    @cached_property
    def vms(self) -> Mapping[tuple[str, str], Resource]:
        """All vms, by host and name."""
        return {(vm.place, vm.name): vm for vm in sorted(self.fleet.of_kind("vm"), key=lambda vm: vm.name)}

    def seating(self) -> Seating:
        """Who is where now."""
        return Seating(map(self._room, self.fleet.hosts), map(guest_of, self.vms.values()))

    def _room(self, host: str) -> Room:
        told = [facts for (place, _), facts in self.fleet.facts.items() if place == host]
        memory = min((one.memory for one in told if one.memory is not None), default=None)
        free = min((self._free(host, one) for one in told if one.free_memory is not None), default=None)
        return Room(host, memory, free, zones_of(self.fleet, host))

    def _free(self, host: str, facts: Facts) -> int:
        """What was free there, with those that have come since it was looked at, and without those that left."""
        here = {vm.name: guest_of(vm).memory for vm in self.vms.values() if vm.place == host}
        come = sum(memory for name, memory in here.items() if name not in facts.running)
        gone = sum(memory for name, memory in facts.running.items() if not here.get(name))
        return (facts.free_memory or 0) - come + gone

    @cached_property
    def drained(self) -> frozenset[str]:
        """The hosts that some vm was drained from: nothing goes there by itself until they are undrained."""
        return frozenset(host for vm in self.vms.values() for host in path_of(vm)[:-1])

    def closed(self, host: str) -> str:
        """Why nothing is put on a host by itself, in words; empty where it may be."""
        fleet, place = self.fleet, self.fleet.hosts[host]
        if host in fleet.unreachable:
            return f"it does not answer: {fleet.unreachable[host].message}"
        flag = next((flag for flag in ("readonly", "protected") if place.flag(flag)), "")
        if flag:
            return f"it is `{flag}`"
        if host in self.drained:
            return "it is drained"
        return "it is in standby" if any(one.get(STANDBY) for one in self.members([host])) else ""

    def members(self, hosts: Collection[str]) -> list[Resource]:
        """These hosts as their clusters have them."""
        return [one for one in self.fleet.of_kind(MEMBER) if one.name in hosts]

    def strays(self, vm: Resource, host: str) -> str:
        """The zones of which a vm is to be in one, in words, where a host is in none of them; else empty."""
        return strays(vm, zones_of(self.fleet, host))

    @cached_property
    def _reach(self) -> Reach:
        return Reach(self.fleet)

    def loses(self, vm: Resource, host: str) -> tuple[str, ...]:
        """Whom a vm would not reach any more from a host, in words: its bridges there are other networks."""
        reach = self._reach
        lost = {
            domain
            for port in self.fleet.nics(vm)
            if self.fleet.get("bridge", host, port.text("bridge"))
            for domain in reach.domains(port) - reach.domains(replace(port, place=host))
        }
        if not lost:
            return ()
        others = {
            name for (at, name), its in reach.vms.items() if (at, name) != (vm.place, vm.name) and its & lost
        }
        outside = {
            f"what is behind {spots[0][1][1:]} of {spots[0][0]}"
            for spots in reach.cables.values()
            if spots[0][0] and any(reach.at(spots[0], vlan) & lost for vlan in reach.vlans)
        }
        return (*sorted(others), *sorted(outside))


def guest_of(vm: Resource) -> Guest:
    """A vm as a guest of its host: with the most memory that it has now or may be given while it runs."""
    sizes = [size for name in _SIZES if isinstance(size := vm.get(name), int)]
    running = not is_off(vm)
    return Guest(
        vm.name,
        vm.place,
        max(sizes, default=0) if running else 0,
        frozenset(_names(vm, APART)),
        frozenset(_names(vm, TOGETHER)),
        frozenset(_names(vm, APART_ZONES)),
    )


def zones_of(fleet: Fleet, host: str) -> frozenset[str]:
    """The zones of availability that a host is in: what is called so at it, whoever made that."""
    return frozenset(zone.name for zone in fleet.of_kind(ZONE, host))


def strays(vm: Resource, zones: Collection[str]) -> str:
    """The zones of which a vm is to be in one, in words, where these are others; else empty."""
    said = list(_names(vm, ZONE))
    return f"zone {' or '.join(said)}" if said and not any(one in zones for one in said) else ""


def path_of(vm: Resource) -> tuple[str, ...]:
    """The hosts that a vm was drained from, and where it was put; empty of one that was not."""
    return tuple(_names(vm, DRAINED))


def _names(vm: Resource, attribute: str) -> Iterator[str]:
    said = vm.get(attribute)
    yield from map(str, said if isinstance(said, tuple) else (said,) if said else ())
