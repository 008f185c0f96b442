"""What it costs to make a backup or to remove one, and what speaks against it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.backend import Assessment
from vnetsh.model import Fleet, Resource, is_off
from vnetsh.model.backups import BACKUP, SINCE, TRACKING, backups_of, changed_since, name_of
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.model.disks import place_of
from vnetsh.model.power import MANAGED, SAVED, STATE
from vnetsh.model.snapshots import snapshots_of
from vnetsh.schema import Size
from vnetsh_libvirt.backups import wanted
from vnetsh_libvirt.backups.found import about_of
from vnetsh_libvirt.chains import FileAt, layers
from vnetsh_libvirt.definition import Definition, as_it_runs
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.refusals import refused, transient
from vnetsh_libvirt.remote import is_block, is_open

_CANNOT = "E547"
_GONE = "E548"
_BUILT_ON = "E599"


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of making or removing a backup, or the problem that forbids it."""
    backup = change.resource
    if change.action is ActionKind.REMOVE:
        if problem := _built_on(backup, fleet):
            return problem
        if change.undo:
            return Assessment(how="removed; its vm stays as it is")
        return Assessment(Impact.DESTROY, (), "its files are removed; its vm stays as it is")
    if change.undo:
        return refused(
            _GONE,
            backup,
            f"backup `{backup.name}` was removed from {backup.place}: nobody can bring it back",
            "take back another run, as `vnetsh history` numbers them",
        )
    vm = fleet.get("vm", backup.place, backup.text("vm"))
    defined = as_it_runs(vm) if vm else None
    if vm is None or defined is None:
        return Assessment(how="full")
    return _problem(change, vm, defined, fleet) or _cost(change, vm, defined, fleet)


def _built_on(backup: Resource, fleet: Fleet) -> Assessment | None:
    """Why a backup has to stay: others have only what changed since."""
    about = about_of(backup)
    builders = [
        one.name
        for one in backups_of(backup.text("vm"), fleet)
        if about and (found := about_of(one)) and found.base == about.id
    ]
    if not builders:
        return None
    message = f"backup `{backup.name}` cannot go: `{builders[0]}` has only what changed since"
    return refused(_BUILT_ON, backup, message, f"`delete backup {builders[0]}` first, if that may go, too")


def _what(change: Change, vm: Resource, defined: Definition, fleet: Fleet) -> Iterator[str]:
    """How much is copied, and why all is, in words."""
    disks, since = ", ".join(disk.name for disk in wanted.disks(defined)), change.wishes.get(SINCE)
    if since:
        yield f"incremental since {since}: {disks}, about {Size().show(_changed(change, fleet))}"
        return
    yield f"full: {disks}"
    if TRACKING not in change.wishes:
        return
    if why := _untracked(vm, defined, facts(fleet, vm.place).file):
        yield f"not incremental: {why}"
    else:
        yield f"pool {change.resource.text('pool')} has none yet that it could build on; the next can build on this one"


def _changed(change: Change, fleet: Fleet) -> int:
    """How many bytes have changed since the backup that this one builds on."""
    backup = change.resource
    base = fleet.get(BACKUP, backup.place, name_of(backup.text("vm"), str(change.wishes[SINCE])))
    return (changed_since(base) if base else None) or 0


def _untracked(vm: Resource, defined: Definition, file_at: FileAt) -> str:
    """Why nobody knows what changes on a VM's disks, in words; empty where QEMU does."""
    if is_off(vm):
        return "QEMU notes what changes only of a vm that runs"
    if vm.get(MANAGED):
        return "a cluster moves it, and what has changed would not be known there"
    for disk in wanted.disks(defined):
        if not is_open(disk.path):
            return f"its disk {disk.name} is {disk.path}, which QEMU's tools do not open by themselves"
        file = file_at(disk.path)
        old = file is not None and file.head is not None and file.head.old
        if disk.format != "qcow2" or old:
            what = "an image of qcow2's old version" if old else disk.format
            return f"its disk {disk.name} is {what}, in which no list of what changes can be kept"
    return ""


def _cost(change: Change, vm: Resource, defined: Definition, fleet: Fleet) -> Assessment:
    said = [*_what(change, vm, defined, fleet)]
    if is_off(vm):
        said.append("it is off, and not to be started meanwhile")
    elif wanted.answers(defined):
        said.append("its guest's file systems rest for the moment in which it is begun")
    else:
        said.append("crash-consistent, as after a power cut: no agent of its guest answers")
    more = [*wanted.left_out(defined), *(["its snapshots"] if snapshots_of(vm, fleet) else [])]
    said += [f"no part of it: {', '.join(more)}"] if more else []
    how = "; ".join(said)
    return Assessment(how=how) if is_off(vm) else Assessment(Impact.LIVE, (vm.name,), how)


def _problem(change: Change, vm: Resource, defined: Definition, fleet: Fleet) -> Assessment | None:
    backup = change.resource
    pool = fleet.get("pool", backup.place, backup.text("pool"))
    where = f"no backup can be made in pool `{backup.text('pool')}`"
    if pool and pool.get("source"):
        help = "a pool of type `dir`, a folder of the host, takes some"
        return refused(_CANNOT, backup, f"{where}: it is no folder of the host", help, word="to")
    if pool and pool.get("state") == "stopped":
        return refused(
            _CANNOT, backup, f"{where}: it is stopped", f"`virsh pool-start {pool.name}`", word="to"
        )
    what = f"no backup can be made of vm `{vm.name}`"
    if transient(vm):
        return refused(_CANNOT, backup, f"{what}: it has no persistent definition", "define it first")
    if vm.get(STATE) == SAVED:
        help = f"start it, which goes on from that: `start {vm.name}`"
        return refused(
            _CANNOT, backup, f"{what}: it has a saved state, without which its disks are not whole", help
        )
    for why, help in wanted.problems(defined, off=is_off(vm)):
        return refused(_CANNOT, backup, f"{what}: {why}", help)
    there = facts(fleet, backup.place)
    folder = there.folders.get(place_of(pool)) if pool else None
    whole = sum(
        file.size if is_block(layer.path) else file.occupied
        for disk in wanted.disks(defined)
        for layer in layers(disk.path, disk.format, there.file)
        if (file := there.file(layer.path))
    )
    needed = _changed(change, fleet) if change.wishes.get(SINCE) else whole
    if folder and folder.free < needed:
        message = (
            f"{where}: {Size().show(folder.free)} are free there, and {Size().show(needed)} may be needed"
        )
        return refused(_CANNOT, backup, message, f"free some in {place_of(pool) if pool else ''}", word="to")
    return None
