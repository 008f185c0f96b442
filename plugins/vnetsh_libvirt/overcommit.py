"""What thin disks were promised beyond what is free where they lie. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.model import Change, Fleet, Resource
from vnetsh.model.disks import moves
from vnetsh_libvirt.disk_fields import FROM, SIZE
from vnetsh_libvirt.facts import LibvirtFacts, facts
from vnetsh_libvirt.imaging import disk_path, path_of
from vnetsh_libvirt.remote import folder_of, is_remote

MIB, GIB = 2**20, 2**30


def overcommitted(change: Change, after: Fleet) -> str:
    """In words, where a disk comes to a folder, or grows there, whose disks may come to need more than is free."""
    disk = change.after
    if (
        disk is None
        or change.undo
        or not (change.before is None or moves(change) or SIZE in change.differing())
    ):
        return ""
    where = folder_of(disk_path(after, disk))
    there = facts(after, disk.place)
    found = there.folders.get(where)
    free = found.free if found else there.free_disk if where == there.folder else None
    if free is None or is_remote(where):
        return ""
    promised = sum(_promised(disk.place, where, after, there))
    pool = next((p.name for p in after.of_kind("pool", disk.place) if p.get("path") == where), "")
    what = f"of pool {pool}" if pool else f"in {where}"
    return (
        f"thin disks {what} may grow by {_size(promised)}, and {_size(free)} are free"
        if promised > free
        else ""
    )


def _promised(host: str, where: str, fleet: Fleet, there: LibvirtFacts) -> Iterator[int]:
    """Of each disk in a folder, the bytes that it may still come to take."""
    for disk in fleet.of_kind("disk", host):
        path = disk_path(fleet, disk)
        if folder_of(path) != where:
            continue
        file = there.file(path)
        yield max(_whole(disk, host, fleet, there) - (file.occupied if file else 0), 0)


def _whole(disk: Resource, host: str, fleet: Fleet, there: LibvirtFacts) -> int:
    """How large a disk is for its guest; 0 where nobody tells."""
    size = disk.get(SIZE)
    if isinstance(size, int):
        return size
    image = there.file(path_of(fleet, host, disk.text(FROM))) if disk.get(FROM) else None
    return image.head.size if image and image.head else 0


def _size(size: int) -> str:
    return f"{size // GIB}G" if size >= GIB else f"{size // MIB}M"
