"""What it costs to restore a VM from a backup, and what speaks against it. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.model import Fleet, Resource, is_off
from vnetsh.model.backups import BACKUP, RESTORE, made_of, own_name
from vnetsh.model.change import Change
from vnetsh.model.snapshots import snapshots_of
from vnetsh.schema import Size
from vnetsh_libvirt import cloning
from vnetsh_libvirt.backups import wanted
from vnetsh_libvirt.backups.found import about_of
from vnetsh_libvirt.checkpoints import others
from vnetsh_libvirt.definition import recorded
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.refusals import refused, template_problem
from vnetsh_libvirt.remote import is_block

_RUNS, _CANNOT = "E587", "E588"

BACK = "what its disks have now, written since it was restored, is lost; those of before come back"
"""What taking back costs."""


def _backup(change: Change, fleet: Fleet) -> Resource | None:
    return fleet.get(BACKUP, change.resource.place, str(change.wishes[RESTORE]))


def of_restore(change: Change, fleet: Fleet) -> str:
    """What is done, in words."""
    backup = _backup(change, fleet)
    about = about_of(backup) if backup and not backup.get("note") else None
    then = f" of {backup.get('taken')}" if backup and backup.get("taken") else ""
    disks = ", ".join(one.name for one in about.disks) if about else "its disks"
    if backup and change.before is None and change.resource.name != backup.text("vm"):
        return _as_another(backup, then)
    if change.before is None:
        how = f"made again as in the backup{then}, off: {disks}"
        return f"{how}; a file that has the place of one is kept beside it"
    defined = recorded(change.before)
    names = [one.name for one in about.disks] if about else []
    drives = defined.drives if defined and about else ()
    more = [one.name for one in drives if not one.readonly and one.name not in names]
    stays = f"; {', '.join(more)}: no part of the backup, stays as it is" if more else ""
    return f"{disks} as in the backup{then}; what is there now is kept beside it{stays}"


def _as_another(backup: Resource, then: str) -> str:
    """What a new VM has not of the one that the backup is of."""
    model = recorded(next(made_of(backup)))
    more = list(cloning.missing(model)) if model else []
    return f"as {backup.text('vm')} was in the backup{then}, off" + (
        f", but for {'; '.join(more)}" if more else ""
    )


def restore_problem(change: Change, fleet: Fleet) -> Assessment | None:
    """Why a VM cannot be restored, or a restore not be taken back."""
    vm, before, backup = change.resource, change.before, _backup(change, fleet)
    if change.undo:
        if before is None or is_off(before):
            return None
        message = f"vm `{vm.name}` runs: a guest does not see its disks change under it"
        return refused(_RUNS, vm, message, f"`stop {vm.name}` first")
    if backup is None:
        return None
    what = f"vm `{vm.name}` cannot be restored from backup `{change.wishes[RESTORE]}`"
    if note := backup.get("note"):
        return refused(_CANNOT, vm, f"{what}: it {note}", "restore another one: `show backups`", word="from")
    about, defined = about_of(backup), recorded(before) if before else None
    model = recorded(next(made_of(backup))) if vm.name != backup.text("vm") else None
    if model and (found := cloning.problem(model, wanted.disks(model))):
        return refused(_CANNOT, vm, f"{what}: it has {found[0]}", found[1], word="from")
    if before is not None:
        if problem := template_problem(vm, before, fleet):
            return problem
        snapshots = snapshots_of(before, fleet)
        if snapshots or others(before):
            held = f"snapshots ({', '.join(snapshots)})" if snapshots else "checkpoints"
            return refused(_CANNOT, vm, f"{what}: its disks have {held}", "delete them first, if they may go")
    for disk in about.disks if about and not model else ():
        there = defined.drive(disk.name) if defined else None
        if is_block(there.path if there else disk.path):
            message = f"{what}: its disk `{disk.name}` is one of a server's, as a whole, beside which nothing is kept"
            help = f"as another vm: `restore {backup.text('vm')} from {own_name(backup)} as NAME`"
            return refused(_CANNOT, vm, message, help, word="from")
        if defined and (there is None or there.readonly):
            message = f"{what}: it has no disk `{disk.name}` now, or not as a file that it writes to"
            return refused(
                _CANNOT, vm, message, "delete the vm, which keeps its files, and it is made again whole"
            )
    return _no_room(change, backup, fleet)


def _no_room(change: Change, backup: Resource, fleet: Fleet) -> Assessment | None:
    about, size = about_of(backup), backup.get("size")
    there = facts(fleet, backup.place).folders
    for folder in {one.path.rpartition("/")[0] for one in about.disks} if about else ():
        found = there.get(folder)
        if found and isinstance(size, int) and found.free < size:
            message = f"{Size().show(found.free)} are free in {folder}, and {Size().show(size)} are needed"
            return refused("E444", change.resource, message, f"free some on {backup.place}", word="from")
    return None
