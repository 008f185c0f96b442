"""What a change of a VM or NIC costs, and what speaks against it, from the observed fleet. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.diagnostics import did_you_mean
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.refusals import refused, transient, vlan_problem

GENERATED = ("vnet", "vif", "macvtap", "macvlan")
"""Prefixes of interface names that libvirt gives out itself and does not keep (virNetDevGenerateName)."""

ANEW = frozenset({"mac", "mtu"})
"""What a NIC has from its making: for another one it is unplugged, and one like it is plugged in."""


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change, or the problem that forbids it."""
    if change.resource.kind == "port":
        return _port(change, fleet)
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
    disk, there = vm.text("disk"), facts(fleet, vm.place).images
    if disk and "/" not in disk and there is not None and disk not in there:
        return refused(
            "E443",
            vm,
            f"host `{vm.place}` has no disk image `{disk}` in {facts(fleet, vm.place).folder}",
            did_you_mean(disk, list(there), "put it there, or say `disk` with a whole path"),
            "not found",
        )
    overlay = f"{vm.name}.qcow2"
    if disk and not vm.get("import") and there is not None and overlay in there:
        return refused(
            "E448",
            vm,
            f"the disk's name is taken: host `{vm.place}` has a file `{overlay}` already",
            f"to use it as it is: `disk {overlay} import`; else move it away",
        )
    if not disk:
        return Assessment(how="without a disk: boots from the network")
    return Assessment(how=f"{disk} itself is its disk" if vm.get("import") else f"thin overlay of {disk}")


def _removal(vm: Resource) -> Assessment:
    if not vm.record:
        return Assessment(Impact.DESTROY, (vm.name,), "switched off and undefined, its new disk removed")
    if transient(vm):
        return Assessment(Impact.DESTROY, (vm.name,), "shut down; it has no definition that would stay")
    kept = "undefined; its disk's file is kept"
    if vm.get("state") == "stopped":
        return Assessment(how=kept)
    return Assessment(Impact.LIVE, (vm.name,), f"shut down and {kept}")


def _changed_vm(change: Change) -> Assessment:
    before, after, differing = change.before, change.after, change.differing()
    assert before
    assert after
    if transient(before) and differing.keys() & {"memory", "vcpus"}:
        return refused(
            "E447",
            after,
            f"vm `{after.name}` has no persistent definition: its memory and vcpus are as they are",
            "libvirt forgets such a vm when it stops; define it first",
        )
    notes = []
    if differing.keys() & {"memory", "vcpus"} and before.get("state") != "stopped":
        notes.append("takes effect at the next start")
    hits: tuple[str, ...] = ()
    if "state" in differing:
        old, new = differing["state"]
        if new == "stopped":
            hits = (after.name,)
            notes.append("shut down; switched off if it does not heed")
        else:
            notes.append({"paused": "paused"}.get(str(new), "resumed" if old == "paused" else "started"))
    return Assessment(Impact.LIVE if hits else Impact.NONE, hits, "; ".join(notes))


def _port(change: Change, fleet: Fleet) -> Assessment:
    port = change.resource
    assert port.parent
    owner = port.parent[1]
    vm = fleet.get("vm", port.place, owner)
    if change.action is not ActionKind.REMOVE:
        problem = _impossible(port, fleet)
        if problem:
            return problem
    if vm is None:  # it comes, or goes, with the vm itself
        return Assessment()
    if vm.get("state") == "stopped":
        return Assessment(how="in its definition")
    lasting = "" if transient(vm) else ", and in its definition"
    if change.action is ActionKind.ADD:
        return Assessment(Impact.LIVE, (owner,), f"hot-plugged{lasting}")
    if change.action is ActionKind.REMOVE:
        return Assessment(Impact.LIVE, (owner,), f"unplugged{lasting}")
    differing = change.differing()
    if not differing.keys() & {*ANEW, "bridge"}:
        return Assessment(Impact.LIVE, (owner,), f"changed in place{lasting}")
    replaced = bool(differing.keys() & ANEW) or not _stays_plugged(change, fleet)
    how = "the NIC is replaced" if replaced else "re-connected in place"
    return Assessment(Impact.BRIEF, (owner,), how + lasting)


def _stays_plugged(change: Change, fleet: Fleet) -> bool:
    """Whether libvirt can re-connect the NIC as it is: between Linux bridges only."""
    bridges = [
        fleet.get("bridge", port.place, port.text("bridge")) for port in (change.before, change.after) if port
    ]
    return all(bridge is not None and bridge.backend != "ovs" for bridge in bridges)


def _impossible(port: Resource, fleet: Fleet) -> Assessment | None:
    if port.name.startswith(GENERATED):
        return refused(
            "E445",
            port,
            f"libvirt keeps no port name like `{port.name}`: such names it gives out itself",
            "choose one that does not begin with " + ", ".join(f"`{prefix}`" for prefix in GENERATED),
        )
    return vlan_problem(port, port.place, fleet)
