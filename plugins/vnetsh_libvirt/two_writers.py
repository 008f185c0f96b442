"""Whether a new disk's files are another VM's, on its host or on one that sees the same. Pure."""

from __future__ import annotations

from vnetsh.backend import FREE, Assessment
from vnetsh.model import ActionKind, Change, Fleet, Resource
from vnetsh_libvirt.disk_fields import COPY, FILE, FROM, owner_of
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.imaging import disk_path, path_of
from vnetsh_libvirt.own_files import seeing
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.states import is_off
from vnetsh_libvirt.users import builder, reader, writer


def of_another(change: Change, after: Fleet) -> Assessment:
    """The problem of a file that two would write to, or one would read while it changes."""
    disk = change.after
    if disk is None or change.action is not ActionKind.ADD or disk.record:
        return FREE
    place, vm = disk.place, owner_of(disk)
    image = disk.text(FROM) or disk.text(FILE)
    if not image:
        return FREE
    path = path_of(after, place, image)
    user = next(
        (
            user
            for host in seeing(after, place, path)
            if (user := writer(after, host, path, vm, sharing=False))
        ),
        "",
    )
    source = after.get("vm", place, user) if disk.get(COPY) and user else None
    if user and not (source and is_off(source)):
        what = f"is the disk of vm `{user}`"
    elif disk.get(FILE) and (user := builder(after, place, path, vm)):
        what = f"is the template of vm `{user}`, whose disk holds only what differs from it"
    elif disk.get(FILE) and (user := reader(after, place, path)):
        what = f"is a medium of vm `{user}`, which is not to change under it"
    elif disk.get(FILE) and _twice(disk, path, after):
        what = f"is another disk of vm `{vm}`"
    else:
        return FREE
    return refused(
        "E454",
        disk,
        f"`{image}` on {place} {what}: two cannot write to it",
        f"have it copied: `from {image} copy`; while it is being written to, not even that",
        word=FROM if disk.get(FROM) else FILE,
    )


def _twice(disk: Resource, path: str, fleet: Fleet) -> bool:
    """Whether its VM has that file as another disk, or builds one on it."""
    there = facts(fleet, disk.place)
    vm = Resource("vm", owner_of(disk), disk.place, {})
    others = [one for one in fleet.disks(vm) if one.name != disk.name]
    used = [disk_path(fleet, one) for one in others]
    used += [
        path_of(fleet, disk.place, one.text(FROM)) for one in others if one.get(FROM) and not one.get(COPY)
    ]
    return any(there.same(path, one) for one in used)
