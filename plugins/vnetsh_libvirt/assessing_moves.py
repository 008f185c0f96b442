"""Whether a VM can move to another host: what both hosts were seen to have decides. Pure.

Asked again, where only the hosts can tell (the CPU, whether templates are the same), when the move begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vnetsh.backend import Assessment
from vnetsh.model import Check, Fleet, Resource
from vnetsh.model.change import Change, Impact
from vnetsh.nouns.mtu import too_small
from vnetsh_libvirt import guarding, migration_way
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.capacity import free_memory
from vnetsh_libvirt.cargo import CARGO
from vnetsh_libvirt.definition import Definition, attribute_of, definition_in, recorded
from vnetsh_libvirt.facts import COMING, ImageFile, facts
from vnetsh_libvirt.fields import BRIDGE
from vnetsh_libvirt.hardware import machine
from vnetsh_libvirt.leaving import Leaving
from vnetsh_libvirt.outage import assessing as outage
from vnetsh_libvirt.own_files import seeing
from vnetsh_libvirt.plugged import moved_without
from vnetsh_libvirt.refusals import of_one_uuid, refused, vlan_problem
from vnetsh_libvirt.states import is_off
from vnetsh_libvirt.vm_fields import MEMORY


def assess_move(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a move, or the first problem that forbids it."""
    vm, target = change.before, change.resource.place
    assert vm
    span = change.resource.span
    vm = Resource(vm.kind, vm.name, vm.place, vm.attributes, span=span, record=vm.record)
    for _, check in CHECKS:
        for problem in check(vm, target, fleet):
            return problem
    leaving, notes = Leaving(vm, target, fleet, back=change.undo, made=change.made), list[str]()
    for line in CARGO:
        for found in line.check(leaving) if line.check else ():
            if found.problem:
                return found
            notes.append(found.how)
    for found in migration_way.assess(change, leaving):
        if found.problem:
            return found
        notes.append(found.how)
    probing = outage.assess(change, fleet)
    if probing.problem:
        return probing
    notes += [probing.how] if probing.how else []
    if is_off(vm):
        disks = (disk.path for view in leaving.views for disk in view.disks)
        copies = any(leaving.target not in seeing(fleet, vm.place, path) for path in disks)
        copied = "definition and disk are" if copies else "definition is"
        return Assessment(how="; ".join([f"its {copied} copied", *notes]))
    return Assessment(Impact.LIVE, (vm.name,), "; ".join(["live, peer to peer", *notes]))


def checks(change: Change, fleet: Fleet) -> Sequence[Check]:
    """Each check of a move by itself: its first problem, or what is to be said."""
    vm, target = change.before, change.resource.place
    assert vm
    leaving = Leaving(vm, target, fleet, back=change.undo, made=change.made)
    found = [(what, [*check(vm, target, fleet)]) for what, check in CHECKS]
    found += [(line.short or line.what, [*line.check(leaving)]) for line in CARGO if line.check]
    found.append(("its outage", [outage.assess(change, fleet)]))
    return [
        Check(
            what,
            next((one.problem for one in told if one.problem), None),
            "; ".join(one.how for one in told if one.how),
        )
        for what, told in found
    ]


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
    twin = of_one_uuid(vm, target, fleet)
    if twin:
        yield refused(
            "E441",
            vm,
            f"host `{target}` has `{vm.name}`'s UUID already: vm `{twin.name}` there has it",
            f"give {twin.name} one of its own: `virsh dumpxml`, `undefine`, `define`",
        )
    for port in fleet.nics(vm):
        if other := fleet.get("port", target, port.name):
            owner = " ".join(other.parent or ("host", target))
            yield refused(
                "E441",
                vm,
                f"the port name `{port.name}` is taken on {target} by {owner}",
                "ports have names of their own over all hosts: give one of them another name",
            )


