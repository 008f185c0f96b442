"""Vms that a plan leaves on one host or in one zone though they are to be apart, or the other way round. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnetsh.model import ActionKind, Change, Fleet
from vnetsh.placement.picture import APART, APART_ZONES, TOGETHER, ZONE, guest_of, strays, zones_of
from vnetsh.placement.seating import Bonds
from vnetsh.planning.plan import Stage

_BONDS = {APART, APART_ZONES, TOGETHER, ZONE}


def with_bonds(stages: Sequence[Stage], after: Fleet) -> Sequence[Stage]:
    """The same changes; those that break a bond say so: an explicit sentence counts for more."""
    vms = list(after.of_kind("vm"))
    if not any(vm.get(word) for vm in vms for word in _BONDS):
        return stages
    bonds = Bonds(map(guest_of, vms))
    return [tuple(_with(change, bonds, after) for change in stage) for stage in stages]


def _with(change: Change, bonds: Bonds, after: Fleet) -> Change:
    if not change.after or change.resource.kind != "vm":
        return change
    if change.action is ActionKind.CHANGE and not change.differing().keys() & _BONDS:
        return change
    said = [change.how] if change.how else []
    return replace(change, how="; ".join([*said, *_broken(change, bonds, after)]))


def _broken(change: Change, bonds: Bonds, after: Fleet) -> Iterator[str]:
    vm = change.resource
    for other in sorted(bonds.apart(vm.name)):
        if after.get("vm", vm.place, other):
            yield f"on one host with {other}, from which it is to be apart"
    zones = zones_of(after, vm.place)
    for other in sorted(bonds.in_other_zones(vm.name)):
        elsewhere = [one.place for one in after.named("vm", other) if one.place != vm.place]
        if any(zones & zones_of(after, place) for place in elsewhere):
            yield f"in one zone with {other}, from which it is to be apart"
    if stray := strays(vm, zones):
        yield f"not in {stray}"
    for other in sorted(bonds.together(vm.name) - {vm.name}):
        there = after.named("vm", other)
        if there and all(one.place != vm.place for one in there):
            yield f"not with {other}, which is on {there[0].place}"
