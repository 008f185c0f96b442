"""Have the disks of a VM as they were in its backup. Each is made beside the one that is there and verified first.

Then they change places, each at one blow: at every moment a whole disk has the name. The old one stays beside it, by
which that can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from vnetsh.backend import JobState
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Thing
from vnetsh.model.backups import POOL, RESTORE, TAKEN
from vnetsh.model.change import Change, Impact
from vnetsh.model.power import OFF
from vnetsh_libvirt.backups import at_host, building, copying
from vnetsh_libvirt.backups.layout import DOMAIN, About, SavedDisk
from vnetsh_libvirt.backups.taking import folder_in
from vnetsh_libvirt.cleanup import with_cleanup
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disk_fields import THICK
from vnetsh_libvirt.files import Files, stat
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.looking import Looking
from vnetsh_libvirt.snapshots.snapshot import when
from vnetsh_libvirt.thick_room import take_room

NEW, OLD = ".restoring", ".before-restore"
"""End the names of a disk that is not in its place yet, and of the one that was in it before."""

SWAPPED = "swapped"
"""In what a change made: the place where a disk was put; `id` is the new one, `old` the one that was there, and that is
kept `beside` it."""


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
    _refuse_users(host, vm, places)
    for place in places:
        _make(host, vm, f"{folder}/{place.saved.file}", place, files, tell)
    if change.before is None:
        _further(host, folder, about, files)
    reached("restored disks are made")
    for place in places:
        if beside := _swap(host, vm, place, files):
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
        found += _swap_back(host, change, thing)
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
    if defined is None:
        return _Place(saved, saved.path, saved.format, thick)
    disk = defined.drive(saved.name)
    if disk is None or disk.remote or disk.readonly:
        raise BackendRefused(
            f"{host.name}: {vm} has no disk {saved.name} now, which its backup has",
            help=f"`qemu-img convert` of {saved.file} in the backup's folder makes one by hand",
        )
    return _Place(saved, disk.path, disk.format, thick)


def _refuse_users(host: LibvirtHost, vm: str, places: Sequence[_Place]) -> None:
    """Raise `BackendRefused` where the file of a VM that is gone is somebody else's by now."""
    if host.domain(vm) is None:
        looking = Looking(host)
        for place in places:
            if stat(host, place.path) and (user := looking.user_of(place.path)):
                raise BackendRefused(f"{host.name}: {place.path} is vm {user}'s by now: nothing was restored")


def _make(host: LibvirtHost, vm: str, image: str, place: _Place, files: Files, tell: Tell) -> None:
    if stat(host, place.new):
        raise BackendRefused(
            f"{host.name}: there is {place.new} already",
            help="if a run was cut off there, `vnetsh recover` removes it; else move it away",
        )
    known = False

    def say() -> None:
        nonlocal known
        if not known and stat(host, place.new):  # it may take long, and be cut off
            known = True
            files.note_made(host, place.new)
        tell(JobState(f"{vm}: its disk {place.saved.name} is restored"))

    options = ("-o", "compat=1.1") if place.format == "qcow2" else ()
    command = ["qemu-img", "convert", "-f", "qcow2", "-O", place.format, *options, image, place.new]
    files.make(host, place.new, lambda: at_host.run(host, command, say))
    formats = ["-f", "qcow2", "-F", place.format]
    at_host.run(host, ["qemu-img", "compare", "-q", *formats, image, place.new], say)
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


def _swap(host: LibvirtHost, vm: str, place: _Place, files: Files) -> str:
    """Give a new disk its place; where the old one is kept. Both are written down before."""
    _refuse_running(host, vm)
    new, old = stat(host, place.new), stat(host, place.path)
    assert new
    beside = next(path for n in count(1) if not stat(host, path := f"{place.path}{OLD}-{n}")) if old else ""
    was = {"old": old.identity if old else "", "beside": beside}
    files.note(host, "", **{SWAPPED: place.path, "id": new.identity, "state": new.state}, **was)
    if old:
        copying.must(host, ["ln", "--", place.path, beside])
    else:
        files.note(host, f"{place.path} on {host.name}", file=place.path, id=new.identity)
    reached("the old disk has another name, too")
    copying.must(host, ["mv", "-T", "--", place.new, place.path])
    copying.must(host, ["sync", "--", place.path.rpartition("/")[0]])
    return beside


def _swap_back(host: LibvirtHost, change: Change, swap: Thing) -> list[str]:
    """Of a disk whose change of places was written down: the old one in its place, whatever of it was done."""
    path, beside, was = swap[SWAPPED], swap["beside"], swap["old"]
    if not was:
        return []  # there was none: what was made goes
    there, kept = stat(host, path), stat(host, beside)
    if there and there.identity == was:
        if kept and kept.identity == was:
            copying.must(host, ["rm", "-f", "--", beside])  # another name of the disk that is in its place
        return []
    if there is None or there.identity != swap["id"] or kept is None or kept.identity != was:
        return [
            f"{path} on {host.name} is not the disk that was restored there, or the old one is gone: left alone"
        ]
    if (
        change.undo and change.impact is Impact.NONE and there.state != swap["state"]
    ):  # no plan said that it is lost
        return [
            f"somebody has written to {path} on {host.name} since it was restored: left alone, as is {beside}"
        ]
    _refuse_running(host, change.resource.name)
    copying.must(host, ["mv", "-T", "--", beside, path], timeout=copying.REMOVING)
    copying.must(host, ["sync", "--", path.rpartition("/")[0]])
    reached("an old disk is back")
    return []


def _refuse_running(host: LibvirtHost, vm: str) -> None:
    domain = host.domain(vm)
    if domain is not None and host.state(domain) not in OFF:
        raise BackendRefused(
            f"{host.name}: {vm} runs: its disks do not change under it", help=f"stop it first: `stop {vm}`"
        )
