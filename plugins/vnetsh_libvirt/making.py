"""Make one step of a plan, by what its resource is and what is done to it."""

from __future__ import annotations

from vnetsh.backend import JobState, Progress
from vnetsh.crashpoints import reached
from vnetsh.model import ActionKind, Change
from vnetsh.model.power import CLONE
from vnetsh_libvirt import (
    disk_plugging,
    erasing,
    machines,
    moving,
    nics,
    placing,
    pools,
    reconfiguring,
    renaming,
)
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import HostNamed
from vnetsh_libvirt.mark import PLACING, mark_of
from vnetsh_libvirt.refusals import of_kind
from vnetsh_libvirt.seed import changing as seeds
from vnetsh_libvirt.snapshots import taking
from vnetsh_libvirt.steps import Step
from vnetsh_libvirt.verifying import trouble


def make(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    """Make a step. Raises `VnetshError`; nothing of it is left then but what an `ApplyFailed` says."""
    of_kind(_MADE, step.change.resource)(step, at, files, tell)


def _vm(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    change, host = step.change, at(step.change.place)
    match change.action:
        case ActionKind.ADD:
            parts = [part.resource for part in step.folded]
            machines.make(
                host, change.resource, parts, files, _words(tell), str(change.wishes.get(CLONE, ""))
            )
            said = mark_of(change.resource)
            if change.undo and not change.resource.record and said.own:
                # It was removed with its disk by an undo that failed behind it, and the plan of that said so.
                name = change.resource.name
                files.say_stays([f"{name} is made anew from {said.disk}: what its guest had written is lost"])
        case ActionKind.CHANGE if change.renames:
            renaming.rename(host, change, step.folded)
        case ActionKind.CHANGE:
            reconfiguring.change(host, change, files, _words(tell))
        case ActionKind.REMOVE:
            erasing.intend(host, step.changes, files)
            machines.remove(host, change.resource, files, _words(tell))
            erasing.erase(host, change, files)
        case ActionKind.MOVE:
            target = at(change.resource.place)
            moving.move(change, host, target, files, tell)
            if change.differing().keys() & set(PLACING):
                placing.keep(target, change.resource)
                reached("vm remembers where it came from")


def _port(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    change, host = step.change, at(step.change.place)
    match change.action:
        case ActionKind.ADD:
            nics.plug(host, change.resource)
        case ActionKind.REMOVE:
            nics.unplug(host, change.resource, _words(tell))
        case _:
            nics.change(host, change, _words(tell))


def _snapshot(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    taking.make(at(step.change.place), step.change, files, _words(tell))


def _disk(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    change, host = step.change, at(step.change.place)
    match change.action:
        case ActionKind.ADD:
            disk_plugging.plug(host, change.resource, files, _words(tell))
        case ActionKind.REMOVE:
            erasing.intend(host, step.changes, files)
            disk_plugging.unplug(host, change, files, _words(tell))
            erasing.erase(host, change, files)
        case _:
            disk_plugging.grow(host, change, files)


def _seed(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    seeds.change(at(step.change.place), step.change, files)


def _pool(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    pools.change(at(step.change.place), step.change, files)


def stands(change: Change, at: HostNamed, tell: Tell) -> bool:
    """Whether a change of which nobody knows has come about, when nothing of it is under way any more."""
    if change.action is ActionKind.MOVE:
        return moving.has_come(change, at(change.place), at(change.resource.place), tell)
    return not trouble(change, at)


def _words(tell: Tell) -> Progress:
    """For work that has nothing to count."""

    def progress(text: str, fraction: float | None = None) -> None:
        tell(JobState(text))

    return progress


_MADE = {
    "vm": _vm,
    "port": _port,
    "snapshot": _snapshot,
    "disk": _disk,
    "cloudinit": _seed,
    "pool": _pool,
}
