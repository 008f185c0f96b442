"""What it costs to give a VM a disk, to make one larger or to take one away, and what speaks against it. Pure."""

from __future__ import annotations

from vnetsh.backend import FREE, Assessment
from vnetsh.model import ActionKind, Change, Fleet, Impact, Resource
from vnetsh.model.backups import RESTORE
from vnetsh.model.disks import ERASE, moves
from vnetsh.model.snapshots import snapshot_in, snapshots_of
from vnetsh.schema import Size
from vnetsh_libvirt.definition import as_it_runs, definition_in, live_only
from vnetsh_libvirt.disk_fields import (
    COPY,
    FILE,
    FROM,
    SIZE,
    SIZED,
    THICK,
    bus_of,
    form_of,
    name_of,
    owner_of,
)
from vnetsh_libvirt.disk_move_assessing import assess_move
from vnetsh_libvirt.disk_problems import problem
from vnetsh_libvirt.drives import PLUGGABLE, takes
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.imaging import disk_path
from vnetsh_libvirt.overcommit import no_room, overcommitted
from vnetsh_libvirt.refusals import refused, transient
from vnetsh_libvirt.remote import is_block
from vnetsh_libvirt.snapshots.snapshot import snapshot_of
from vnetsh_libvirt.states import is_off, saved
from vnetsh_libvirt.two_writers import of_another
from vnetsh_libvirt.users import builder, reader, writer
from vnetsh_libvirt.vm_fields import ANEW_ONLY

NEXT_START = "takes effect at the next start"


