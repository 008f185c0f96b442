"""What a change costs, and what speaks against it, from the observed fleet: of NICs here. Pure."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.backend import Assessment
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh_libvirt import checkpoints, guarding
from vnetsh_libvirt.assessing_vms import assess_vm
from vnetsh_libvirt.attributes import LIMITS, WRAPS
from vnetsh_libvirt.backups.assessing import assess as assess_backup
from vnetsh_libvirt.definition import GENERATED, is_generated, live_only, of_network
from vnetsh_libvirt.disk_assessing import assess_disk
from vnetsh_libvirt.facts import facts, network_in_words
from vnetsh_libvirt.fetching.assessing import assess_image
from vnetsh_libvirt.fields import ANEW, BRIDGE, NETWORK
from vnetsh_libvirt.filters_at_work import filter_of_others
from vnetsh_libvirt.guards import SECURITY
from vnetsh_libvirt.plugged import plug_of, settings_of
from vnetsh_libvirt.pool_assessing import assess_pool
from vnetsh_libvirt.refusals import of_kind, refused, tags_problem, transient, vlan_problem
from vnetsh_libvirt.seed.assessing import assess_seed
from vnetsh_libvirt.snapshots.assessing import assess as assess_snapshot
from vnetsh_libvirt.states import is_off, saved
from vnetsh_libvirt.vm_fields import ANEW_ONLY


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change, or the problem that forbids it."""
    found = of_kind(_COST, change.resource)(change, fleet)
    more = "" if found.problem else checkpoints.said(change, fleet)
    return replace(found, how="; ".join(filter(None, (found.how, more)))) if more else found


def _port(change: Change, fleet: Fleet) -> Assessment:
    port = change.resource
    assert port.parent
    if change.before and change.before.parent != port.parent:
        return Assessment()  # it is renamed with its vm
    owner = port.parent[1]
    vm = fleet.get("vm", port.place, owner)
    if change.action is not ActionKind.REMOVE:
        problem = _impossible(change, fleet)
        if problem:
            return problem
    if vm is None:  # it comes, or goes, with the vm itself
        return Assessment()
    instead = _in_place_of(change)
    if is_off(vm):
        later = f": {ANEW_ONLY}" if saved(vm) else ""
        return Assessment(how=f"in its definition{later}{instead}")
    lasting = "" if transient(vm) else ", and in its definition"
    if live_only(port):
        lasting = "; not in its definition, which does not have it"
    if change.action is ActionKind.ADD:
        return Assessment(Impact.LIVE, (owner,), f"hot-plugged{lasting}")
    lost = settings_of(port, fleet)
    if change.action is ActionKind.REMOVE:
        and_lost = f"; what others set on its link goes: {', '.join(lost)}" if lost else ""
        return Assessment(Impact.LIVE, (owner,), f"unplugged{lasting}{and_lost}")
    differing = change.differing()
    anew = bool(differing.keys() & ANEW) or (change.before is not None and of_network(change.before))
    if not anew and BRIDGE not in differing:
        return Assessment(Impact.LIVE, (owner,), f"changed in place{lasting}{instead}")
    replaced = anew or not _stays_plugged(change, fleet)
    if replaced and lost:
        return refused(
            "E450",
            port,
            f"port `{port.name}` would be replaced, and lose what others set on its link: {', '.join(lost)}",
            "clear it first at the switch, and set it anew afterwards: `ovs-vsctl list port`, `list interface`",
        )
    how = "the NIC is replaced" if replaced else "re-connected in place"
    return Assessment(Impact.BRIEF, (owner,), how + lasting + instead)


def _in_place_of(change: Change) -> str:
    """What is said of a network filter of others that a NIC has no more when its `security` is said."""
    theirs = SECURITY in change.differing() and change.before and filter_of_others(change.before)
    return f"; in place of the network filter {theirs}, which others gave it" if theirs else ""


