"""What a change of a Linux bridge costs, and what refuses it. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.links import BRIDGE, TAP

_OTHERS_DEVICES = (BRIDGE, TAP, "openvswitch")
"""Kinds of links that a plan may remove before it makes a bridge of that name: the fleet tells of those."""


def assess(change: Change, index: FleetIndex) -> Assessment:
    """The cost of a change, or the problem that refuses it."""
    if change.resource.kind == "bridge":
        return _bridge(change, index)
    if change.resource.kind == "tunnel":
        return _tunnel(change.resource, index)
    return _port(change, index)


def _bridge(change: Change, index: FleetIndex) -> Assessment:
    bridge = change.resource
    vms = index.fleet.vms_on(bridge.place, bridge.name)
    if change.action is ActionKind.REMOVE:
        return _used(bridge, vms, index) or _not_restorable(bridge, bridge.name, index) or Assessment()
    if change.action is ActionKind.ADD:
        return (
            _name_taken(bridge, index)
            or _cannot_take_in(bridge, bridge.text("uplink"), bridge.name, index)
            or Assessment()
        )
    assert change.before
    resized = "mtu" in change.differing()
    kept = "NICs of vms keep the MTU that they have" if resized and vms else ""
    resizing = Assessment(Impact.LIVE, (), kept) if resized else Assessment()
    replaced = change.before.text("uplink")
    if replaced == bridge.text("uplink"):
        return resizing
    problem = _cannot_take_in(bridge, bridge.text("uplink"), bridge.name, index)
    if not problem and replaced:
        problem = _not_restorable(bridge, bridge.name, index)
    return problem or (Assessment(Impact.BRIEF, vms, kept) if vms and replaced else resizing)


def _port(change: Change, index: FleetIndex) -> Assessment:
    port = change.resource
    bridge = port.text("bridge")
    if change.action is ActionKind.REMOVE:
        vms = index.fleet.vms_on(port.place, bridge)
        cost = Assessment(Impact.BRIEF if vms else Impact.NONE, vms)
        return _not_restorable(port, bridge, index) or cost
    if port.get("type") == "internal":
        return _refused(
            port,
            "E422",
            f"a Linux bridge makes no internal ports: `{port.name}` cannot be one",
            f"join the end of a veth pair instead (`ip link add {port.name} type veth peer name …`, "
            f"then `port {port.name}`), or make the bridge with Open vSwitch: `backend ovs`",
        )
    if port.get("vlan") is not None:
        return _refused(
            port,
            "E423",
            f"vnetsh sets no VLANs on Linux bridges: port `{port.name}` cannot have {port.get('vlan')}",
            f"make the bridge with Open vSwitch: `bridge {bridge} on {port.place} backend ovs`",
        )
    return _cannot_take_in(port, port.name, bridge, index) or Assessment()


def _tunnel(tunnel: Resource, index: FleetIndex) -> Assessment:
    """A Linux bridge has no tunnels here; the remedy depends on whether the bridge is there already."""
    host, bridge = tunnel.place, tunnel.text("bridge")
    ovs = "with Open vSwitch: `bridge {} on " + host + " backend ovs`"
    if index.fleet.get("bridge", host, bridge):
        remedy = (
            "make another bridge " + ovs.format("NAME") + f", and say `on NAME` in tunnel `{tunnel.name}`"
        )
    else:
        remedy = "make that bridge " + ovs.format(bridge)
    message = f"a Linux bridge carries no {tunnel.get('type')} tunnel: `{bridge}` on {host} is one"
    return _refused(tunnel, "E421", message, remedy)


def _used(bridge: Resource, vms: tuple[str, ...], index: FleetIndex) -> Assessment | None:
    """Why a bridge must stay: vms on it, or the host's own addresses."""
    if vms:
        riders = f"vm{'s' * (len(vms) > 1)} {', '.join(vms)}"
        return _refused(
            bridge,
            "E429",
            f"bridge `{bridge.name}` on {bridge.place} still has ports of {riders}",
            "take the ports out, move the vms away or delete them first",
        )
    addresses = index.addresses(bridge.place, bridge.name)
    if addresses:
        return _refused(
            bridge,
            "E428",
            f"bridge `{bridge.name}` on {bridge.place} carries the host's address {', '.join(addresses)}",
            f"move it first: `ip address delete {addresses[0]} dev {bridge.name}` on {bridge.place}",
        )
    return None


def _name_taken(bridge: Resource, index: FleetIndex) -> Assessment | None:
    taken = index.fleet.interface(bridge.place, bridge.name)
    kind = index.link_kind(bridge.place, bridge.name)
    if taken:
        owner = f"{taken.kind} {taken.name}"
    elif kind is not None and kind not in _OTHERS_DEVICES:
        owner = f"a {kind} link" if kind else "a NIC"
    else:
        return None
    message = f"the name `{bridge.name}` is taken by {owner} on {bridge.place}"
    return _refused(bridge, "E424", message, "all links of a host share their names: choose another")


def _cannot_take_in(where: Resource, link: str, bridge: str, index: FleetIndex) -> Assessment | None:
    """Why a link cannot become a port or the uplink of a bridge."""
    host = where.place
    owner = index.bridge_of(host, link) if link else ""
    master = index.master(host, link)
    if not owner and master and index.link_kind(host, master) not in _OTHERS_DEVICES:
        owner = master
    if owner and owner != bridge:
        return _refused(
            where,
            "E426",
            f"`{link}` on {host} is a port of `{owner}` already",
            f"a link belongs to one bridge: take it out of `{owner}` first",
        )
    addresses = index.addresses(host, link)
    if addresses:
        return _refused(
            where,
            "E425",
            f"`{link}` on {host} carries the address {', '.join(addresses)}: as a port it would lose it",
            "vnetsh does not move addresses yet: move it by hand, from the host's console: "
            f"`ip address delete {addresses[0]} dev {link}; ip address add {addresses[0]} dev {bridge}`",
        )
    return None


def _not_restorable(where: Resource, bridge: str, index: FleetIndex) -> Assessment | None:
    """What vnetsh takes out it must be able to put back: it cannot do that with VLAN tables."""
    if not index.filters_vlans(where.place, bridge):
        return None
    return _refused(
        where,
        "E427",
        f"bridge `{bridge}` on {where.place} filters VLANs, which vnetsh could not restore",
        "do it by hand with `ip` and `bridge vlan`, or switch `vlan_filtering` off first",
    )


def _refused(resource: Resource, code: str, message: str, help: str) -> Assessment:
    return Assessment(problem=Diagnostic(code, message, resource.span, help=help))
