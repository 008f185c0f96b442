"""What a change of a VM or NIC costs, and what speaks against it, from the observed fleet. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.diagnostics import did_you_mean
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh_libvirt.definition import GENERATED, is_generated, of_network
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.fields import ANEW, BRIDGE, SETTINGS, VM_FIELDS
from vnetsh_libvirt.mark import mark_of
from vnetsh_libvirt.plugged import plug_of, settings_of
from vnetsh_libvirt.refusals import of_kind, refused, tags_problem, transient, vlan_problem
from vnetsh_libvirt.states import is_off


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change, or the problem that forbids it."""
    return of_kind(_COST, change.resource)(change, fleet)


def _vm(change: Change, fleet: Fleet) -> Assessment:
    match change.action:
        case ActionKind.ADD:
            return _new_vm(change.resource, fleet)
        case ActionKind.REMOVE:
            return _removal(change.resource)
        case ActionKind.MOVE:
            from vnetsh_libvirt.assessing_moves import assess_move

            return assess_move(change, fleet)
        case _:
            return _changed_vm(change)


def _new_vm(vm: Resource, fleet: Fleet) -> Assessment:
    if vm.record:
        return Assessment(how="restored from its definition")
    said, there = mark_of(vm), facts(fleet, vm.place).images
    disk = said.disk
    if disk and "/" not in disk and there is not None and disk not in there:
        return refused(
            "E443",
            vm,
            f"host `{vm.place}` has no disk image `{disk}` in {facts(fleet, vm.place).folder}",
            did_you_mean(disk, list(there), "put it there, or say `disk` with a whole path"),
            "not found",
        )
    overlay = f"{vm.name}.qcow2"
    if said.own and there is not None and overlay in there:
        return refused(
            "E448",
            vm,
            f"the disk's name is taken: host `{vm.place}` has a file `{overlay}` already",
            f"to use it as it is: `disk {overlay} import`; else move it away",
        )
    if not disk:
        return Assessment(how="without a disk: boots from the network")
    return Assessment(how=f"{disk} itself is its disk" if said.imported else f"thin overlay of {disk}")


def _removal(vm: Resource) -> Assessment:
    if not vm.record:
        return Assessment(Impact.DESTROY, (vm.name,), "switched off and undefined, its new disk removed")
    if transient(vm):
        return Assessment(Impact.DESTROY, (vm.name,), "shut down; it has no definition that would stay")
    kept = "undefined; its disk's file is kept"
    if is_off(vm):
        return Assessment(how=kept)
    return Assessment(Impact.LIVE, (vm.name,), f"shut down and {kept}")


def _changed_vm(change: Change) -> Assessment:
    before, after, differing = change.before, change.after, change.differing()
    assert before
    assert after
    if transient(before) and differing.keys() & SETTINGS.keys():
        return refused(
            "E447",
            after,
            f"vm `{after.name}` has no persistent definition: its {' and '.join(SETTINGS)} are as they are",
            "libvirt forgets such a vm when it stops; define it first",
        )
    costs = [field.cost(before, *differing[field.name]) for field in VM_FIELDS if field.name in differing]
    return Assessment(
        max((cost.impact for cost in costs), default=Impact.NONE),
        tuple(dict.fromkeys(hit for cost in costs for hit in cost.hits)),
        "; ".join(dict.fromkeys(cost.how for cost in costs if cost.how)),
    )


def _port(change: Change, fleet: Fleet) -> Assessment:
    port = change.resource
    assert port.parent
    owner = port.parent[1]
    vm = fleet.get("vm", port.place, owner)
    if change.action is not ActionKind.REMOVE:
        problem = _impossible(change, fleet)
        if problem:
            return problem
    if vm is None:  # it comes, or goes, with the vm itself
        return Assessment()
    if is_off(vm):
        return Assessment(how="in its definition")
    lasting = "" if transient(vm) else ", and in its definition"
    if change.action is ActionKind.ADD:
        return Assessment(Impact.LIVE, (owner,), f"hot-plugged{lasting}")
    lost = settings_of(port, fleet)
    if change.action is ActionKind.REMOVE:
        and_lost = f"; what others set on its link goes: {', '.join(lost)}" if lost else ""
        return Assessment(Impact.LIVE, (owner,), f"unplugged{lasting}{and_lost}")
    differing = change.differing()
    anew = bool(differing.keys() & ANEW) or (change.before is not None and of_network(change.before))
    if not anew and BRIDGE not in differing:
        return Assessment(Impact.LIVE, (owner,), f"changed in place{lasting}")
    replaced = anew or not _stays_plugged(change, fleet)
    if replaced and lost:
        return refused(
            "E450",
            port,
            f"port `{port.name}` would be replaced, and lose what others set on its link: {', '.join(lost)}",
            "clear it first at the switch, and set it anew afterwards: `ovs-vsctl list port`, `list interface`",
        )
    how = "the NIC is replaced" if replaced else "re-connected in place"
    return Assessment(Impact.BRIEF, (owner,), how + lasting)


def _stays_plugged(change: Change, fleet: Fleet) -> bool:
    """Whether libvirt can re-connect the NIC as it is: between Linux bridges only."""
    bridges = [
        fleet.get("bridge", port.place, port.text(BRIDGE)) for port in (change.before, change.after) if port
    ]
    return all(bridge is not None and bridge.backend != "ovs" for bridge in bridges)


def _impossible(change: Change, fleet: Fleet) -> Assessment | None:
    port = change.resource
    if change.before is None and is_generated(port.name):
        prefixes = ", ".join(f"`{prefix}`" for prefix in GENERATED)
        return refused(
            "E445",
            port,
            f"libvirt keeps no port name like `{port.name}`: such names are given out anew on each host",
            f"choose one that is not `tap` with a number and does not begin with {prefixes}",
        )
    if not port.get(BRIDGE):
        return refused(
            "E451",
            port,
            f"port `{port.name}` was on no bridge, and cannot be made so",
            f"leave it where it is, or remove it: `delete port {port.name}`",
        )
    plug = plug_of(change.before, fleet) if change.before else None
    mixed = plug.settings.get("vlan_mode", "") if plug else ""
    return tags_problem(change, mixed) or vlan_problem(port, port.place, fleet)


_COST = {"vm": _vm, "port": _port}