def _bridges(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    for port in fleet.nics(vm):
        bridge = port.text(BRIDGE)
        # One that is on none now is told of by what its switch has otherwise.
        if bridge and not fleet.get("bridge", target, bridge) and any(fleet.of_kind("bridge", vm.place)):
            yield refused(
                "E442",
                vm,
                f"host `{target}` has no bridge `{bridge}` for port `{port.name}` of `{vm.name}`",
                f"to make it: `bridge {bridge} on {target}`",
            )


def _vlans(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    for port in fleet.nics(vm):
        problem = vlan_problem(port, target, fleet)
        if problem:
            yield problem


def _guards(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    for port in fleet.nics(vm):
        problem = guarding.problem(port, target, fleet)
        if problem:
            yield problem


def _packets(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    for port in fleet.nics(vm):
        small = too_small(fleet.get("bridge", target, port.text(BRIDGE)), port, vm)
        if small:
            yield Assessment(problem=small)


def _machine(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    """The machine type that it is defined with. Hosts tell of those of their own kind of CPU only."""
    here, there, defined = facts(fleet, vm.place).machines, facts(fleet, target).machines, recorded(vm)
    kind = machine(defined) if defined else None
    if kind in here and there and kind not in there:
        yield refused(
            "E466",
            vm,
            f"host `{target}` has no machine `{kind}` for its vms, which `{vm.name}` has",
            f"`virsh capabilities` on {target} lists what it has: a newer QEMU there has more",
        )


def _memory(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    free, needed = free_memory(fleet, target), vm.get(MEMORY)
    if not is_off(vm) and free is not None and isinstance(needed, int) and needed > free:
        yield refused(
            "E444",
            vm,
            f"host `{target}` has {free // 2**20} MiB of memory free; `{vm.name}` has {needed // 2**20} MiB",
            "stop or move something there first",
        )


@dataclass(frozen=True)
class _Images:
    """What a VM's move finds: its definition, and the files of the image folders here and there."""

    definition: Definition
    here: Mapping[str, ImageFile]
    there: Mapping[str, ImageFile]


def _images(vm: Resource, target: str, fleet: Fleet) -> _Images | None:
    """None where the VM is yet to be made, or a folder cannot be read: asked when the move begins."""
    here, there = facts(fleet, vm.place).images, facts(fleet, target).images
    if not vm.record or here is None or there is None:
        return None
    return _Images(definition_in(vm.record), here, there)


def _devices(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    found = _images(vm, target, fleet)
    for disk, pool in _without_pool(found.definition) if found else ():
        yield refused(
            "E447",
            vm,
            f"the disk {disk} of vm `{vm.name}` is a volume of pool `{pool}`, which {vm.place} does not have",
            f"define that pool on {vm.place}, or give the disk another source: `virsh edit {vm.name}`",
        )
    devices = found.definition.local_devices if found else ()
    if devices:
        yield refused(
            "E447",
            vm,
            f"vm `{vm.name}` has disks that are devices: {', '.join(devices)}",
            "whether the other host has the same cannot be told: migrate it with `virsh migrate`",
        )


def _without_pool(defined: Definition) -> Iterator[tuple[str, str]]:
    """The disks that are volumes of a pool that there is not, each with that."""
    for disk in defined.root.iterfind("devices/disk[@type='volume']"):
        target = attribute_of(disk, "target", "dev")
        if target not in defined.volumes:
            yield target, attribute_of(disk, "source", "pool")


def _template(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    found = _images(vm, target, fleet)
    mark = found.definition.mark if found else None
    if not found or not mark or not mark.own or "/" in mark.disk:
        return
    here, there = found.here.get(mark.disk), found.there.get(mark.disk)
    if there is None:
        yield refused(
            "E443",
            vm,
            f"host `{target}` has no disk image `{mark.disk}`, the template of `{vm.name}`",
            f"`copy-template` copies it there first; or `copy image {mark.disk} to {target}`",
        )
    elif here and there != COMING and here.size != there.size:
        yield refused(
            "E443",
            vm,
            f"`{mark.disk}` on {target} is not the one of {vm.place}, which `{vm.name}` is an overlay of",
            f"copy it from {vm.place} to {target} first",
        )


def _room(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    found, free = _images(vm, target, fleet), facts(fleet, target).free_disk
    if not found or free is None:
        return
    folder = f"{facts(fleet, vm.place).folder}/"
    paths = [disk.path for disk in found.definition.disks if not disk.readonly]
    names = [path.removeprefix(folder) for path in paths if path.startswith(folder)]
    needed = sum(found.here[name].occupied for name in names if name in found.here)
    if needed > free and not all(name in found.there for name in names):
        yield refused(
            "E444",
            vm,
            f"host `{target}` has {free // 2**20} MiB of disk free; `{vm.name}` takes {needed // 2**20} MiB",
            f"free some in the image folder of {target}",
        )


CHECKS: Sequence[tuple[str, Callable[[Resource, str, Fleet], Iterator[Assessment]]]] = (
    ("its hosts answer", _answers),
    ("its names and UUID are free", _names),
    ("its bridges", _bridges),
    ("its VLANs", _vlans),
    ("what holds its guest back", _guards),
    ("room for its packets (MTU)", _packets),
    ("what others set at its switch", moved_without),
    ("memory", _memory),
    ("machine type", _machine),
    ("disks that are files", _devices),
    ("template of its disk", _template),
    ("room for its disks", _room),
)
"""In their order: the first problem is the one that is told."""
