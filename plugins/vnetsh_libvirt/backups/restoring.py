"""Have the disks of a VM as they were in its backup. Each is made beside the one that is there and verified first.

Then they change places, each at one blow: at every moment a whole disk has the name. The old one stays beside it, by
which that can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from vnetsh.backend import JobState
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model.backups import POOL, RESTORE, TAKEN
from vnetsh.model.change import Change
from vnetsh_libvirt import remote_files
from vnetsh_libvirt.backups import at_host, building, copying
from vnetsh_libvirt.backups.layout import DOMAIN, About, SavedDisk
from vnetsh_libvirt.backups.swapping import SWAPPED, swap, swap_back
from vnetsh_libvirt.backups.taking import folder_in
from vnetsh_libvirt.cleanup import with_cleanup
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disk_fields import THICK
from vnetsh_libvirt.disk_making import new_remote
from vnetsh_libvirt.files import Files, stat
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.looking import Looking
from vnetsh_libvirt.remote import is_block, is_remote
from vnetsh_libvirt.snapshots.snapshot import when
from vnetsh_libvirt.thick_room import take_room

NEW = ".restoring"
"""Ends the name of a disk that is not in its place yet."""


@dataclass(frozen=True)
class _Place:
    """A disk of a backup, and where it is to be, in which format."""

    saved: SavedDisk
    path: str
    format: str
    thick: bool

    @property
    def new(self) -> str:
        """Where it is made."""
        return self.path + NEW


def restore(host: LibvirtHost, change: Change, files: Files, tell: Tell) -> None:
    """Put the disks of a backup into the places of a VM's, or of one that is gone.

    Raises `BackendRefused`; whoever calls it takes back by `back` what of it was done.
    """
    vm = change.resource.name
    folder, about = _whole(host, change, tell)
    domain = host.domain(vm)
    then = Definition(copying.must(host, ["cat", "--", f"{folder}/{DOMAIN}"]))
    places = [_place(host, vm, disk, host.defined(domain) if domain else None, then) for disk in about.disks]
    _refuse_users(host, vm, places, files)
    for place in places:
        _make(host, vm, f"{folder}/{place.saved.file}", place, files, tell)
    if change.before is None:
        _further(host, folder, about, files)
    reached("restored disks are made")
    for place in places:
        if beside := swap(host, vm, place.path, place.new, files):
            files.say(
                f"{vm}: its disk {place.saved.name} as it was before is kept: {beside} on {host.name}", {}
            )
        reached("a disk is restored")


def _whole(host: LibvirtHost, change: Change, tell: Tell) -> tuple[str, About]:
    """The folder of the backup that is meant, and what it says, when it and what it builds on are as written."""
    of, _, own = str(change.wishes[RESTORE]).rpartition("/")
    folder = folder_in(host, str(change.wishes[POOL]), of, own)
    about = building.read(host, folder)
    taken = change.wishes.get(TAKEN)
    if taken and when(about.taken) != taken:
        raise BackendRefused(f"{host.name}: {folder} is another backup by now: nothing was restored")
    checking = partial(tell, JobState(f"{of}: its backup is checked"))
    for where, said in building.chain(host, folder, about):
        there = copying.sums(host, where, list(said.sums), checking)
        if broken := [file for file, digest in said.sums.items() if there.get(file) != digest]:
            raise BackendRefused(
                f"{host.name}: the backup {where} is broken: {', '.join(broken)} is not what was written there",
                help="restore another one: `show backups`",
            )
    return folder, about


def model(host: LibvirtHost, change: Change, tell: Tell) -> Definition:
    """What a new VM is to be like: the one that the backup is of, as it was. Raises `BackendRefused`."""
    folder, _ = _whole(host, change, tell)
    return Definition(copying.must(host, ["cat", "--", f"{folder}/{DOMAIN}"]))


def make_again(
    host: LibvirtHost, change: Change, files: Files, tell: Tell, make: Callable[[], object]
) -> None:
    """Make a VM again that is gone, by `make`, when its disks are there. Raises `ApplyFailed`."""

    def work() -> None:
        restore(host, change, files, tell)
        make()

    with_cleanup(work, lambda: back(host, change, files))


def back(host: LibvirtHost, change: Change, files: Files) -> list[str]:
    """Put the disks back that were there before; why one stays as it is, in sentences. Said again it does no more."""
    found = []
    for thing in reversed([thing for thing in files.made if SWAPPED in thing]):
        found += swap_back(host, change, thing, files)
    alone = [thing[SWAPPED] for thing in files.made if SWAPPED in thing and not thing["old"]]
    if host.domain(change.resource.name) is None:
        return found + files.remove_made(host)
    files.say_stays(f"{path} stays on {host.name}: there was no other disk in its place" for path in alone)
    return found + files.remove_made(host, but=alone)


def _place(
    host: LibvirtHost, vm: str, saved: SavedDisk, defined: Definition | None, then: Definition
) -> _Place:
    """Where a disk is to be: where the VM has the one of that name; of a VM that is gone, where it was `then`."""
    thick = THICK in (defined or then).told.get(saved.name, {})
    if defined is None and not is_block(saved.path):
        return _Place(saved, saved.path, saved.format, thick)
    disk = defined.drive(saved.name) if defined else None
    if disk is None or is_block(disk.path) or disk.readonly:
        raise BackendRefused(
            f"{host.name}: {vm} has no disk {saved.name} now, which its backup has",
            help=f"`qemu-img convert` of {saved.file} in the backup's folder makes one by hand",
        )
    return _Place(saved, disk.path, disk.format, thick)


def _refuse_users(host: LibvirtHost, vm: str, places: Sequence[_Place], files: Files) -> None:
    """Raise `BackendRefused` where the file of a VM that is gone is somebody else's by now."""
    if host.domain(vm) is None:
        looking = Looking(host)
        for place in places:
            if is_remote(place.path):
                users = (remote_files.user_of(other, place.path) for other in files.hosts())
                user = next(filter(None, users), "")
            else:
                user = looking.user_of(place.path) if stat(host, place.path) else ""
            if user:
                raise BackendRefused(f"{host.name}: {place.path} is vm {user}'s by now: nothing was restored")


