"""Look whether changes of disks have really come about, on the host itself."""

from __future__ import annotations

from typing import Any

from vnetsh.model import Change, Resource
from vnetsh.model.disks import moves
from vnetsh_libvirt.definition import live_only
from vnetsh_libvirt.disk_fields import PATH, SIZE, bus_of, name_of, owner_of
from vnetsh_libvirt.disk_plugging import LIVE, disk_size, views
from vnetsh_libvirt.drives import Disk, takes
from vnetsh_libvirt.libvirt_host import LibvirtHost


def still_there(disk: Resource, host: LibvirtHost, domain: Any) -> str:
    """Where a disk is that should be gone; of one that goes with the next start only, nothing."""
    name, owner = name_of(disk), owner_of(disk)
    for flag, view in views(host, domain).items():
        found = view.drive(name)
        if found is not None and (flag != LIVE or found.pluggable):
            return f"{owner} still has the disk {name}"
    return ""


def trouble(change: Change, host: LibvirtHost) -> str:
    """What a disk has otherwise than it should."""
    disk = change.resource
    name, owner = name_of(disk), owner_of(disk)
    domain = host.domain(owner)
    if domain is None:
        return f"{owner} is not on {host.name}"
    there = dict[str, Disk]()
    for flag, view in views(host, domain).items():
        where = f"{owner} as it runs" if flag == LIVE else f"{owner} as it is defined"
        found = view.drive(name)
        if found is not None:
            there[found.path] = found
        elif takes(bus_of(disk), view.root) if flag == LIVE else not live_only(disk):
            return f"{where} has no disk {name}"
    if moves(change) and any(one.path != disk.text(PATH) for one in there.values()):
        return f"disk {name} of {owner} lies at {', '.join(there)}, not at {disk.text(PATH)}"
    size = disk.get(SIZE)
    if change.before is None or SIZE not in change.differing() or not isinstance(size, int):
        return ""
    return next((why for one in there.values() if (why := _other_size(host, domain, one, size, change))), "")


def _other_size(host: LibvirtHost, domain: Any, disk: Disk, size: int, change: Change) -> str:
    """Of a disk whose size was to change: whether it has another one. What is taken back stays as large as it is."""
    have = disk_size(host, domain, disk)
    if have is None or have == size or (change.undo and have > size):
        return ""
    return f"disk {name_of(change.resource)} of {owner_of(change.resource)} has {have} bytes, not {size}"
