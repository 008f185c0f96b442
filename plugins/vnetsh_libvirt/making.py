"""Make one step of a plan, by what its resource is and what is done to it."""

from __future__ import annotations

from functools import partial

from vnetsh.crashpoints import reached
from vnetsh.model import ActionKind, Change
from vnetsh.model.backups import RESTORE
from vnetsh.model.disks import moves
from vnetsh.model.power import CLONE
from vnetsh_libvirt import (
    disk_moving,
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
from vnetsh_libvirt.backups import restoring, taking as backups
from vnetsh_libvirt.checkpoints import forgets
from vnetsh_libvirt.fetching import changing as images
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.forgetting import forget
from vnetsh_libvirt.journey import Tell, in_words
from vnetsh_libvirt.libvirt_host import HostNamed
from vnetsh_libvirt.mark import PLACING, mark_of
from vnetsh_libvirt.refusals import of_kind
from vnetsh_libvirt.seed import changing as seeds
from vnetsh_libvirt.snapshots import taking
from vnetsh_libvirt.steps import Step
from vnetsh_libvirt.verifying import trouble


def make(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    """Make a step. Raises `VnetshError`; nothing of it is left then but what an `ApplyFailed` says."""
    if forgets(step.change):
        one = step.change.before or step.change.resource
        forget(at(step.change.place), one.parent[1] if one.parent else one.name)
        reached("checkpoints are forgotten")
    of_kind(_MADE, step.change.resource)(step, at, files, tell)


def _vm(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    change, host = step.change, at(step.change.place)
    match change.action:
        case ActionKind.ADD:
            parts, words = [part.resource for part in step.folded], in_words(tell)
            model = None
            if name := str(change.wishes.get(CLONE, "")):
                model = partial(machines.model, host, name)
            elif RESTORE in change.wishes:
                model = partial(restoring.model, host, change, tell)
            make = partial(machines.make, host, change.resource, parts, files, words, model)
            if RESTORE in change.wishes and change.resource.record and not change.undo:
                restoring.make_again(host, change, files, tell, make)
            else:
                make()
            said = mark_of(change.resource)
            if change.undo and not change.resource.record and said.own:
                # It was removed with its disk by an undo that failed behind it, and the plan of that said so.
                name = change.resource.name
                files.say_stays([f"{name} is made anew from {said.disk}: what its guest had written is lost"])
        case ActionKind.CHANGE if change.renames:
            renaming.rename(host, change, step.folded)
        case ActionKind.CHANGE:
            reconfiguring.change(host, change, files, tell)
        case ActionKind.REMOVE:
            erasing.intend(host, step.changes, files)
            machines.remove(host, change.resource, files, in_words(tell))
            if RESTORE in change.wishes and change.undo:
                files.say_stays(restoring.back(host, change, files))
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
            nics.unplug(host, change.resource, in_words(tell))
        case _:
            nics.change(host, change, in_words(tell))


def _snapshot(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    taking.make(at(step.change.place), step.change, files, in_words(tell))


def _backup(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    backups.make(at(step.change.place), step.change, files, tell)


def _disk(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    change, host = step.change, at(step.change.place)
    match change.action:
        case ActionKind.ADD:
            disk_plugging.plug(host, change.resource, files, in_words(tell))
        case ActionKind.REMOVE:
            erasing.intend(host, step.changes, files)
            disk_plugging.unplug(host, change, files, in_words(tell))
            erasing.erase(host, change, files)
        case _ if moves(change) or change.made:  # a disk that grows makes nothing beside itself
            disk_moving.move(host, change, files, tell)
        case _:
            disk_plugging.grow(host, change, files)


def _seed(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    seeds.change(at(step.change.place), step.change, files)


def _pool(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    pools.change(at(step.change.place), step.change, files)


def _image(step: Step, at: HostNamed, files: Files, tell: Tell) -> None:
    images.change(step.change, at, files, tell)


def stands(change: Change, at: HostNamed, tell: Tell) -> bool:
    """Whether a change of which nobody knows has come about, when nothing of it is under way any more."""
    if change.action is ActionKind.MOVE:
        return moving.has_come(change, at(change.place), at(change.resource.place), tell)
    return not trouble(change, at)


_MADE = {
    "vm": _vm,
    "port": _port,
    "snapshot": _snapshot,
    "backup": _backup,
    "disk": _disk,
    "cloudinit": _seed,
    "pool": _pool,
    "image": _image,
}
