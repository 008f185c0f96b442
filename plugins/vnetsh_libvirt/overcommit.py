"""What thin disks were promised beyond what is free where they lie. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.backend import Assessment
from vnetsh.model import Change, Fleet, Resource
from vnetsh.model.disks import moves
from vnetsh_libvirt.disk_fields import FROM, SIZE, THICK, form_of
from vnetsh_libvirt.facts import LibvirtFacts, facts
from vnetsh_libvirt.imaging import disk_path, path_of
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.remote import folder_of, is_remote
from vnetsh_libvirt.room import MIB, whole_room

GIB = 2**30


def overcommitted(change: Change, after: Fleet) -> str:
    """In words, where a disk comes to a folder, or grows there, whose disks may come to need more than is free."""
    disk = change.after
    if disk is None or change.undo or not _comes(change):
        return ""
    where = folder_of(disk_path(after, disk))
    there = facts(after, disk.place)
    free = there.free_in(where)
    if free is None or is_remote(where):
        return ""
    free = max(free - sum(_promised(disk.place, where, after, there, thick=True)), 0)
    promised = sum(_promised(disk.place, where, after, there, thick=False))
    pool = next((p.name for p in after.of_kind("pool", disk.place) if p.get("path") == where), "")
    what = f"of pool {pool}" if pool else f"in {where}"
    return (
        f"thin disks {what} may grow by {_size(promised)}, and {_size(free)} are free"
        if promised > free
        else ""
    )


def no_room(change: Change, after: Fleet) -> Assessment | None:
    """What all thick disks of a folder need that is not free there: each has its room when it is made."""
    disk = change.after
    if disk is None or change.undo or not disk.get(THICK) or not _comes(change):
        return None
    where, there = folder_of(disk_path(after, disk)), facts(after, disk.place)
    free, needed = there.free_in(where), sum(_promised(disk.place, where, after, there, thick=True))
    if free is None or needed <= free:
        return None
    message = (
        f"host `{disk.place}` has {free // MIB} MiB of disk free in {where}; its thick disks there need "
    )
    message += f"{needed // MIB} MiB more"
    help = f"free some in {where}, say another pool, or leave `thick` out: a thin disk takes room as it is written to"
    return refused("E444", disk, message, help, word=THICK)


def _comes(change: Change) -> bool:
    """Whether a disk is new there, or larger."""
    return change.before is None or moves(change) or SIZE in change.differing()


def _promised(host: str, where: str, fleet: Fleet, there: LibvirtFacts, *, thick: bool) -> Iterator[int]:
    """Of each disk in a folder that is thick, or not, the bytes that it may still come to take."""
    for disk in fleet.of_kind("disk", host):
        path = disk_path(fleet, disk)
        if folder_of(path) != where or bool(disk.get(THICK)) != thick:
            continue
        file = there.file(path)
        whole = _whole(disk, host, fleet, there)
        room = whole_room(form_of(disk), whole) if thick else whole
        yield max(room - (file.occupied if file else 0), 0)


def _whole(disk: Resource, host: str, fleet: Fleet, there: LibvirtFacts) -> int:
    """How large a disk is for its guest; 0 where nobody tells."""
    size = disk.get(SIZE)
    if isinstance(size, int):
        return size
    image = there.file(path_of(fleet, host, disk.text(FROM))) if disk.get(FROM) else None
    return image.head.size if image and image.head else 0


def _size(size: int) -> str:
    return f"{size // GIB}G" if size >= GIB else f"{size // MIB}M"
