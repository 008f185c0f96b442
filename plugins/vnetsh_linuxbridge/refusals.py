"""Why Linux bridges cannot be as it is wanted. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource, Value
from vnetsh.model.change import Change
from vnetsh.schema import Ranges
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.links import BRIDGE, NAME, OVS, TAP

_WORDS = {"E421": "bridge", "E422": "type", "E423": "vlan", "E425": "uplink", "E426": "uplink"}
"""The word that a problem is about, by its code; the name of others."""

_OTHERS_DEVICES = (BRIDGE, TAP, OVS)
"""Kinds of links that a plan may remove before it makes a bridge of that name: the fleet tells of those."""


def internal_port(port: Resource) -> Assessment:
    """Why a port is not internal."""
    return refused(
        port,
        "E422",
        f"a Linux bridge makes no internal ports: `{port.name}` cannot be one",
        f"join the end of a veth pair instead (`ip link add {port.name} type veth peer name …`, "
        f"then `port {port.name}`), or make the bridge with Open vSwitch: `backend ovs`",
    )


def vlans(port: Resource, value: Value) -> Assessment:
    """Why a port has no VLANs."""
    shown = Ranges().show(value) if isinstance(value, tuple) else value
    return refused(
        port,
        "E423",
        f"vnetsh sets no VLANs on Linux bridges: port `{port.name}` cannot have {shown}",
        f"make the bridge with Open vSwitch: `bridge {port.text('bridge')} on {port.place} backend ovs`",
    )


def tunnel(change: Change, index: FleetIndex) -> Assessment:
    """A Linux bridge has no tunnels here."""
    wanted = change.resource
    return no_tunnel(wanted, there=bool(index.fleet.get("bridge", wanted.place, wanted.text("bridge"))))


def no_tunnel(wanted: Resource, *, there: bool) -> Assessment:
    """Why a tunnel is none of a Linux bridge; the remedy depends on whether the bridge is there already."""
    host, bridge = wanted.place, wanted.text("bridge")
    ovs = "with Open vSwitch: `bridge {} on " + host + " backend ovs`"
    if there:
        remedy = (
            "make another bridge " + ovs.format("NAME") + f", and say `on NAME` in tunnel `{wanted.name}`"
        )
    else:
        remedy = "make that bridge " + ovs.format(bridge)
    message = f"a Linux bridge carries no {wanted.text('type') or 'gre'} tunnel: `{bridge}` on {host} is one"
    return refused(wanted, "E421", message, remedy)


def used(bridge: Resource, vms: tuple[str, ...], index: FleetIndex) -> Assessment | None:
    """Why a bridge must stay: vms on it."""
    if vms:
        riders = f"vm{'s' * (len(vms) > 1)} {', '.join(vms)}"
        return refused(
            bridge,
            "E429",
            f"bridge `{bridge.name}` on {bridge.place} still has ports of {riders}",
            "take the ports out, move the vms away or delete them first",
        )
    return None


def name_taken(bridge: Resource, index: FleetIndex) -> Assessment | None:
    """Why a bridge cannot have its name: something else has it."""
    taken = index.fleet.interface(bridge.place, bridge.name)
    kind = index.link_kind(bridge.place, bridge.name)
    if taken:
        owner = f"{taken.kind} {taken.name}"
    elif kind is not None and kind not in _OTHERS_DEVICES:
        owner = f"a {kind} link" if kind else "a NIC"
    else:
        return None
    message = f"the name `{bridge.name}` is taken by {owner} on {bridge.place}"
    return refused(bridge, "E424", message, "all links of a host share their names: choose another")


def cannot_take_in(where: Resource, link: str, bridge: str, index: FleetIndex) -> Assessment | None:
    """Why a link cannot become a port or the uplink of a bridge."""
    host = where.place
    owner = index.bridge_of(host, link) if link else ""
    master = index.master(host, link)
    if not owner and master and index.link_kind(host, master) not in _OTHERS_DEVICES:
        owner = master
    if owner and owner != bridge:
        return refused(
            where,
            "E426",
            f"`{link}` on {host} is a port of `{owner}` already",
            f"a link belongs to one bridge: take it out of `{owner}` first",
        )
    addresses = index.addresses(host, link)
    if addresses:
        return refused(
            where,
            "E425",
            f"`{link}` on {host} carries the address {', '.join(addresses)}: as a port it would lose it",
            "vnetsh does not move addresses yet: move it by hand, from the host's console: "
            f"`ip address delete {addresses[0]} dev {link}; ip address add {addresses[0]} dev {bridge}`",
        )
    return None


def not_restorable(where: Resource, bridge: str, index: FleetIndex) -> Assessment | None:
    """What vnetsh takes out it must be able to put back: it cannot do that with VLAN tables."""
    if not index.filters_vlans(where.place, bridge):
        return None
    return refused(
        where,
        "E427",
        f"bridge `{bridge}` on {where.place} filters VLANs, which vnetsh could not restore",
        "do it by hand with `ip` and `bridge vlan`, or switch `vlan_filtering` off first",
    )


def kind(change: Change, index: FleetIndex) -> Assessment:
    """Why something of a kind that is not known here is not made."""
    resource = change.resource
    message = f"no backend `{NAME}` makes a {resource.kind} on {resource.place}"
    return refused(resource, "E108", message, "")


def refused(resource: Resource, code: str, message: str, help: str) -> Assessment:
    """The assessment that refuses a change of a resource."""
    return Assessment(
        problem=Diagnostic(code, message, resource.at(_WORDS.get(code, "name"), "name"), help=help)
    )
