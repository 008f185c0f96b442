"""Why Linux bridges cannot be as it is wanted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.hosts import kernel
from vnetsh.model import Fleet, Resource, Value
from vnetsh.model.change import Change
from vnetsh_linuxbridge.encap import GRE, PORT, TYPES, VXLAN, device_of
from vnetsh_linuxbridge.facts import KernelFacts
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.links import BRIDGE, NAME, OVS, TAP
from vnetsh_linuxbridge.records import record_of, recorded_encap

LEAST_DELAY, MOST_DELAY = 2, 30
"""The forward delays, in seconds, with which the kernel runs a spanning tree."""

_WORDS = {
    "E404": "key",
    "E421": "type",
    "E422": "type",
    "E315": "type",
    "E423": "vlan",
    "E425": "uplink",
    "E426": "uplink",
    "E497": "key",
    "E499": "forward-delay",
    "E527": "static",
    "E532": "vlan-filtering",
    "E533": "vlan",
}
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


def tunnel_type(tunnel: Resource, index: FleetIndex | None = None) -> Assessment | None:
    """Why a tunnel of a Linux bridge is not of its type: no bridge carries it, or not that of a host's kernel."""
    bridge, kind = tunnel.text("bridge"), tunnel.text("type") or GRE
    told = f"say `type {VXLAN} key NUMBER` of it, or `on` another bridge, of Open vSwitch"
    if kind == GRE and tunnel.get("mesh"):
        message = f"a Linux bridge has no mesh of {GRE}: `{bridge}` of mesh `{tunnel.text('mesh')}` is one"
        return refused(tunnel, "E421", message, told)
    if kind not in TYPES.values():
        message = f"a Linux bridge carries no {kind} tunnel: `{bridge}` of tunnel `{tunnel.name}` is one"
        return refused(tunnel, "E421", message, told)
    needed = kernel.GRE_BY_IPV6 if ":" in tunnel.text("remote") else kernel.GRE
    if kind != GRE or index is None or needed in index.abilities(tunnel.place):
        return None
    message = f"the kernel of {tunnel.place} has no tunnels of {GRE} (no {needed}), as `{tunnel.name}` on `{bridge}` is"
    return refused(tunnel, "E315", message, told)


def no_key(tunnel: Resource) -> Assessment:
    """A tunnel's device has a key in any case."""
    return refused(
        tunnel,
        "E496",
        f"tunnel `{tunnel.name}` on the Linux bridge `{tunnel.text('bridge')}` has no key",
        "say one, which no other VXLAN of its hosts has: `key 42`",
    )


def key_too_big(tunnel: Resource, value: Value) -> Assessment:
    """Why a network's number is too big."""
    most = 2**24 - 1
    message = f"key {value} is too big for {VXLAN}: its network identifier has 24 bits"
    return refused(tunnel, "E404", message, f"choose one from 0 to {most}")


def link_of_mesh(tunnel: Resource) -> Assessment:
    """Why one of a mesh's tunnels cannot be taken down."""
    message = (
        f"the link of tunnel `{tunnel.name}` cannot be taken down: {tunnel.place} has one device for all tunnels of "
        f"mesh `{tunnel.text('mesh')}`"
    )
    return refused(tunnel, "E525", message, "leave the host out of the mesh instead")


def key_taken(change: Change, after: Fleet) -> Assessment | None:
    """Why a host takes no second device of a network: the kernel would not know which of them a packet is for."""
    tunnel = change.after
    if tunnel is None or tunnel.kind != "tunnel" or not change.differing().keys() & {"type", "key", "remote"}:
        return None
    ends = {end.name: end for end in after.of_kind("tunnel", tunnel.place) if end.backend == NAME}
    of_mesh = tunnel.get("mesh")  # all of them are one device
    same = (
        name
        for name, end in ends.items()
        if name != tunnel.name
        and _network_of(end) == _network_of(tunnel)
        and not (of_mesh and end.get("mesh") == of_mesh)
    )
    # Those that were on a bridge stand among the ends, where they are there still.
    facts = after.facts_of(tunnel.place, NAME, KernelFacts)
    free = (
        name
        for name, device in facts.vnis.items()
        if device.port == PORT
        and _network(device.type, device.id, device.remote, device.local) == _network_of(tunnel)
    )
    other = next(chain(same, free), "")
    return same_key(tunnel, other) if other else None


