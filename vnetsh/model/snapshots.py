"""The snapshots of vms, as things of the fleet: what they are called, and which a vm has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vnetsh.model.fleet import Fleet
    from vnetsh.model.resource import Resource

SNAPSHOT = "snapshot"

OF = "of"
"""In the record of one that is yet to be taken: the attributes of its vm."""

TAKEN = "taken"
"""When one was taken; in the wishes of a revert, when the one that is meant was."""


def name_of(vm: str, snapshot: str) -> str:
    """The name of a vm's snapshot among all of them."""
    return f"{vm}/{snapshot}"


def own_name(snapshot: Resource) -> str:
    """Its name as its vm has it."""
    return snapshot.name.removeprefix(f"{snapshot.text('vm')}/")


def snapshot_in(fleet: Fleet, vm: Resource, name: str) -> Resource | None:
    """A vm's snapshot, by the name that the vm has for it."""
    return fleet.get(SNAPSHOT, vm.place, name_of(vm.name, name))


def snapshots_of(vm: Resource, fleet: Fleet) -> list[str]:
    """The names of a vm's snapshots, as the vm has them."""
    return sorted(own_name(one) for one in fleet.of_kind(SNAPSHOT, vm.place) if one.text("vm") == vm.name)
