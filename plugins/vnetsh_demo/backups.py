"""What speaks against a backup on a demo host, and what it costs to make or restore one: as libvirt. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, is_off
from vnetsh.model.backups import RESTORE
from vnetsh.model.change import ActionKind, Change, Impact


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of making or removing one."""
    backup = change.resource
    if change.action is ActionKind.REMOVE:
        stays = "its vm stays as it is"
        if change.undo:
            return Assessment(how=f"removed; {stays}")
        return Assessment(Impact.DESTROY, (), f"its files are removed; {stays}")
    if change.undo:
        message = f"backup `{backup.name}` was removed from {backup.place}: nobody can bring it back"
        help = "take back another run, as `vnetsh history` numbers them"
        return Assessment(problem=Diagnostic("E548", message, None, help=help))
    vm = fleet.get("vm", backup.place, backup.text("vm"))
    if vm is None or is_off(vm):
        return Assessment(how="full; it is off, and not to be started meanwhile")
    how = "full; its guest's file systems rest for the moment in which it is begun"
    return Assessment(Impact.LIVE, (vm.name,), how)


def of_restore(change: Change) -> Assessment:
    """The cost of restoring one."""
    vm = change.resource
    if change.undo:
        return Assessment(
            Impact.DESTROY, (vm.name,), "what its disks have now is lost; those of before come back"
        )
    of = str(change.wishes[RESTORE]).rpartition("/")[0]
    if vm.name != of:
        return Assessment(how=f"as {of} was in the backup, off")
    if change.before is None:
        return Assessment(how="made again as in the backup, off")
    return Assessment(how="its disks as in the backup; what is there now is kept beside it")
