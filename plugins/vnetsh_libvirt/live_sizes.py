"""Which sizes of a VM can change while it runs, up to its ceilings: memory by its balloon, vcpus by plugging. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vnetsh.model import Change, Fleet
from vnetsh.model.power import RUNNING, STATE
from vnetsh_libvirt import sizes

if TYPE_CHECKING:
    from vnetsh_libvirt.definition import Definition

BALLOON = "its guest is asked to follow by its balloon; one that does not has it from the next start"
PLUGGED = "plugged in while it runs; its guest takes them into use"
UNPLUGGED = "its guest is asked to let go of them; one that does not has them until the next start"


def how(change: Change, name: str) -> str:
    """How a VM that runs is given its new memory or vcpus now, in words; empty where it is not."""
    from vnetsh_libvirt.definition import as_it_runs, recorded

    before, value, room_of = change.before, change.resource.get(name), _ROOM.get(name)
    if before is None or room_of is None or not isinstance(value, int) or before.get(STATE) != RUNNING:
        return ""  # of one that is paused nobody would follow
    was, running, defined = before.get(name), as_it_runs(before), recorded(before)
    if running is None or defined is None or not isinstance(was, int):
        return ""
    room = room_of(running)
    if not (before.record or {}).get("live"):  # an earlier sentence starts it, as it is defined by then
        ceiling = before.get(f"{name}-max")
        room = replace(room, now=was, most=max(room.most, was, ceiling if isinstance(ceiling, int) else 0))
    elif was != room_of(defined).now:  # an earlier sentence changes it
        room = replace(room, now=was)
    if not room.takes(value):
        return ""
    if name == "memory":
        return BALLOON
    return PLUGGED if value > room.now else UNPLUGGED


def as_it_is(change: Change, fleet: Fleet) -> Change:
    """A change of a VM as that runs now: one that is taken back knows it as it ran before what it takes back."""
    there = fleet.get("vm", change.place, change.resource.name)
    if change.before is None or there is None:
        return change
    return replace(change, before=replace(change.before, record=there.record))


def takes_memory(running: Definition, value: int) -> bool:
    """Whether the balloon of a VM, as it runs, can be asked for that much; it is no matter when it has it."""
    return _memory(running).takes(value)


def takes_vcpus(running: Definition, value: int) -> bool:
    """Whether so many vcpus can be plugged, as it runs, or all that are too many unplugged."""
    return _vcpus(running).takes(value)


@dataclass(frozen=True)
class _Room:
    """How much a VM has as it runs, and the least and the most that it can be given."""

    now: int
    least: int
    most: int

    def takes(self, value: int) -> bool:
        return value != self.now and self.least <= value <= self.most


def _memory(running: Definition) -> _Room:
    now = sizes.memory(running)
    balloon = running.root.find("devices/memballoon")
    if balloon is None or balloon.get("model") == "none":
        return _Room(now, now, now)
    return _Room(now, 1, sizes.most_memory(running))


def _vcpus(running: Definition) -> _Room:
    return _Room(sizes.vcpus(running), max(1, sizes.fixed_vcpus(running)), sizes.most_vcpus(running))


_ROOM: Mapping[str, Callable[[Definition], _Room]] = {"memory": _memory, "vcpus": _vcpus}
