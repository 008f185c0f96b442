"""What speaks against a backup on a demo host, and what it costs to make or restore one: as libvirt. Pure."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Resource, is_off
from vnetsh.model.backups import CHANGED, RESTORE, SINCE, TRACKING, backups_of, name_of
from vnetsh.model.change import ActionKind, Change, Impact


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of making or removing one."""
    backup = change.resource
    if change.action is ActionKind.REMOVE:
        if built := [one for one in backups_of(backup.text("vm"), fleet) if _base(one) == backup.name]:
            message = f"backup `{backup.name}` cannot go: `{built[0].name}` has only what changed since"
            help = f"`delete backup {built[0].name}` first, if that may go, too"
            return Assessment(problem=Diagnostic("E599", message, None, help=help))
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
    how = f"{_how(change)}; its guest's file systems rest for the moment in which it is begun"
    return Assessment(Impact.LIVE, (vm.name,), how)


def _how(change: Change) -> str:
    since = change.wishes.get(SINCE)
    return f"incremental since {since}" if since else "full"


def _base(backup: Resource) -> str:
    """The name of the one that a backup builds on."""
    own = backup.text("how").removeprefix("incremental since ")
    return name_of(backup.text("vm"), own) if own != backup.text("how") else ""


def made(change: Change) -> Resource:
    """A backup as a host has it, of which is known from then on what has changed, where that is asked for."""
    known = {CHANGED: 0} if change.wishes.get(TRACKING) else {}
    backup = change.resource.with_attributes(how=_how(change))
    return replace(backup, record={**(backup.record or {}), **known})


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
