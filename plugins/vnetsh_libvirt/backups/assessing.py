"""What it costs to make a backup or to remove one, and what speaks against it. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.model import Fleet, Resource, is_off
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.model.disks import place_of
from vnetsh.model.power import SAVED, STATE
from vnetsh.model.snapshots import snapshots_of
from vnetsh.schema import Size
from vnetsh_libvirt.backups import wanted
from vnetsh_libvirt.chains import layers
from vnetsh_libvirt.definition import Definition, as_it_runs
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.refusals import refused, transient

_CANNOT = "E547"
_GONE = "E548"


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of making or removing a backup, or the problem that forbids it."""
    backup = change.resource
    if change.action is ActionKind.REMOVE:
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
    return _problem(backup, vm, defined, fleet) or _cost(vm, defined, fleet)


def _cost(vm: Resource, defined: Definition, fleet: Fleet) -> Assessment:
    said = [f"full: {', '.join(disk.name for disk in wanted.disks(defined))}"]
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


def _problem(backup: Resource, vm: Resource, defined: Definition, fleet: Fleet) -> Assessment | None:
    pool = fleet.get("pool", backup.place, backup.text("pool"))
    where = f"no backup can be made in pool `{backup.text('pool')}`"
    if pool and pool.get("source"):
        help = "a pool of type `dir`, a folder of the host, takes some"
        return refused(_CANNOT, backup, f"{where}: it is on a server", help, word="to")
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
    for why, help in wanted.problems(defined):
        return refused(_CANNOT, backup, f"{what}: {why}", help)
    there = facts(fleet, backup.place)
    folder = there.folders.get(place_of(pool)) if pool else None
    needed = sum(
        file.occupied
        for disk in wanted.disks(defined)
        for layer in layers(disk.path, disk.format, there.file)
        if (file := there.file(layer.path))
    )
    if folder and folder.free < needed:
        message = (
            f"{where}: {Size().show(folder.free)} are free there, and {Size().show(needed)} may be needed"
        )
        return refused(_CANNOT, backup, message, f"free some in {place_of(pool) if pool else ''}", word="to")
    return None
