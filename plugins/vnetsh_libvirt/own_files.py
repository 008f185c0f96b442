"""Files that a VM writes to when it moves: whose they are besides, and what is in their way. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from vnetsh.backend import Assessment
from vnetsh.model import Fleet
from vnetsh_libvirt.facts import LibvirtFacts, facts
from vnetsh_libvirt.leaving import Leaving
from vnetsh_libvirt.named_files import NVRAM
from vnetsh_libvirt.remote import is_remote
from vnetsh_libvirt.users import builder, writer

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
        if not file.own or perhaps_shared(one, file.path):
            continue
        other = writer(one.fleet, one.vm.place, file.path, one.vm.name)
        if other or file.path in shareable:
            whose = f"is also vm `{other}`'s" if other else "is shareable"
            yield one.refuse(
                IN_THE_WAY,
                f"{file.path} of `{one.vm.name}` {whose}, and {one.target} does not see that file",
                "a copy would be a second disk, and both would differ soon: put it where both hosts see it",
            )
        elif below := builder(one.fleet, one.vm.place, file.path, one.vm.name):
            yield Assessment(how=f"{file.path} stays on {one.vm.place}, where vm `{below}` builds on it")


def in_the_way(one: Leaving) -> Iterator[Assessment]:
    """A file is never overwritten. One that both hosts see is no other; firmware's variables may be the same."""
    if one.back:
        return
    for file in one.files:
        what = one.there.at(file.path) if file.own else ""
        if not what or perhaps_shared(one, file.path):
            continue
        mine, other = one.here.file(file.path), one.there.file(file.path)
        if file.what != NVRAM or other is None or (mine and mine.size != other.size):
            yield one.refuse(
                IN_THE_WAY,
                f"host `{one.target}` has {'another file' if other else what} {file.path}, "
                f"where {file.what} of `{one.vm.name}` should be",
                f"it may be an old copy; move it away on {one.target}",
            )


def old_copies(one: Leaving) -> Iterator[Assessment]:
    """The copy that a VM left gives way to the disk that comes back, unless others have got something in it since."""
    for file in one.files if one.back else ():
        there = one.there.file(file.path) if file.own else None
        if there is None or perhaps_shared(one, file.path):
            continue
        asked = one.fleet, one.target, file.path, one.vm.name
        user = writer(*asked) or builder(*asked)
        if user or _written_since(one, file.path, there.state):
            why = f"vm `{user}` uses it" if user else "somebody has written to it since"
            yield one.refuse(
                IN_THE_WAY,
                f"the old copy {file.path} of `{one.vm.name}` on {one.target} cannot give way: {why}",
                f"move it away on {one.target}, or give it another name there",
            )


def _written_since(one: Leaving, path: str, state: str) -> bool:
    """Whether an old copy is otherwise than it was left, and no run was about to make another one in its place."""
    about = [thing for thing in one.made if thing.get("host") == one.target]
    about = [thing for thing in about if path in (thing.get("left"), thing.get("file"))]
    return bool(about) and "left" in about[-1] and about[-1]["state"] != state


def seeing(fleet: Fleet, host: str, path: str) -> list[str]:
    """A host, and all others that may see the same file there: what is on a server, or in a folder that they share."""
    if is_remote(path):
        return list(dict.fromkeys((host, *fleet.hosts)))
    here = facts(fleet, host)
    return [
        host,
        *(other for other in fleet.hosts if other != host and _same(here, facts(fleet, other), path)),
    ]


def _same(here: LibvirtFacts, there: LibvirtFacts, path: str) -> bool:
    """Whether two hosts see the same folder, by its mark or its file system, and in it the same file."""
    folder, numbers = str(PurePosixPath(path).parent), set[str]()
    for side in (here, there):
        found = side.file(path)
        numbers.add(found.identity.rpartition(":")[2] if found else "")
    mark = _mark(here, folder)
    alike = mark == _mark(there, folder) if mark else _kind(here, folder) == _kind(there, folder)
    return len(numbers) == 1 and alike and bool(mark or _kind(here, folder) in SHARED_FILESYSTEMS)


def _mark(there: LibvirtFacts, folder: str) -> str:
    found = there.folders.get(folder)
    return found.shared if found else ""


def perhaps_shared(one: Leaving, path: str) -> bool:
    """Whether both hosts may see the very same file; what is not known here is asked when the move begins."""
    folder = str(PurePosixPath(path).parent)
    if (mark := _mark(one.here, folder)) and mark == _mark(one.there, folder):
        return True
    return all(_kind(side, folder) in SHARED_FILESYSTEMS | {""} for side in (one.here, one.there))


def _kind(there: LibvirtFacts, folder: str) -> str:
    found = there.folders.get(folder)
    return found.kind if found else ""
