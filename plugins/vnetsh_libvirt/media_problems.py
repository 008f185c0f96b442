"""Whether a medium can be put into the CD drive of a VM. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.model import Change, Fleet
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.images import misnamed
from vnetsh_libvirt.imaging import folder_of, path_of
from vnetsh_libvirt.media import CDROM, has_drive
from vnetsh_libvirt.refusals import refused, transient
from vnetsh_libvirt.states import saved
from vnetsh_libvirt.users import writer

MISSING = "E471"
"""Code: a medium that is not there, or that is said otherwise than it is shown."""


def problem(change: Change, fleet: Fleet) -> Assessment | None:
    """Why a medium cannot be put in; what is taken back was there."""
    vm, new = change.resource, change.resource.text(CDROM)
    if CDROM not in change.differing() or change.undo:
        return None
    if change.before and transient(change.before) and not has_drive(change.before):
        return refused(
            "E447",
            vm,
            f"vm `{vm.name}` has no persistent definition, and no CD drive: that comes only with a start",
            "define it first",
            word=CDROM,
        )
    if change.before and saved(change.before):
        return refused(
            MISSING,
            vm,
            f"vm `{vm.name}` has a saved state, which knows its media as they are",
            f"start it first: `start {vm.name}`",
            word=CDROM,
        )
    if not new:
        return None
    path, there = path_of(fleet, vm.place, new), facts(fleet, vm.place)
    name = path.removeprefix(f"{folder_of(fleet, vm.place)}/")
    if name != path and "/" in new and "/" not in name:
        return refused(
            MISSING,
            vm,
            f"`{new}` is in the image folder of {vm.place}",
            f"say it by its name: `cdrom {name}`",
            word=CDROM,
        )
    if there.lacks(path):
        message = f"host `{vm.place}` has no image `{new}`"
        return refused(MISSING, vm, message, f"put it there: {path}", "not found", word=CDROM)
    if user := writer(fleet, vm.place, path):
        message = f"`{new}` is a disk of vm `{user}`: what is in a CD drive is not to change"
        return refused(MISSING, vm, message, "copy it, and say the copy", word=CDROM)
    return misnamed(vm, new, CDROM)
