"""Which sizes of a VM can change while it runs, up to its ceilings: memory by its balloon, vcpus by plugging. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.model import Change, Fleet, Resource
from vnetsh.model.power import RUNNING, STATE
from vnetsh_libvirt import sizes

if TYPE_CHECKING:
    from vnetsh_libvirt.definition import Definition

BALLOON = "its guest is asked to follow by its balloon; one that does not has it from the next start"
PLUGGED = "plugged in while it runs; its guest takes them into use"
UNPLUGGED = "its guest is asked to let go of them; one that does not has them until the next start"


def how(change: Change, name: str) -> str:
    """How a VM that runs is given its new memory or vcpus now, in words; empty where it is not."""
    before, value = change.before, change.resource.get(name)
    running = _as_it_runs(before) if before else None
    if running is None or not isinstance(value, int):
        return ""
    if name == "memory":
        return BALLOON if takes_memory(running, value) else ""
    if name == "vcpus" and takes_vcpus(running, value):
        return PLUGGED if value > sizes.vcpus(running) else UNPLUGGED
    return ""


def as_it_is(change: Change, fleet: Fleet) -> Change:
    """A change of a VM as that runs now: one that is taken back knows it as it ran before what it takes back."""
    there = fleet.get("vm", change.place, change.resource.name)
    if change.before is None or there is None:
        return change
    return replace(change, before=replace(change.before, record=there.record))


def takes_memory(running: Definition, value: int) -> bool:
    """Whether the balloon of a VM, as it runs, can be asked for that much; it is no matter when it has it."""
    balloon = running.root.find("devices/memballoon")
    has_one = balloon is not None and balloon.get("model") != "none"
    return has_one and value != sizes.memory(running) and 0 < value <= sizes.most_memory(running)


def takes_vcpus(running: Definition, value: int) -> bool:
    """Whether so many vcpus can be plugged, as it runs, or all that are too many unplugged."""
    least, most = max(1, sizes.fixed_vcpus(running)), sizes.most_vcpus(running)
    return value != sizes.vcpus(running) and least <= value <= most


def _as_it_runs(vm: Resource) -> Definition | None:
    """What a VM runs with; None of one that does not, or is paused: nobody there would follow."""
    from vnetsh_libvirt.definition import definition_in

    live = vm.record and vm.record.get("live") and vm.get(STATE) == RUNNING
    return definition_in(vm.record or {}, "live") if live else None
