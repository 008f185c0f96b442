"""What may be wished of the disks of what is deleted, what those of a pool lie in, and how their files are called."""

from __future__ import annotations

from vnetsh.model.change import Change
from vnetsh.model.resource import Resource, listed

ERASE, DISKS = "erase", "disks"
"""That a disk's file goes with it; of a vm, the names of the disks whose files do."""

SHARED_MARK = ".vnetsh-shared-"
"""Begins the name of the file that marks a folder which several hosts have mounted."""


def place_of(pool: Resource) -> str:
    """What a pool's disks lie in: a folder of its host, or where a URL begins."""
    user = f"{pool.text('user')}@" if pool.get("user") else ""
    if pool.get("monitors"):
        return f"rbd://{user}{','.join(sorted(listed(pool.get('monitors'))))}/{pool.text('source')}"
    if pool.get("target"):
        return f"iscsi://{user}{pool.text('source')}/{pool.text('target')}"
    if pool.get("type") == "logical":
        return f"/dev/{pool.text('source')}"
    server, _, path = pool.text("source").rpartition(":/")
    return f"nfs://{server}/{path}" if server else pool.text("path")


def made_path(folder: str, vm: str, name: str, form: str) -> str:
    """Where the file of a disk lies that is made for a vm."""
    return f"{folder}/{vm}-{name}.{form}"


def form_of(disk: Resource) -> str:
    """The format of a disk's file."""
    return disk.text("format") or "qcow2"


def moves(change: Change) -> bool:
    """Whether a disk that is there comes to lie elsewhere on its host."""
    return bool(change.before and change.after and "path" in change.differing())