def _stays_plugged(change: Change, fleet: Fleet) -> bool:
    """Whether libvirt can re-connect the NIC as it is: between Linux bridges only."""
    bridges = [
        fleet.get("bridge", port.place, port.text(BRIDGE)) for port in (change.before, change.after) if port
    ]
    return all(bridge is not None and bridge.backend != "ovs" for bridge in bridges)


def not_kept(port: Resource) -> Assessment | None:
    """A new NIC's name that libvirt gives out itself."""
    if not is_generated(port.name):
        return None
    prefixes = ", ".join(f"`{prefix}`" for prefix in GENERATED)
    return refused(
        "E445",
        port,
        f"libvirt keeps no port name like `{port.name}`: such names are given out anew on each host",
        f"choose one that is not `tap` with a number and does not begin with {prefixes}",
    )


def _impossible(change: Change, fleet: Fleet) -> Assessment | None:
    port = change.resource
    problem = not_kept(port) if change.before is None else None
    if problem:
        return problem
    if port.get("queues") is not None and port.get("model") is not None and not change.undo:
        return refused(
            "E461",
            port,
            f"port `{port.name}` cannot have queues: only a virtio NIC has some, and it is {port.get('model')}",
            f"`model virtio`, or `queues none` for {port.name}",
            word="queues",
        )
    if limit := next((name for name in LIMITS if port.get(name) is not None), ""):
        return refused(
            "E507",
            port,
            f"port `{port.name}` is a vm's NIC: no limit of its rate would last",
            "libvirt's own (`virsh domiftune`) is lost without a word when the vm starts a second time at an Open "
            "vSwitch bridge (seen with 9.0); limit a port of the bridge, or what the guest's services send",
            word=limit,
        )
    if port.get(WRAPS) is not None:
        return refused(
            "E528",
            port,
            f"port `{port.name}` is a vm's NIC: what it sends would not stay wrapped",
            "libvirt has no word for it and makes the port anew at each start; give it a `vlan`, or wrap at a port of "
            "the bridge",
            word=WRAPS,
        )
    if problem := _not_its_network(change, fleet):
        return problem
    if not port.get(BRIDGE):
        return refused(
            "E451",
            port,
            f"port `{port.name}` was on no bridge, and cannot be made so",
            f"leave it where it is, or remove it: `delete port {port.name}`",
        )
    plug = plug_of(change.before, fleet) if change.before else None
    mixed = plug.settings.get("vlan_mode", "") if plug else ""
    # What was there before may stand there again, whatever one thinks of it.
    if change.undo:
        return None
    return (
        tags_problem(change, mixed)
        or vlan_problem(port, port.place, fleet)
        or guarding.problem(port, port.place, fleet)
    )


def _not_its_network(change: Change, fleet: Fleet) -> Assessment | None:
    """What is wrong with the libvirt network that a NIC is to be of: it is not there, or its bridge is another one."""
    port, there = change.resource, facts(fleet, change.resource.place)
    name, bridge = port.text(NETWORK), port.text(BRIDGE)
    if not name or not change.differing().keys() & {NETWORK, BRIDGE} or there.networks is None:
        return None
    bridges = [known for known, owner in there.reserved.items() if owner == network_in_words(name)]
    if name in there.networks and (bridge in bridges or not bridges):
        return None
    if name in there.networks:
        return refused(
            "E484",
            port,
            f"libvirt's network `{name}` of {port.place} is on the bridge `{bridges[0]}`, not on `{bridge}`",
            f"say it of that one: `port {bridges[0]} network {name}`",
            word=NETWORK,
        )
    known = ", ".join(f"`{one}`" for one in sorted(there.networks)) or "none"
    return refused(
        "E484",
        port,
        f"host `{port.place}` has no active libvirt network `{name}`",
        f"those that are active: {known}; `virsh net-start {name}` there",
        word=NETWORK,
    )


_COST = {
    "vm": assess_vm,
    "port": _port,
    "snapshot": assess_snapshot,
    "backup": assess_backup,
    "disk": assess_disk,
    "cloudinit": assess_seed,
    "pool": assess_pool,
    "image": assess_image,
}
