"""What a seed costs, and what speaks against it. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.model import ActionKind, Change, Fleet, Resource
from vnetsh_libvirt.refusals import refused, transient
from vnetsh_libvirt.states import is_off, saved

NEXT_BOOT = "its guest reads it when it is started next"


def assess_seed(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change of a seed, or the problem that forbids it."""
    seed = change.resource
    assert seed.parent
    if change.renames:
        return Assessment()  # its vm is renamed
    vm = fleet.get("vm", seed.place, seed.parent[1])
    if change.action is not ActionKind.REMOVE and not change.undo:
        problem = _problem(seed, vm)
        if problem:
            return problem
    if vm is None or change.because == f"part of vm {seed.parent[1]}":
        return Assessment()
    if change.action is ActionKind.REMOVE:
        return Assessment(how="its medium is taken out, and its file removed")
    if is_off(vm):
        return Assessment(how="its guest takes it for a new instance" if change.before else "")
    return Assessment(how=f"restart: {NEXT_BOOT}")


def _problem(seed: Resource, vm: Resource | None) -> Assessment | None:
    if vm and transient(vm):
        why, help = "has no persistent definition, and gets no drive for it", "define it first"
        return refused("E447", seed, f"vm `{vm.name}` {why}", help)
    if vm and saved(vm):
        return refused(
            "E473",
            seed,
            f"vm `{vm.name}` has a saved state, which knows its media as they are",
            f"start it first: `start {vm.name}`",
        )
    return None


def foresee(change: Change, after: Fleet) -> Assessment:
    """Whether there is a NIC for the addresses that are said."""
    seed = change.after
    assert seed
    assert seed.parent
    wants = next((word for word in ("addresses", "gateway", "nameservers") if seed.get(word)), "")
    vm = after.get("vm", seed.place, seed.parent[1])
    if not wants or vm is None or after.nics(vm) or change.undo:
        return Assessment()
    return refused(
        "E473",
        seed,
        f"vm `{vm.name}` has no NIC that could have the {wants} of its seed",
        f"give it one: `vm {vm.name} port BRIDGE`; or leave `{wants}` out",
        word=wants,
    )
