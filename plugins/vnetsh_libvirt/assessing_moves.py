"""Whether a VM can move to another host: what both hosts were seen to have decides. Pure.

Asked again, where only the hosts can tell (the CPU, whether templates are the same), when the move begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vnetsh.backend import Assessment
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import Change, Impact
from vnetsh.nouns.mtu import too_small
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.facts import NAME, facts
from vnetsh_libvirt.refusals import refused, vlan_problem


def assess_move(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a move, or the first problem that forbids it."""
    vm, target = change.before, change.resource.place
    assert vm
    span = change.resource.span
    vm = Resource(vm.kind, vm.name, vm.place, vm.attributes, span=span, record=vm.record)
    for check in (_answers, _names, _bridges, _memory, _disks):
        for problem in check(vm, target, fleet):
            return problem
    if vm.get("state") == "stopped":
        return Assessment(how="its definition and disk are copied")
    return Assessment(Impact.LIVE, (vm.name,), "live, peer to peer")


Check = Callable[[Resource, str, Fleet], Iterator[Assessment]]


def _answers(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    why = fleet.unreachable.get(target) or fleet.absent.get((target, NAME))
    if why:
        yield refused("E440", vm, f"host `{target}` cannot take `{vm.name}`: {why.message}", why.help)


def _names(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    if fleet.get("vm", target, vm.name):
        yield refused(
            "E441",
            vm,
            f"host `{target}` has a vm `{vm.name}` already",
            f"two vms of one name cannot be on one host: look at both with `show vms on {vm.place}, {target}`",
        )
    for port in fleet.parts(vm):
        if other := fleet.get("port", target, port.name):
            owner = " ".join(other.parent or ("host", target))
            yield refused(
                "E441",
                vm,
                f"the port name `{port.name}` is taken on {target} by {owner}",
                "ports have names of their own over all hosts: give one of them another name",
            )


def _bridges(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    for port in fleet.parts(vm):
        bridge = port.text("bridge")
        if not fleet.get("bridge", target, bridge) and any(fleet.of_kind("bridge", vm.place)):
            yield refused(
                "E442",
                vm,
                f"host `{target}` has no bridge `{bridge}` for port `{port.name}` of `{vm.name}`",
                f"to make it: `bridge {bridge} on {target}`",
            )
        problem = vlan_problem(port, target, fleet)
        if problem:
            yield problem
        small = too_small(fleet.get("bridge", target, bridge), port, vm)
        if small:
            yield Assessment(problem=small)


def _memory(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    free, needed = facts(fleet, target).free_memory, vm.get("memory")
    if vm.get("state") != "stopped" and free is not None and isinstance(needed, int) and needed > free:
        yield refused(
            "E444",
            vm,
            f"host `{target}` has {free // 2**20} MiB of memory free; `{vm.name}` has {needed // 2**20} MiB",
            "stop or move something there first",
        )


def _disks(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    xml, here, there = (
        (vm.record or {}).get("xml"),
        facts(fleet, vm.place).images,
        facts(fleet, target).images,
    )
    if not xml or here is None or there is None:
        return  # the vm is yet to be made, or a folder cannot be read: asked when the move begins
    definition, folder = Definition(str(xml)), f"{facts(fleet, vm.place).folder}/"
    if definition.local_devices:
        yield refused(
            "E447",
            vm,
            f"vm `{vm.name}` has disks that are devices: {', '.join(definition.local_devices)}",
            "whether the other host has the same cannot be told: migrate it with `virsh migrate`",
        )
    template = definition.mark.disk if definition.mark and not definition.mark.imported else ""
    if template and "/" not in template:
        if template not in there:
            yield refused(
                "E443",
                vm,
                f"host `{target}` has no disk image `{template}`, the template of `{vm.name}`",
                f"copy it to the image folder of {target} first",
            )
        elif template in here and here[template].size != there[template].size:
            yield refused(
                "E443",
                vm,
                f"`{template}` on {target} is not the one of {vm.place}, which `{vm.name}` is an overlay of",
                f"copy it from {vm.place} to {target} first",
            )
    names = [
        d.path.removeprefix(folder) for d in definition.disks if not d.readonly and d.path.startswith(folder)
    ]
    needed, free = (
        sum(here[name].occupied for name in names if name in here),
        facts(fleet, target).free_disk,
    )
    if free is not None and needed > free and not all(name in there for name in names):
        yield refused(
            "E444",
            vm,
            f"host `{target}` has {free // 2**20} MiB of disk free; `{vm.name}` takes {needed // 2**20} MiB",
            f"free some in the image folder of {target}",
        )
