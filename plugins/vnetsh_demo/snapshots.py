"""What speaks against a snapshot on a demo host, and what it costs: as libvirt. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Resource, is_off
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.model.snapshots import snapshots_of


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of taking or removing one."""
    snapshot = change.resource
    if change.action is ActionKind.REMOVE:
        stays = "its vm stays as it is"
        if change.undo:
            return Assessment(how=f"removed; {stays}")
        return Assessment(Impact.DESTROY, (), f"what vm {snapshot.text('vm')} was then is lost; {stays}")
    if change.undo:
        message = f"snapshot `{snapshot.name}` was removed from {snapshot.place}: nobody can bring it back"
        help = "take back another run, as `vnetsh history` numbers them"
        return Assessment(problem=Diagnostic("E488", message, None, help=help))
    vm = fleet.get("vm", snapshot.place, snapshot.text("vm"))
    if vm is None or is_off(vm):
        return Assessment(how="of its disks, as it is off")
    how = "of its disks and its memory; it pauses until that is written"
    return Assessment(Impact.BRIEF, (vm.name,), how)


def lost(vm: Resource, fleet: Fleet) -> Diagnostic | None:
    """The snapshots that would be lost with a vm."""
    names = snapshots_of(vm, fleet)
    if not names:
        return None
    message = f"vm `{vm.name}` has {len(names)} snapshot{'s' * (len(names) > 1)}, which would be lost"
    help = "`show snapshots` lists them, `delete snapshot VM/NAME` removes one"
    return Diagnostic("E453", message, vm.at("name"), help=help)


def staying(vm: Resource, fleet: Fleet) -> Diagnostic | None:
    """The snapshots that keep a vm where it is."""
    names = snapshots_of(vm, fleet)
    if not names:
        return None
    message = f"libvirt moves no vm with snapshots; `{vm.name}` has {len(names)}: {', '.join(names)}"
    help = f"remove them if they are needed no more: `delete snapshot {vm.name}/{names[0]}`"
    return Diagnostic("E455", message, vm.at("name"), help=help)
