"""Why a VM cannot have a machine, a CPU or an order of booting. Pure."""

from __future__ import annotations

from collections.abc import Collection

from vnetsh.backend import Assessment
from vnetsh.diagnostics import did_you_mean
from vnetsh.model import Change, Fleet, Resource
from vnetsh_libvirt.built_in import FIRMWARE, SECURE, TPM
from vnetsh_libvirt.definition import recorded
from vnetsh_libvirt.facts import LibvirtFacts, facts
from vnetsh_libvirt.hardware import (
    BOOT,
    CPU,
    MACHINE,
    MODES,
    TOPOLOGY,
    boots_one_by_one,
    same_family,
    vcpus_of,
)
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
    if problem := _unbuilt(change, there) or _unfitting(change):
        return problem
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


def _unbuilt(change: Change, there: LibvirtFacts) -> Assessment | None:
    """A firmware or a TPM that the host has nothing for."""
    vm = change.resource
    if change.before is not None:
        return None
    needs = (
        (FIRMWARE, there.firmwares, "efi", "`apt-get install ovmf` there"),
        (TPM, there.tpms, "emulator", "`apt-get install swtpm swtpm-tools` there"),
    )
    for name, known, kind, help in needs:
        if vm.get(name) and known is not None and kind not in known:
            message = f"host `{vm.place}` has no {name} `{vm.get(name)}` for its vms"
            return refused("E466", vm, message, help, word=name)
    machine = vm.text(MACHINE)
    if vm.get(FIRMWARE) == SECURE and machine and not same_family(machine, "q35"):
        return refused(
            "E466",
            vm,
            f"vm `{vm.name}` cannot boot securely: machine {machine} has no memory that only its firmware reaches",
            "`machine q35`, or leave it out",
            word=FIRMWARE,
        )
    return None


def _unfitting(change: Change) -> Assessment | None:
    """A topology that makes another number of vcpus."""
    vm = change.resource
    said = vm.get(TOPOLOGY)
    most = vm.get("vcpus-max") or vm.get("vcpus")
    if TOPOLOGY not in change.differing() or said is None or most is None or vcpus_of(said) == most:
        return None
    return refused(
        "E452",
        vm,
        f"vm `{vm.name}` cannot have topology {said}: that makes {vcpus_of(said)} vcpus, and it has {most}",
        f"`vcpus {vcpus_of(said)}`, or `vcpus-max`, with it",
        word=TOPOLOGY,
    )


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
