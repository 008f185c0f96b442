"""What a disk of a VM has: each attribute is said here once. Pure, and free of the XML library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vnetsh.model import Attributes, Resource, Value
from vnetsh.model.disks import form_of as form_of
from vnetsh_libvirt.remote import folder_of, is_lun, is_volume

if TYPE_CHECKING:
    from vnetsh_libvirt.definition import Definition
    from vnetsh_libvirt.drives import Disk
    from vnetsh_libvirt.facts import LibvirtFacts

FROM, COPY, FILE, SIZE, FORMAT, BUS = "from", "copy", "file", "size", "format", "bus"
POOL, LUN, VOLUME, PATH = "pool", "lun", "volume", "path"
THICK = "thick"

GROWN = "grown"
"""In a VM's record: what the disk of its `disk FILE` has, where that is no longer what its template has."""

USUAL_FORMAT, USUAL_BUS = "qcow2", "virtio"

SECTOR = 512

SIZED = frozenset({"raw", "qcow2"})
"""Formats that libvirt makes, and makes larger."""


@dataclass(frozen=True)
class Found:
    """A disk as it was found at its VM, what was said when it was made (None: others made it), and its host's files."""

    disk: Disk
    owner: str
    said: Mapping[str, str] | None
    facts: LibvirtFacts = field(repr=False)


@dataclass(frozen=True)
class DiskField:
    """An attribute of a disk."""

    name: str
    read: Callable[[Found], Value]


def short(path: str, folder: str) -> str:
    """A file as a sentence says it: of the image folder by its name, another one by its path."""
    name = path.removeprefix(f"{folder}/")
    return name if name != path and "/" not in name else path


def size_of(path: str, form: str, facts: LibvirtFacts) -> int | None:
    """The bytes that a disk has for its guest; None where its file was not read, or does not tell."""
    if path in facts.in_use and form == "raw":
        return facts.in_use[path]
    file = facts.file(path)
    if file is None or file.kind != "file":
        return None
    if form == "raw":
        return -(-file.size // SECTOR) * SECTOR  # as QEMU has it, whatever the file ends with
    return (file.head.size or None) if file.head else None


def _file(found: Found) -> Value:
    if found.said is not None and FILE not in found.said:
        return None
    return (found.said or {}).get(FILE) or found.disk.path


def _pool(found: Found) -> Value:
    """The pool that a file lies in which was made there, or whose LUN it is; the host's image folder is none."""
    folder = folder_of(found.disk.path)
    there = found.said is None or FILE in found.said
    own = is_lun(found.disk.path) or is_volume(found.disk.path)
    if folder == found.facts.folder or (there and not own):
        return None
    known = [(name, pool.path) for name, pool in (found.facts.defined_pools or {}).items()]
    known += [(name, pool.url) for name, pool in found.facts.remote_pools.items()]
    return next((name for name, where in known if where == folder), None)


def _lun(found: Found) -> Value:
    """The number of a LUN whose target is a pool."""
    number = found.disk.path.rpartition("/")[2]
    known = is_lun(found.disk.path) and _pool(found) is not None
    return int(number) if known and number == str(int(number)) else None


def _volume(found: Found) -> Value:
    """The name of an image of Ceph's whose pool is known."""
    known = is_volume(found.disk.path) and _pool(found) is not None
    return found.disk.path.rpartition("/")[2] if known else None


def _unless(value: str, usual: str) -> Value:
    return None if value == usual else value


DISK_FIELDS = (
    DiskField("vm", lambda found: found.owner),
    DiskField(FROM, lambda found: (found.said or {}).get(FROM)),
    DiskField(COPY, lambda found: COPY in (found.said or {}) or None),
    DiskField(FILE, _file),
    DiskField(POOL, _pool),
    DiskField(LUN, _lun),
    DiskField(VOLUME, _volume),
    DiskField(SIZE, lambda found: size_of(found.disk.path, found.disk.format, found.facts)),
    DiskField(THICK, lambda found: THICK in (found.said or {}) or None),
    DiskField(FORMAT, lambda found: _unless(found.disk.format, USUAL_FORMAT)),
    DiskField(BUS, lambda found: _unless(found.disk.bus, USUAL_BUS)),
    DiskField(PATH, lambda found: found.disk.path),
)


def disk_attributes(found: Found) -> Attributes:
    """All that a disk was found with."""
    values = {one.name: one.read(found) for one in DISK_FIELDS}
    return {name: value for name, value in values.items() if value is not None}


def disks_otherwise(now: Definition, then: Definition) -> Iterator[str]:
    """The disks that a VM has now and will not have any more, or only then, in words."""
    here, there = ({disk.name for disk in view.drives} for view in (now, then))
    yield from (f"disk {name} goes" for name in sorted(here - there))
    yield from (f"disk {name} comes" for name in sorted(there - here))


def said_of(disk: Resource) -> dict[str, str]:
    """What is kept of a new disk: what its sentence says that it is made of."""
    said = {name: disk.text(name) for name in (FROM, FILE) if disk.get(name)}
    return said | {word: "yes" for word in (COPY, THICK) if disk.get(word)}


def bus_of(disk: Resource) -> str:
    """What a disk is plugged into."""
    return disk.text(BUS) or USUAL_BUS


def name_of(disk: Resource) -> str:
    """The name of a disk within its VM."""
    return disk.name.rpartition("/")[2]


def owner_of(disk: Resource) -> str:
    """The VM that has it."""
    assert disk.parent
    return disk.parent[1]