def _make(host: LibvirtHost, vm: str, image: str, place: _Place, files: Files, tell: Tell) -> None:
    if stat(host, place.new):
        raise BackendRefused(
            f"{host.name}: there is {place.new} already",
            help="if a run was cut off there, `vnetsh recover` removes it; else move it away",
        )
    served = is_remote(place.new)
    if served:
        new_remote(host, place.new, files)
    known = served

    def say() -> None:
        nonlocal known
        if not known and stat(host, place.new):  # it may take long, and be cut off
            known = True
            files.note_made(host, place.new)
        tell(JobState(f"{vm}: its disk {place.saved.name} is restored"))

    options = ("-o", "compat=1.1") if place.format == "qcow2" else ()
    new, written = remote_files.as_qemu(host, place.new), remote_files.WRITTEN if served else ()
    command = ["qemu-img", "convert", *written, "-f", "qcow2", "-O", place.format, *options, image, new]
    if served:
        at_host.run(host, command, say)
    else:
        files.make(host, place.new, lambda: at_host.run(host, command, say))
    at_host.run(host, ["qemu-img", "compare", "-q", "-f", "qcow2", "-F", place.format, image, new], say)
    if served:
        if not files.of_own(host, place.new):
            raise BackendRefused(f"{host.name}: somebody has put another file in the place of {place.new}")
        return
    if place.thick:
        take_room(host, place.new, place.format, place.saved.size)
    if stat(host, place.path):
        for program in ("chown", "chmod"):
            copying.must(host, [program, f"--reference={place.path}", "--", place.new])
    else:
        copying.must(host, ["chmod", "600", "--", place.new])
    at_host.run(host, ["sync", "--", place.new], say)


def _further(host: LibvirtHost, folder: str, about: About, files: Files) -> None:
    """The other files of a VM that is gone, where they are gone, too."""
    for one in about.files:
        if not stat(host, one.path):
            command = ["cp", "-n", "--preserve=mode,ownership", "--", f"{folder}/{one.file}", one.path]
            files.make(host, one.path, partial(copying.must, host, command))
