"""Files that a VM writes to when it moves: whose they are besides, and what is in their way. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from vnetsh.backend import Assessment
from vnetsh.model import Resource
from vnetsh_libvirt.definition import definition_in
from vnetsh_libvirt.facts import LibvirtFacts
from vnetsh_libvirt.leaving import Leaving
from vnetsh_libvirt.named_files import NVRAM, named_files

IN_THE_WAY = "E457"
"""Code: a file would be there twice, or overwritten."""

SHARED_FILESYSTEMS = frozenset(
    {"nfs", "nfs4", "ceph", "gfs", "gfs2", "ocfs2", "gpfs", "lustre", "cifs", "smb2"}
)
"""Names that `stat -f -c %T` gives to filesystems that several hosts mount at the same time."""


def used_by_others(one: Leaving) -> Iterator[Assessment]:
    """A disk of two VMs would become two disks, each with half of what is written."""
    if one.back:
        return
    shareable = {disk.path for view in one.views for disk in view.disks if disk.shareable}
    for file in one.files:
        if not file.own or _perhaps_shared(one, file.path):
            continue
        other = next((vm.name for vm in _neighbours(one) if file.path in _own(vm)), "")
        if other or file.path in shareable:
            whose = f"is also vm `{other}`'s" if other else "is shareable"
            yield one.refuse(
                IN_THE_WAY,
                f"{file.path} of `{one.vm.name}` {whose}, and {one.target} does not see that file",
                "a copy would be a second disk, and both would differ soon: put it where both hosts see it",
            )


def in_the_way(one: Leaving) -> Iterator[Assessment]:
    """A file is never overwritten. One that both hosts see is no other; firmware's variables may be the same."""
    if one.back:
        return
    for file in one.files:
        other = one.there.file(file.path) if file.own else None
        if other is None or _perhaps_shared(one, file.path):
            continue
        mine = one.here.file(file.path)
        if file.what != NVRAM or (mine and mine.size != other.size):
            yield one.refuse(
                IN_THE_WAY,
                f"host `{one.target}` has another file {file.path}, where {file.what} of `{one.vm.name}` should be",
                f"it may be an old copy; move it away on {one.target}",
            )


def _perhaps_shared(one: Leaving, path: str) -> bool:
    """Whether both hosts may see the very same file; what is not known here is asked when the move begins."""
    folder = str(PurePosixPath(path).parent)
    return all(_kind(facts, folder) in SHARED_FILESYSTEMS | {""} for facts in (one.here, one.there))


def _kind(facts: LibvirtFacts, folder: str) -> str:
    found = facts.folders.get(folder)
    return found.kind if found else ""


def _neighbours(one: Leaving) -> Iterator[Resource]:
    return (vm for vm in one.fleet.of_kind("vm", one.vm.place) if vm.name != one.vm.name and vm.record)


def _own(vm: Resource) -> set[str]:
    record = vm.record or {}
    views = [definition_in(record, key) for key in ("xml", "live") if record.get(key)]
    return {file.path for view in views for file in named_files(view) if file.own}
