"""Backups of vms, as things of the fleet: what they are called, and which a vm has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from vnetsh.model.resource import Resource

if TYPE_CHECKING:
    from vnetsh.model.fleet import Fleet

BACKUP = "backup"

RESTORE = "restore"
"""What a change of a vm may wish: that its disks are what they were in the backup of that name, a vm's and its own."""

RESTORED = "restored"
"""Of a vm: the backups that it was restored from, the latest last."""

POOL, TAKEN = "pool", "taken"
"""In the wishes of a change that restores: where the backup lies, and when it was made."""

OF = "of"
"""In the record of a backup: its vm and the parts of it, each as `kept`."""


IMAGES = "images"
"""In the record of a backup: where the image of each disk is, by the disk's name."""


TRACKING, SINCE = "tracking", "since"
"""In the wishes of a change that makes a backup: whether the next one can know what has changed since, where that is
asked for; the own name of the one that it knows so of itself, of whose images it needs the rest."""

CHANGED = "changed"
"""In the record of a backup whose vm knows what has changed since: how many bytes."""


SUFFIX = ".backup"
"""Ends the name of a folder that is a backup."""


def folder(pool: str, vm: str, name: str) -> str:
    """The folder of a backup, in that of a pool."""
    return f"{pool}/{vm}@{name}{SUFFIX}"


def image(folder: str, disk: str) -> str:
    """The image of a disk in a backup's folder."""
    return f"{folder}/disk-{disk}.qcow2"


def images_of(backup: Resource) -> dict[str, str]:
    """Where the image of each disk is, by the disk's name."""
    told = (backup.record or {}).get(IMAGES)
    return {str(disk): str(path) for disk, path in told.items()} if isinstance(told, Mapping) else {}


def kept(resource: Resource) -> dict[str, object]:
    """A resource as a backup's record has it: JSON takes it."""
    return {
        "kind": resource.kind,
        "name": resource.name,
        "attributes": dict(resource.attributes),
        "parent": resource.parent,
        "backend": resource.backend,
        "marked": resource.marked,
        "owner": resource.owner,
        "inherent": resource.inherent,
        "record": None if resource.record is None else dict(resource.record),
    }


def made_of(backup: Resource) -> Iterator[Resource]:
    """The vm that a backup is of, and its parts, as they were; nothing of one that cannot be read."""
    told = (backup.record or {}).get(OF)
    for one in told if isinstance(told, list) else ():
        attributes = {k: tuple(v) if isinstance(v, list) else v for k, v in one["attributes"].items()}
        parent = tuple(one["parent"]) if one["parent"] else None
        yield Resource(**{**one, "place": backup.place, "attributes": attributes, "parent": parent})


def name_of(vm: str, backup: str) -> str:
    """The name of a vm's backup among all of them."""
    return f"{vm}/{backup}"


def own_name(backup: Resource) -> str:
    """Its name as its vm has it."""
    return backup.name.removeprefix(f"{backup.text('vm')}/")


def backups_of(vm: str, fleet: Fleet) -> list[Resource]:
    """All backups of a vm of that name, on whatever hosts."""
    return [one for one in fleet.of_kind(BACKUP) if one.text("vm") == vm]


def changed_since(backup: Resource) -> int | None:
    """How many bytes have changed since it was made; None where nobody knows."""
    told = (backup.record or {}).get(CHANGED)
    return told if isinstance(told, int) else None


def next_name(vm: str, fleet: Fleet) -> str:
    """What the next one is called that nobody names: by its number."""
    numbers = [int(name) for one in backups_of(vm, fleet) if (name := own_name(one)).isdecimal()]
    return str(max(numbers, default=0) + 1)
