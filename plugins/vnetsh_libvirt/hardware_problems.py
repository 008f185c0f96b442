"""Why a VM cannot have a machine, a CPU or an order of booting. Pure."""

from __future__ import annotations

from collections.abc import Collection

from vnetsh.backend import Assessment
from vnetsh.diagnostics import did_you_mean
from vnetsh.model import Change, Fleet, Resource
from vnetsh_libvirt.definition import recorded
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.hardware import BOOT, CPU, MACHINE, MODES, boots_one_by_one, same_family
from vnetsh_libvirt.refusals import refused

_MOST = 8


def problem(change: Change, fleet: Fleet) -> Assessment | None:
    """What speaks against what a change says of these; what is taken back was so."""
    vm, differing = change.resource, change.differing()
    defined = recorded(change.before) if change.before else None
    if change.undo:
        return None
    there = facts(fleet, vm.place)
    for name, known in ((MACHINE, there.machines), (CPU, there.cpus)):
        if name in differing and vm.get(name) and known and vm.get(name) not in known:
            return _unknown(vm, name, known)
    old, new = differing.get(MACHINE, (None, None))
    if old and new and not same_family(str(old), str(new)):
        return refused(
            "E465",
            vm,
            f"vm `{vm.name}` has the machine {old}: its devices are where that has them, and {new} has other places",
            f"make a vm anew with its disk: `vm NAME on {vm.place} machine {new} disk … import`",
            word=MACHINE,
        )
    if BOOT in differing and defined and boots_one_by_one(defined):
        return refused(
            "E452",
            vm,
            f"vm `{vm.name}` cannot be given an order to boot: each of its devices has a place of its own in it",
            f"`virsh edit {vm.name}`: take `<boot order=…>` out of its devices first",
            word=BOOT,
        )
    return None


def _unknown(vm: Resource, name: str, known: Collection[str]) -> Assessment:
    first = sorted(known, key=lambda one: (one not in MODES, one))[:_MOST]
    listing = f"there is {', '.join(f'`{one}`' for one in first)} …"
    return refused(
        "E466",
        vm,
        f"host `{vm.place}` has no {name} `{vm.get(name)}` for its vms",
        did_you_mean(vm.text(name), sorted(known), listing),
        word=name,
    )
