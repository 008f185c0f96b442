"""What a change costs on a demo host, and what refuses it: the real backends' answers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vnetsh.backend import Assessment
from vnetsh.diagnostics import did_you_mean
from vnetsh.model import is_off
from vnetsh.model.backups import RESTORE
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.model.disks import DISKS
from vnetsh.model.power import FORCE, REVERT
from vnetsh.nouns.mtu import NICS_KEEP
from vnetsh_demo import backups, disks, images, moves, pools, seeds, services, sizes, snapshots
from vnetsh_demo.fleet_index import FleetIndex
from vnetsh_demo.linux_bridges import bridge_refused, member_refused
from vnetsh_demo.refusals import described, no_memory, port_taken, refused

_BACKENDS = ("ovs", "linux")
_LARGEST_VNI = 2**24 - 1


@dataclass(frozen=True)
class _Cost:
    """What another value costs; `hits`: those who are on the bridge, and nothing where nobody is."""

    impact: Impact
    how: str = ""
    hits: bool = False


_BRIDGE_COSTS = {"mtu": _Cost(Impact.LIVE, NICS_KEEP), "uplink": _Cost(Impact.BRIEF, hits=True)}
"""Of a bridge's attributes; others cost nothing."""

_REPLUGGED = {"mac", "mtu", "model", "queues"}
"""The attributes of a NIC that a running vm is given with a new one; others are changed while it is in."""


def assess(change: Change, index: FleetIndex) -> Assessment:
    """The cost of a change, or the problem that refuses it."""
    kind = change.resource.kind
    parent = change.resource.parent
    if kind in _SERVICES:
        return services.assess(change)
    if kind in _STORAGE:
        return _STORAGE[kind](change, index.fleet)
    return _ASSESSORS["nic" if kind == "port" and parent and parent[0] == "vm" else kind](change, index)


def _bridge(change: Change, index: FleetIndex) -> Assessment:
    bridge = change.resource
    vms = index.fleet.vms_on(bridge.place, bridge.name)
    if change.action is ActionKind.REMOVE and vms:
        return refused(
            bridge,
            "E401",
            f"bridge `{bridge.name}` on {bridge.place} still has ports of {_names('vm', vms)}",
            "in use",
            "take the ports out, move the vms away or delete them first",
        )
    asked = bridge.text("backend")
    if change.action is ActionKind.ADD and asked not in ("", *_BACKENDS):
        message = f"no backend `{asked}` makes a bridge on {bridge.place}"
        listing = "the demo stands in for " + " and ".join(f"`{name}`" for name in _BACKENDS)
        return refused(bridge, "E108", message, "", did_you_mean(asked, _BACKENDS, listing))
    uplink = bridge.text("uplink")
    if change.after and uplink:
        for other in index.fleet.of_kind("bridge", bridge.place):
            if other.name != bridge.name and other.get("uplink") == uplink:
                return refused(
                    bridge,
                    "E402",
                    f"`{uplink}` on {bridge.place} is the uplink of bridge `{other.name}` already",
                    "a NIC belongs to one bridge",
                    f"take it out there first: `bridge {other.name} on {bridge.place} uplink none`",
                )
    if problem := bridge_refused(change):
        return problem
    if change.action is ActionKind.CHANGE:
        return _changed_bridge(change, vms)
    return _name_taken(change, index) or Assessment()


def _changed_bridge(change: Change, vms: tuple[str, ...]) -> Assessment:
    costs = [cost for name, cost in _BRIDGE_COSTS.items() if name in change.differing()]
    impact = max((cost.impact for cost in costs if vms or not cost.hits), default=Impact.NONE)
    hits = vms if any(cost.hits for cost in costs) else ()
    return Assessment(impact, hits, "; ".join(cost.how for cost in costs if cost.how) if vms else "")


def _tunnel(change: Change, index: FleetIndex) -> Assessment:
    tunnel = change.resource
    key = tunnel.get("key")
    if change.after and tunnel.get("type") != "gre" and isinstance(key, int) and key > _LARGEST_VNI:
        return refused(
            tunnel,
            "E404",
            f"{key} is too large a key for {tunnel.get('type')}",
            "",
            f"at most {_LARGEST_VNI} (24 bits)",
        )
    return member_refused(change, index) or _rider(change, index)


def _bridge_port(change: Change, index: FleetIndex) -> Assessment:
    return member_refused(change, index) or _rider(change, index)


def _rider(change: Change, index: FleetIndex) -> Assessment:
    """A tunnel or a port of a bridge: what hits it hits the vms of the bridge."""
    if change.action is ActionKind.ADD:
        return _name_taken(change, index) or Assessment()
    bridge = (change.before or change.resource).text("bridge")
    vms = index.fleet.awake_on(change.place, bridge)
    if change.action is ActionKind.REMOVE and change.resource.kind == "tunnel":
        return Assessment()  # whom that cuts off from whom the planner says
    return Assessment(Impact.BRIEF if vms else Impact.NONE, vms)


