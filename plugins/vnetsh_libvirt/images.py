"""Whether a new VM can have the disk that is said for it. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath

from vnetsh.backend import FREE, Assessment
from vnetsh.diagnostics import did_you_mean
from vnetsh.model import ActionKind, Change, Fleet, Resource
from vnetsh_libvirt.built_in import FIRMWARE
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.imaging import overlay_of, path_of
from vnetsh_libvirt.mark import DISK, Mark, mark_of
from vnetsh_libvirt.named_files import usual_nvram
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.users import builder, writer

SMALLEST_OVERLAY = 2**20
"""Bytes that an empty overlay may take."""


def problem(vm: Resource, fleet: Fleet) -> Assessment | None:
    """The first thing that speaks against its disk."""
    said = mark_of(vm)
    if not said.disk:
        return None
    return misnamed(vm, said.disk) or _missing(vm, said, fleet) or _no_room(vm, said, fleet)


def foresee(change: Change, after: Fleet) -> Assessment:
    """Whether another VM, also one that is made together with it, uses a new VM's disk."""
    vm = change.after
    if vm is None or vm.kind != "vm" or change.action is not ActionKind.ADD or vm.record:
        return FREE
    if not vm.text(DISK):
        return FREE if after.disks(vm) else Assessment(how="without a disk: boots from the network")
    return _used(vm, mark_of(vm), after) or FREE


def misnamed(vm: Resource, disk: str, word: str = "") -> Assessment | None:
    """A name is one file of the image folder; what has a slash is a whole path, without detours."""
    if "/" not in disk and disk not in (".", ".."):
        return None
    if disk.startswith("/") and ".." not in disk.split("/") and str(PurePosixPath(disk)) == disk != "/":
        return None
    return refused(
        "E443",
        vm,
        f"`{disk}` is neither the name of a disk image nor the whole path of one",
        "say a file of the host's image folder by its name alone, another one by its path from `/`, without `..`",
        word=word,
    )


def _missing(vm: Resource, said: Mark, fleet: Fleet) -> Assessment | None:
    there = facts(fleet, vm.place)
    path = path_of(fleet, vm.place, said.disk)
    file = there.file(path)
    if there.lacks(path):
        folder = str(PurePosixPath(path).parent)
        names = list(there.files(folder) or ())
        return refused(
            "E443",
            vm,
            f"host `{vm.place}` has no disk image `{PurePosixPath(path).name}` in {folder}",
            did_you_mean(PurePosixPath(path).name, names, "put it there, or say `disk` with a whole path"),
            "not found",
        )
    if file is not None and file.size == 0:
        return refused(
            "E443",
            vm,
            f"`{said.disk}` on {vm.place} is no disk image: the file is empty",
            "was it copied to its end? `qemu-img info` says what a file is",
        )
    overlay = overlay_of(fleet, vm.place, vm.name)
    if said.own and (what := there.at(overlay)):
        use = f"to use it as it is: `disk {vm.name}.qcow2 import`; else " if there.file(overlay) else ""
        return refused(
            "E448",
            vm,
            f"the disk's name is taken: host `{vm.place}` has {what} `{vm.name}.qcow2` already",
            f"{use}move it away",
        )
    return None


def nvram_problem(vm: Resource, fleet: Fleet) -> Assessment | None:
    """A file of a firmware's variables that is there before its VM: libvirt would take it for the new one's."""
    path = usual_nvram(vm.name)
    if not vm.get(FIRMWARE) or not facts(fleet, vm.place).at(path):
        return None
    return refused(
        "E448",
        vm,
        f"host `{vm.place}` has {path} already: the firmware of `{vm.name}` would begin with another vm's variables",
        "if it is needed no more, move it away",
    )


def _used(vm: Resource, said: Mark, fleet: Fleet) -> Assessment | None:
    """An image that another VM writes to, or that another's disk builds on when this one would write to it."""
    path = path_of(fleet, vm.place, said.disk)
    if other := writer(fleet, vm.place, path, vm.name, sharing=False):
        what = f"is the disk of vm `{other}`"
    elif said.imported and (other := builder(fleet, vm.place, path, vm.name)):
        what = f"is the template of vm `{other}`, whose disk holds only what differs from it"
    else:
        return None
    return refused(
        "E454",
        vm,
        f"`{said.disk}` on {vm.place} {what}: two cannot write to it",
        "copy it for the new vm: `qemu-img convert -O qcow2`"
        if said.imported
        else "make a copy of it the template",
    )


def _no_room(vm: Resource, said: Mark, fleet: Fleet) -> Assessment | None:
    free = facts(fleet, vm.place).free_disk
    if not said.own or free is None or free >= SMALLEST_OVERLAY:
        return None
    return refused(
        "E444",
        vm,
        f"host `{vm.place}` has {free // 1024} KiB of disk space free: not enough for the disk of `{vm.name}`",
        f"free some in {facts(fleet, vm.place).folder}",
        word=DISK,
    )
