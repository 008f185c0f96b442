"""Whether a host has the memory and the vcpus that a VM is to have. Pure."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.backend import FREE, Assessment
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import Change
from vnetsh_libvirt.definition import recorded
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.hardware import MACHINE
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.states import STATE, is_off
from vnetsh_libvirt.vm_fields import MEMORY, MEMORY_MAX, SETTINGS, VCPUS, VCPUS_MAX

MIB = 2**20

USUAL_MACHINE = "pc"
"""What QEMU takes where nothing is said (on x86)."""


def problem(vm: Resource, fleet: Fleet) -> Assessment | None:
    """Why its host cannot have a VM of that size at all."""
    there = facts(fleet, vm.place)
    memory, vcpus = (_most(vm, *names) for names in ((MEMORY, MEMORY_MAX), (VCPUS, VCPUS_MAX)))
    below = _below(vm)
    if below:
        return below
    if there.memory is not None and memory > there.memory:
        return refused(
            "E444",
            vm,
            f"host `{vm.place}` has {there.memory // MIB} MiB of memory; `{vm.name}` is to have {memory // MIB} MiB",
            "give it less, or make it on another host",
        )
    most = _most_vcpus(vm, fleet)
    if most is not None and vcpus > most:
        return refused(
            "E452",
            vm,
            f"vm `{vm.name}` cannot be given {vcpus} vcpus: its machine on {vm.place} takes {most} at most",
            "give it fewer",
            word=VCPUS,
        )
    return None


def changed_problem(change: Change, fleet: Fleet) -> Assessment | None:
    """Why its host cannot have it with what a change gives it; what it has already is not asked for."""
    sizes = (MEMORY, VCPUS, MEMORY_MAX, VCPUS_MAX)
    asked = {name: change.resource.get(name) for name in change.differing() if name in sizes}
    said = _below(change.resource) if asked and not change.undo else None
    return said or problem(replace(change.resource, attributes=asked), fleet)


def _most(vm: Resource, *names: str) -> int:
    """The largest of some numbers of a VM."""
    return max((value for name in names if isinstance(value := vm.get(name), int)), default=0)


def _below(vm: Resource) -> Assessment | None:
    """Why a ceiling makes no sense: it is below what the VM is to have."""
    for name, most in ((MEMORY, MEMORY_MAX), (VCPUS, VCPUS_MAX)):
        value, ceiling = vm.get(name), vm.get(most)
        if isinstance(value, int) and isinstance(ceiling, int) and ceiling < value:
            return refused(
                "E452",
                vm,
                f"vm `{vm.name}` cannot have more than its ceiling: `{name}` {SETTINGS[name].shown(value)} is above "
                f"`{most}` {SETTINGS[name].shown(ceiling)}",
                f"say both: `{most}` at least what `{name}` is, or `{most} none`",
                word=most,
            )
    return None


def _most_vcpus(vm: Resource, fleet: Fleet) -> int | None:
    machines, defined = facts(fleet, vm.place).machines, recorded(vm)
    kind = defined.root.find("os/type") if defined else None
    said = vm.text(MACHINE) or (kind.get("machine", "") if kind is not None else USUAL_MACHINE)
    return machines.get(said)


def free_memory(fleet: Fleet, host: str) -> int | None:
    """Bytes that are free on a host: with what VMs that ran there have left, without what others have got since."""
    there = facts(fleet, host)
    if there.free_memory is None:
        return None
    here = {vm.name: vm.get(MEMORY) for vm in fleet.of_kind("vm", host) if not is_off(vm)}
    gone = sum(size for name, size in there.running.items() if name not in here)
    come = (size for name, size in here.items() if name not in there.running)
    return there.free_memory + gone - sum(size for size in come if isinstance(size, int))


def foresee(change: Change, after: Fleet) -> Assessment:
    """Whether the VMs that begin to run on a host, this one and those before it, have its memory."""
    vm = change.after
    there = facts(after, vm.place) if vm and vm.kind == "vm" else None
    if not vm or not there or there.free_memory is None or is_off(vm) or not _begins(change):
        return FREE
    here = {other.name: other for other in after.of_kind("vm", vm.place) if not is_off(other)}
    free = there.free_memory + sum(size for name, size in there.running.items() if name not in here)
    beginning = [other for name, other in here.items() if name not in there.running]
    if vm not in beginning:
        return FREE
    beginning = beginning[: beginning.index(vm) + 1]
    needed = sum(value for other in beginning if isinstance(value := other.get(MEMORY), int))
    if needed <= free:
        return FREE
    names = ", ".join(f"`{other.name}`" for other in beginning)
    return refused(
        "E444",
        vm,
        f"host `{vm.place}` has {free // MIB} MiB of memory free; {names} {'is' if len(beginning) == 1 else 'are'} "
        f"to have {needed // MIB} MiB",
        "stop or move something there first, or give it less",
    )


def _begins(change: Change) -> bool:
    """Whether it is by this change that the VM runs where it does."""
    before = change.before
    return (
        before is None
        or before.place != change.resource.place
        or (is_off(before) and STATE in change.differing())
    )
