"""Put a disk into the place of another one at one blow: at every moment a whole disk has the name.

The old one stays beside it, by which that can be taken back. On a host, and on an NFS server, where libnfs does it.
"""

from __future__ import annotations

from itertools import count

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Thing
from vnetsh.model.change import Change, Impact
from vnetsh.model.power import OFF
from vnetsh_libvirt import remote_files
from vnetsh_libvirt.backups import copying
from vnetsh_libvirt.files import Files, stat
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.remote import is_remote

OLD = ".before-restore"
"""Ends, with a number, the name of a disk that was in its place before."""

SWAPPED = "swapped"
"""In what a change made: the place where a disk was put; `id` is the new one, `old` the one that was there, and that is
kept `beside` it."""


def swap(host: LibvirtHost, vm: str, path: str, new_path: str, files: Files) -> str:
    """Give a new disk its place; where the old one is kept. Both are written down before. Raises `BackendRefused`."""
    _refuse_running(host, vm, path, files)
    new, old = stat(host, new_path), stat(host, path)
    assert new
    beside = next(name for n in count(1) if not stat(host, name := f"{path}{OLD}-{n}")) if old else ""
    was = {"old": old.identity if old else "", "beside": beside}
    files.note(host, "", **{SWAPPED: path, "id": new.identity, "state": new.state}, **was)
    if old:
        _link(host, path, beside)
    else:
        files.note(host, f"{path} on {host.name}", file=path, id=new.identity)
    reached("the old disk has another name, too")
    _rename(host, new_path, path)
    return beside


def swap_back(host: LibvirtHost, change: Change, swapped: Thing, files: Files) -> list[str]:
    """Of a disk whose change of places was written down: the old one in its place, whatever of it was done.

    Why it stays as it is, in a sentence. Raises `BackendRefused`.
    """
    path, beside, was = swapped[SWAPPED], swapped["beside"], swapped["old"]
    if not was:
        return []  # there was none: what was made goes
    there, kept = stat(host, path), stat(host, beside)
    if there and there.identity == was:
        if kept and kept.identity == was:
            _unlink(host, beside, was)  # another name of the disk that is in its place
        return []
    if there is None or there.identity != swapped["id"] or kept is None or kept.identity != was:
        return [
            f"{path} on {host.name} is not the disk that was restored there, or the old one is gone: left alone"
        ]
    if (
        change.undo and change.impact is Impact.NONE and there.state != swapped["state"]
    ):  # no plan said that it is lost
        return [
            f"somebody has written to {path} on {host.name} since it was restored: left alone, as is {beside}"
        ]
    _refuse_running(host, change.resource.name, path, files)
    _rename(host, beside, path)
    reached("an old disk is back")
    return []


def _refuse_running(host: LibvirtHost, vm: str, path: str, files: Files) -> None:
    """Raise `BackendRefused` where a VM runs, or one runs with its disk on another host that reaches its server."""
    domain = host.domain(vm)
    if domain is not None and host.state(domain) not in OFF:
        raise BackendRefused(
            f"{host.name}: {vm} runs: its disks do not change under it", help=f"stop it first: `stop {vm}`"
        )
    for other in files.hosts() if is_remote(path) else ():
        if user := remote_files.runs_with(other, [path]):
            raise BackendRefused(
                f"{user} on {other.name} runs with {path}: it does not change under it",
                help=f"stop that one first: `stop {user}`",
            )


def _link(host: LibvirtHost, path: str, name: str) -> None:
    if is_remote(path):
        remote_files.ask_nfs(host, "link", path, name.rpartition("/")[2])
    else:
        copying.must(host, ["ln", "--", path, name])


def _rename(host: LibvirtHost, path: str, name: str) -> None:
    if is_remote(path):
        remote_files.ask_nfs(host, "rename", path, name.rpartition("/")[2])
    else:
        copying.must(host, ["mv", "-T", "--", path, name], timeout=copying.REMOVING)
        copying.must(host, ["sync", "--", name.rpartition("/")[0]])


def _unlink(host: LibvirtHost, path: str, identity: str) -> None:
    if is_remote(path):
        remote_files.ask_nfs(host, "remove", path, identity)
    else:
        copying.must(host, ["rm", "-f", "--", path])