def _flow(change: Change, index: FleetIndex) -> Assessment:
    vms = index.fleet.awake_on(change.place, change.resource.text("bridge"))
    return Assessment(Impact.BRIEF if vms else Impact.NONE, vms)


def _vm(change: Change, index: FleetIndex) -> Assessment:
    vm = change.resource
    running = change.before is not None and not is_off(change.before)
    if change.action is ActionKind.ADD and RESTORE in change.wishes:
        return backups.of_restore(change)
    if change.action is ActionKind.ADD:
        return (
            disks.no_image(vm, index.fleet)
            or disks.no_medium(change, index.fleet)
            or sizes.problem(vm)
            or no_memory(vm, index)
            or Assessment()
        )
    if change.action is ActionKind.REMOVE:
        if vm.get("state") == "saved":
            help = f"start it, which goes on from that state: `start {vm.name}`"
            return refused(vm, "E453", f"vm `{vm.name}` has a saved state, which would be lost", "", help)
        if problem := snapshots.lost(vm, index.fleet):
            return Assessment(problem=problem)
        kept = "" if change.wishes.get(DISKS) else "; its disk is kept"
        if running:
            return Assessment(Impact.RESTART, (vm.name,), f"stopped and undefined{kept}")
        return Assessment(how=f"undefined{kept}")
    if change.action is ActionKind.MOVE:
        return moves.assess(change, index, running)
    if RESTORE in change.wishes:
        return backups.of_restore(change)
    if change.wishes.get(REVERT) and not change.undo:
        return Assessment(Impact.DESTROY, (vm.name,), "what it has written since is lost")
    if change.before and change.renames:
        return Assessment(how=f"called {change.before.name} until now")
    if change.traceless:
        return Assessment(Impact.RESTART, (vm.name,), "its guest boots anew; reset if it does not heed")
    if "state" in change.differing():
        return _turned(change, index)
    return disks.no_medium(change, index.fleet) or sizes.problem(vm) or sizes.assess(change, running=running)


def _turned(change: Change, index: FleetIndex) -> Assessment:
    """A vm that comes to another state."""
    vm, (old, new) = change.resource, change.differing()["state"]
    if new == "running":
        how = {"paused": "resumed", "saved": "started: it goes on from its saved state, which is used up"}
        memory = no_memory(vm, index) if old != "paused" else None
        return memory or Assessment(how=how.get(str(old), "started"))
    how = {
        "paused": "paused until it is resumed",
        "saved": "its memory is written to its host's disk, and it is off",
    }
    off = "switched off without asking its guest" if change.wishes.get(FORCE) else "shut down"
    return Assessment(Impact.RESTART, (vm.name,), how.get(str(new), off))


def _nic(change: Change, index: FleetIndex) -> Assessment:
    port = change.resource
    assert port.parent
    vm = index.fleet.get("vm", port.place, port.parent[1])
    running = vm is not None and not is_off(vm)
    hits = (port.parent[1],)
    if change.action is ActionKind.ADD:
        taken = index.fleet.interface(port.place, port.name)
        if taken:
            return port_taken(port, port.name, taken)
        return Assessment(Impact.LIVE, hits, "hot-plugged") if running else Assessment()
    if not running:
        return Assessment()
    if change.action is ActionKind.REMOVE:
        if change.because == f"part of vm {port.parent[1]}":
            return Assessment()  # the vm's own removal tells the cost
        return Assessment(Impact.LIVE, hits, "unplugged")
    replugged = change.differing().keys() & _REPLUGGED
    return Assessment(Impact.BRIEF, hits, "unplugged and plugged in anew" if replugged else "updated live")


def _name_taken(change: Change, index: FleetIndex) -> Assessment | None:
    if change.action is not ActionKind.ADD:
        return None
    wanted = change.resource
    taken = index.fleet.interface(wanted.place, wanted.name)
    if not taken:
        return None
    message = f"the name `{wanted.name}` is taken by {described(taken)} on {wanted.place}"
    return refused(
        wanted, "E405", message, "", "bridges, tunnels and ports share their names: choose another"
    )


def _names(noun: str, names: tuple[str, ...]) -> str:
    return (noun if len(names) == 1 else noun + "s") + " " + ", ".join(names)


_ASSESSORS: Mapping[str, Callable[[Change, FleetIndex], Assessment]] = {
    "bridge": _bridge,
    "tunnel": _tunnel,
    "port": _bridge_port,
    "flow": _flow,
    "nic": _nic,
    "vm": _vm,
    "backup": lambda change, index: backups.assess(change, index.fleet),
    "snapshot": lambda change, index: snapshots.assess(change, index.fleet),
}

_STORAGE = {"disk": disks.assess, "cloudinit": seeds.assess, "pool": pools.assess, "image": images.assess}

_SERVICES = ("address", "route", "dhcp", "static", "nat")