def assess_disk(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change of a disk, or the problem that forbids it."""
    match change.action:
        case ActionKind.ADD if RESTORE in change.wishes:
            return FREE  # its vm is made again, and tells of it
        case ActionKind.ADD:
            erased = bool(change.wishes.get(ERASE))
            return problem(change.resource, fleet, erased=erased) or _new(change, fleet)
        case ActionKind.REMOVE:
            return _removal(change, fleet)
        case _ if moves(change):
            return assess_move(change, fleet)
        case _:
            return _grown(change, fleet)


def foresee(change: Change, after: Fleet) -> Assessment:
    """Whether another VM, also one made together with it, uses a new disk's files; what thin disks are promised."""
    found = of_another(change, after)
    if found.problem:
        return found
    return no_room(change, after) or Assessment(how=overcommitted(change, after))


# New ones


def _new(change: Change, fleet: Fleet) -> Assessment:
    disk = change.resource
    made = _made_of(disk)
    vm = fleet.get("vm", disk.place, owner_of(disk))
    if vm is None:  # it comes with the vm itself
        return Assessment(how=made)
    when = _when(vm, bus_of(disk), plugged=True)
    running = when.startswith("plugged")
    words = "; ".join(filter(None, (made, when)))
    return Assessment(Impact.LIVE, (vm.name,), words) if running else Assessment(how=words)


def _made_of(disk: Resource) -> str:
    """Of what a disk is made, in words."""
    if disk.record:
        return "its file is there still"
    room = ", with all its room" if disk.get(THICK) else ""
    if image := disk.get(FROM):
        return f"{'copy' if disk.get(COPY) else 'overlay' if room else 'thin overlay'} of {image}{room}"
    return f"{disk.get(FILE)} itself is the disk" if disk.get(FILE) else f"new and empty{room}"


def _when(vm: Resource, bus: str, *, plugged: bool) -> str:
    """When a disk comes or goes, in words."""
    if is_off(vm):
        return ANEW_ONLY if saved(vm) else ""
    running = as_it_runs(vm) if plugged else None
    if not takes(bus, running.root if running else None):
        return NEXT_START
    lasting = "" if transient(vm) else ", and in its definition"
    return f"{'plugged in' if plugged else 'unplugged'} while it runs{lasting}"


# Others


def _removal(change: Change, fleet: Fleet) -> Assessment:
    disk, vm = change.resource, fleet.get("vm", change.place, owner_of(change.resource))
    path = disk_path(fleet, disk)
    whole = change.because == f"part of vm {owner_of(disk)}"
    if change.wishes.get(ERASE) and not change.undo:
        return _erased(change, vm, fleet, whole=whole)
    kept = f"its file {path} is kept"
    if change.undo and not disk.record:
        kept = "its file is kept" if disk.get(FILE) else "its new file is removed"
    elif (
        change.undo and disk.marked and not disk.get(FILE)
    ):  # it was made with its vm, or brought back with it
        kept = f"its file {path} goes if the run made it"
    impact = Impact.DESTROY if change.undo and not disk.record and not disk.get(FILE) else Impact.NONE
    if disk.inherent and not change.undo:
        return refused(
            "E470",
            disk,
            f"disk `{name_of(disk)}` is the one of `disk …` in the sentence of vm `{owner_of(disk)}`: it stays with it",
            "delete the vm, or take the disk out of its definition by hand: `virsh detach-disk`",
        )
    if vm is None or whole:
        return Assessment(impact, how=kept)
    if live_only(disk):
        return Assessment(max(impact, Impact.LIVE), (vm.name,), f"unplugged while it runs; {kept}")
    when = _when(vm, bus_of(disk), plugged=False)
    words = "; ".join(filter(None, (when, kept)))
    running = when.startswith("unplugged")
    return Assessment(
        max(impact, Impact.LIVE if running else Impact.NONE), (vm.name,) if running or impact else (), words
    )


def _runs_with(vm: Resource, name: str) -> bool:
    """Whether a VM has a disk as it runs."""
    live = vm.record and vm.record.get("live")
    return bool(live) and definition_in(vm.record or {}, "live").drive(name) is not None


def _erased(change: Change, vm: Resource | None, fleet: Fleet, *, whole: bool) -> Assessment:
    """A disk whose file goes, too: nobody else may need that."""
    disk, owner, path = change.resource, owner_of(change.resource), disk_path(fleet, change.resource)
    name, asked = name_of(disk), (fleet, disk.place, path)
    why = help = ""
    if not whole and disk.inherent:
        why = f"it is the one of `disk …` in the sentence of vm `{owner}`"
        help = f"delete the vm with it: `delete vm {owner} disks {name}`"
    elif is_block(path):
        why, help = f"{path} is its server's", f"leave `{ERASE}` out: what is on it stays then"
    elif other := (writer(*asked, owner) or builder(*asked, owner) or reader(*asked)):
        why, help = f"vm `{other}` needs {path}", f"leave `{ERASE}` out: its file stays then"
    elif not whole and (other := _builds_itself(disk, path, fleet)):
        why, help = f"another disk of vm `{other}` builds on {path}", "take that away first"
    elif not whole and vm and bus_of(disk) not in PLUGGABLE and _runs_with(vm, name):
        why = f"vm `{owner}` runs with it, and a {bus_of(disk)} disk stays in until it stops"
        help = f"`stop {owner}` first"
    if why:
        return refused("E470", disk, f"disk `{name}` of vm `{owner}` cannot be erased: {why}", help)
    when = "" if whole or vm is None else _when(vm, bus_of(disk), plugged=False)
    return Assessment(
        Impact.DESTROY, (owner,), "; ".join(filter(None, (when, f"its file {path} is removed")))
    )


def _grown(change: Change, fleet: Fleet) -> Assessment:
    disk, vm = change.resource, fleet.get("vm", change.place, owner_of(change.resource))
    if SIZE not in change.differing():
        return FREE
    if change.undo:
        have = change.before.get(SIZE) if change.before else None
        return Assessment(how=f"stays at {Size().show(have)}: what is on it may need that")
    problem = _cannot_grow(change, vm, fleet)
    if problem:
        return problem
    if vm is None or is_off(vm):
        return Assessment(how="its file is made larger")
    if (vm.record or {}).get("live") and not _runs_with(vm, name_of(disk)):
        return Assessment(how="its file is made larger")
    return Assessment(
        Impact.LIVE, (vm.name,), "grows while it runs; its guest makes its file system larger itself"
    )


def _cannot_grow(change: Change, vm: Resource | None, fleet: Fleet) -> Assessment | None:
    disk = change.resource
    name, owner, path = name_of(disk), owner_of(disk), disk_path(fleet, disk)
    why = help = ""
    if below := builder(fleet, disk.place, path, owner) or _builds_itself(disk, path, fleet):
        why, help = (
            f"vm `{below}` builds on {path}",
            "a template stays as it is: grow the disks that build on it",
        )
    elif other := writer(fleet, disk.place, path, owner):
        why, help = f"it is a disk of vm `{other}`, too", "take it away from one of them first"
    elif change.before and change.before.record and change.before.get(SIZE) is None:
        why, help = f"nobody tells how large {path} is", "look at it there: is the file where its vm has it?"
    elif found := _served_smaller(disk, vm, path, fleet):
        why, help = found
    elif form_of(disk) not in SIZED:
        why, help = f"its format is {form_of(disk)}", "copy it to qcow2 first: `qemu-img convert -O qcow2`"
    elif vm and saved(vm):
        why, help = (
            f"vm `{owner}` has a saved state, which knows it as it is",
            f"start it first: `start {owner}`",
        )
    elif vm and (names := [name for name in snapshots_of(vm, fleet) if _within(vm, name, fleet)]):
        why = f"snapshot `{names[0]}` of vm `{owner}` knows it as it is"
        help = f"delete that first, if it may go: `delete snapshot {owner}/{names[0]}`"
    return (
        refused("E469", disk, f"disk `{name}` of vm `{owner}` cannot grow: {why}", help, word=SIZE)
        if why
        else None
    )


def _served_smaller(disk: Resource, vm: Resource | None, path: str, fleet: Fleet) -> tuple[str, str] | None:
    """Why a LUN or an export cannot be so large for its VM, and what can be done: only its server makes it larger."""
    if not is_block(path) or form_of(disk) != "raw":
        return None
    there, size = facts(fleet, disk.place).file(path), disk.get(SIZE)
    if there is None or not isinstance(size, int):
        return f"nobody tells how large {path} is", "does its server answer? `doctor` says more"
    if size > there.size:
        return (
            f"its server has {Size().show(there.size)} of it",
            "make it larger there first, then say its size",
        )
    if vm and not is_off(vm) and path.startswith("nbd://"):
        why = "QEMU sees how large an export has become only when it opens that anew"
        return why, f"stop its vm and start it: `stop {vm.name}`, `start {vm.name}`"
    return None


def _within(vm: Resource, name: str, fleet: Fleet) -> bool:
    """Whether a VM's snapshot is on its own disks."""
    resource = snapshot_in(fleet, vm, name)
    found = snapshot_of(resource) if resource else None
    return found is None or not found.external


def _builds_itself(disk: Resource, path: str, fleet: Fleet) -> str:
    """Its VM, where another disk of that builds on its file."""
    from vnetsh_libvirt.chains import needed

    there = facts(fleet, disk.place)
    others = [
        one for one in fleet.disks(Resource("vm", owner_of(disk), disk.place, {})) if one.name != disk.name
    ]
    below = (file for one in others for file in needed(disk_path(fleet, one), form_of(one), there.file))
    return owner_of(disk) if any(there.same(path, file) for file in below) else ""
