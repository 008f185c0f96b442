"""Have a disk of a VM lie elsewhere on its host: mirrored by QEMU while the VM runs, else copied and compared.

What the VM has is the truth at any time: as it runs, else as it is defined. It has the old file, whole, or the new one;
the other one goes when that was seen.
"""

from __future__ import annotations

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Change
from vnetsh_libvirt import disk_telling, storage
from vnetsh_libvirt.cleanup import leftovers_of, with_cleanup
from vnetsh_libvirt.disk_copying import idle
from vnetsh_libvirt.disk_fields import COPY, FILE, FROM, PATH, owner_of
from vnetsh_libvirt.disk_mirroring import abort, live
from vnetsh_libvirt.disk_move import DiskMove, define, job_of
from vnetsh_libvirt.disk_plugging import CONFIG, LIVE
from vnetsh_libvirt.drives import Disk, made_for
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost, existing
from vnetsh_libvirt.looking import Looking


def move(host: LibvirtHost, change: Change, files: Files, tell: Tell) -> None:
    """Have a disk lie elsewhere; where it does already, end what was left to do.

    One that is taken back may lie where it is to (its run was cut off before): then only what was made goes.

    Raises `BackendRefused`, or `ApplyFailed` with what is left.
    """
    assert change.before
    domain = existing(host, owner_of(change.resource))
    move = DiskMove(host, domain, change, files, tell, change.before.text(PATH), change.resource.text(PATH))
    there = move.where()
    truth = there.get(LIVE) or there.get(CONFIG)
    if truth is None or truth.path not in (move.old, move.new):
        now = f"is {truth.path} by now" if truth else "is gone"
        raise BackendRefused(f"{host.name}: disk {move.name} of {move.owner} {now}: it is left alone")
    known = {move.old, move.new, *files.made_on(host), *files.to_go(host), *files.old_on(host)}
    if any(disk.path not in known for disk in there.values()):
        raise BackendRefused(
            f"{host.name}: {move.owner} is defined with another file as {move.name} than it runs with"
        )
    job = job_of(truth)
    if job and job != move.new and job not in files.made_on(host):
        raise BackendRefused(
            f"{host.name}: a job of libvirt's copies disk {move.name} of {move.owner} to {job} just now",
            help=f"wait for it, or end it: `virsh blockjob {move.owner} {truth.target}`",
        )
    if job and (truth.path == move.new or change.undo):  # what a run that was killed had begun
        abort(move, truth)
    define(move, truth.path)
    if truth.path != move.new:
        with_cleanup(lambda: _go(move, truth), lambda: _back(move))
    _finish(move)


def _go(move: DiskMove, disk: Disk) -> None:
    files, host, change = move.files, move.host, move.change
    if not change.undo:
        files.note_kept(host, move.old, goes=_made_for_it(move, disk))
    if host.link.call(move.domain.isActive) and LIVE in move.where():
        live(move, disk)
    else:
        idle(move, disk)
    reached("disk lies elsewhere")


def _made_for_it(move: DiskMove, disk: Disk) -> bool:
    """Whether its old file was made for its VM: then it goes."""
    defined = next(iter(move.views().values()))
    mark, inherent = defined.mark, defined.inherent_disk
    if mark and mark.own and inherent and inherent.name == disk.name:
        return disk.path == storage.overlay_path(move.host, move.owner)
    return made_for(defined.told, disk, move.owner)


def _back(move: DiskMove) -> list[str]:
    """After a failure: the VM with the file that it has; the other one is removed. What resists, in sentences."""

    def back() -> None:
        there = move.where()
        truth = there.get(LIVE) or there.get(CONFIG)
        if truth and job_of(truth):
            abort(move, truth)
        if truth:
            define(move, truth.path)

    left = leftovers_of(f"disk {move.name} of {move.owner} may be left in a copy", back)
    if left:
        return left
    why = (
        move.files.remove(move.host, move.new, ("file",)) if move.new in move.files.made_on(move.host) else ""
    )
    return [why] if why else []


def _finish(move: DiskMove) -> None:
    """What is left to do when the VM has the disk where it is to lie."""
    files, host, change = move.files, move.host, move.change
    if change.before and change.before.marked:
        disk_telling.tell(host, move.domain, move.name, _said(move))
    reached("disk is told of where it lies")
    rest = [path for path in files.to_go(host) if path != move.new]
    files.say_stays(why for path in rest if (why := files.remove(host, path, ("goes",))))
    if change.undo:
        files.say_stays(files.remove_made(host, (move.new,)))
    files.note_left(host)
    old = [path for path in files.old_on(host) if path != move.new and files.of_own(host, path)]
    files.say_stays(
        f"{move.owner}: the old file of disk {move.name} is kept: {path} on {host.name}" for path in old
    )


def _said(move: DiskMove) -> dict[str, str]:
    """What is kept of how it was made: a file of others it is no more; what builds on nothing is a copy."""
    resource = move.change.resource if move.change.undo else move.change.before
    told = (resource.record or {}).get("said") if resource else None
    said = {str(key): str(value) for key, value in told.items()} if isinstance(told, dict) else {}
    if not move.change.undo:
        said.pop(FILE, None)
    now = next(iter(move.where().values()))
    thin = not now.remote and len(Looking(move.host).layers(now.path, now.format)) > 1
    return said | ({COPY: "yes"} if FROM in said and not thin else {})
