"""Look whether changes of disks have really come about, on the host itself."""

from __future__ import annotations

from typing import Any

from vnetsh.model import Change, Resource
from vnetsh_libvirt.definition import live_only
from vnetsh_libvirt.disk_fields import SIZE, bus_of, name_of, owner_of
from vnetsh_libvirt.disk_plugging import LIVE, disk_size, views
from vnetsh_libvirt.drives import takes
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
    paths = set()
    for flag, view in views(host, domain).items():
        where = f"{owner} as it runs" if flag == LIVE else f"{owner} as it is defined"
        found = view.drive(name)
        if found is not None:
            paths.add(found.path)
        elif takes(bus_of(disk), view.root) if flag == LIVE else not live_only(disk):
            return f"{where} has no disk {name}"
    size = disk.get(SIZE)
    if change.before is None or SIZE not in change.differing() or not isinstance(size, int):
        return ""
    return next((why for path in paths if (why := _other_size(host, domain, path, size, change))), "")


def _other_size(host: LibvirtHost, domain: Any, path: str, size: int, change: Change) -> str:
    """Of a disk whose size was to change: whether it has another one. What is taken back stays as large as it is."""
    have = disk_size(host, domain, path)
    if have is None or have == size or (change.undo and have > size):
        return ""
    return f"disk {name_of(change.resource)} of {owner_of(change.resource)} has {have} bytes, not {size}"
