"""Seeds of vms on demo hosts: what they cost. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import ActionKind, Change, Fleet, is_off


def assess(change: Change, fleet: Fleet) -> Assessment:
    """What it costs to give a vm a seed, another one or none."""
    seed = change.resource
    assert seed.parent
    if change.renames:
        return Assessment()  # its vm is renamed
    vm = fleet.get("vm", seed.place, seed.parent[1])
    if vm is None or change.because == f"part of vm {seed.parent[1]}":
        return Assessment()
    if change.action is ActionKind.REMOVE:
        return Assessment(how="its medium is taken out, and its file removed")
    if is_off(vm):
        return Assessment(how="its guest takes it for a new instance" if change.before else "")
    return Assessment(how="restart: its guest reads it when it is started next")


def foresee(change: Change, after: Fleet) -> Assessment:
    """Whether there is a NIC for the addresses that are said."""
    seed = change.after
    if seed is None or seed.parent is None or change.undo:
        return Assessment()
    wants = next((word for word in ("addresses", "gateway", "nameservers") if seed.get(word)), "")
    vm = after.get("vm", seed.place, seed.parent[1])
    if not wants or vm is None or after.nics(vm):
        return Assessment()
    message = f"vm `{vm.name}` has no NIC that could have the {wants} of its seed"
    help = f"give it one: `vm {vm.name} port BRIDGE`; or leave `{wants}` out"
    return Assessment(problem=Diagnostic("E473", message, seed.at(wants), "", help))