def same_key(tunnel: Resource, other: str) -> Assessment:
    """Why a tunnel has not the key of another device of its host."""
    return refused(
        tunnel,
        "E497",
        f"key {tunnel.get('key')} of tunnel `{tunnel.name}` is that of the device `{other}` on {tunnel.place}",
        "the kernel has one device of a network: give the tunnel another `key`",
    )


def _network(type: str, key: Value, remote: str, local: str) -> tuple[Value, ...]:
    """By what the kernel tells a device from others."""
    return (type, key, str(":" in remote)) if type == VXLAN else (type, key, remote, local)


def _network_of(tunnel: Resource) -> tuple[Value, ...]:
    return _network(
        tunnel.text("type") or GRE, tunnel.get("key"), tunnel.text("remote"), tunnel.text("local")
    )


def hub(tunnel: Resource) -> Assessment:
    """Why a mesh on Linux bridges has no hub."""
    return refused(
        tunnel,
        "E500",
        f"mesh `{tunnel.text('mesh')}` on the Linux bridge `{tunnel.text('bridge')}` has a hub: the kernel sends "
        "nothing on from one of its tunnels into another",
        "leave `hub` out, and there is a tunnel between each two; or make the bridge with Open vSwitch",
    )


def mesh(tunnel: Resource, index: FleetIndex) -> Assessment | None:
    """Why a tunnel is not of a mesh on a Linux bridge: that has a hub, or its device could not have its name."""
    name, host = tunnel.text("mesh"), tunnel.place
    if not tunnel.get("isolated"):
        return hub(tunnel)
    device = device_of(name)
    owner = index.fleet.interface(host, device)
    if not owner and (index.link_kind(host, device) is None or index.mesh_of(host, device) == name):
        return None
    message = f"the name `{device}`, which mesh `{name}` needs for its device on {host}, is taken there"
    return refused(
        tunnel, "E424", message, "all links of a host share their names: choose another for the mesh"
    )


def others(tunnel: Resource) -> Assessment | None:
    """What vnetsh takes out or makes anew it must be able to put back: it knows not all options of others' tunnels."""
    known = recorded_encap(record_of(tunnel))
    found = known.others if known else ()
    if not found:
        return None
    return refused(
        tunnel,
        "E501",
        f"the device of tunnel `{tunnel.name}` on {tunnel.place} has what vnetsh could not restore: {', '.join(found)}",
        f"do it by hand: `ip link delete {tunnel.name}` on {tunnel.place}",
    )


def delay_out_of_range(bridge: Resource, delay: int) -> Assessment | None:
    """Why a spanning tree cannot be with a forward delay: the kernel would take another one."""
    if LEAST_DELAY <= delay <= MOST_DELAY:
        return None
    return refused(
        bridge,
        "E499",
        f"bridge `{bridge.name}` on {bridge.place} takes part in no spanning tree: its forward delay is {delay} s",
        f"say one from {LEAST_DELAY} to {MOST_DELAY} s, too: `forward-delay 15`",
    )


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
    """What vnetsh takes out it must be able to put back: it cannot where VLANs are otherwise than it has them."""
    if not index.filters_vlans(where.place, bridge):
        return None
    odd = [*index.odd(where.place, bridge)]
    device = index.stacked(where.place, bridge)
    if device and where.kind == "bridge":
        odd.append(f"the VLAN device {device} is on it")
    if not odd:
        return None
    return refused(
        where,
        "E427",
        f"bridge `{bridge}` on {where.place} filters VLANs as vnetsh could not restore it: {', '.join(odd)}",
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


def own_address(port: Resource, macs: Sequence[str], index: FleetIndex) -> Assessment | None:
    """A MAC address of a link of the host's own: a table that leads it away would cut that off."""
    known = index.fleet.facts_of(port.place, NAME, KernelFacts).macs
    mac = next((mac for mac in macs if mac in known), "")
    if not mac:
        return None
    message = (
        f"the MAC address {mac} is not behind port `{port.name}`: it is that of {known[mac]} of {port.place}"
    )
    return refused(port, "E527", message, "say those of whoever is reached by the port")
