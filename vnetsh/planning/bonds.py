"""Vms that a plan leaves on one host though they are to be apart, or apart though they are to be together. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnetsh.model import ActionKind, Change, Fleet
from vnetsh.placement.picture import APART, TOGETHER, guest_of
from vnetsh.placement.seating import Bonds
from vnetsh.planning.plan import Stage


def with_bonds(stages: Sequence[Stage], after: Fleet) -> Sequence[Stage]:
    """The same changes; those that break a bond say so: an explicit sentence counts for more."""
    vms = list(after.of_kind("vm"))
    if not any(vm.get(APART) or vm.get(TOGETHER) for vm in vms):
        return stages
    bonds = Bonds(map(guest_of, vms))
    return [tuple(_with(change, bonds, after) for change in stage) for stage in stages]


def _with(change: Change, bonds: Bonds, after: Fleet) -> Change:
    if not change.after or change.resource.kind != "vm":
        return change
    if change.action is ActionKind.CHANGE and not change.differing().keys() & {APART, TOGETHER}:
        return change
    said = [change.how] if change.how else []
    return replace(change, how="; ".join([*said, *_broken(change, bonds, after)]))


def _broken(change: Change, bonds: Bonds, after: Fleet) -> Iterator[str]:
    vm = change.resource
    for other in sorted(bonds.apart(vm.name)):
        if after.get("vm", vm.place, other):
            yield f"on one host with {other}, from which it is to be apart"
    for other in sorted(bonds.together(vm.name) - {vm.name}):
        there = after.named("vm", other)
        if there and all(one.place != vm.place for one in there):
            yield f"not with {other}, which is on {there[0].place}"
