"""What joins bridges: tunnels whose ends meet, patch ports, and uplinks into one physical network. Pure.

Whether two uplinks lead into one network nobody can see from the hosts. It is taken for certain where both carry
their hosts' underlay addresses and those are of one subnet. It is assumed where bridges of one name have an uplink
each: whoever gives them one name, and moves vms from one to the other, means one network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_interface

from vnetsh.model import Fleet, Key, Resource
from vnetsh.reach.addresses import address_of, owners, plain_address

Spot = tuple[str, str]
"""A bridge: its host and its name. What is behind an uplink is one, too: see `outside`."""

_NO_KEY_IS_ZERO = frozenset({"vxlan", "geneve"})
"""Types whose packets always have an identifier."""


@dataclass(frozen=True, slots=True)
class Joint:
    """Two spots that are one network: `by` says in words by what, `made_of` are the resources that make it.

    `sure`: this is so; else it is assumed.
    """

    one: Spot
    other: Spot
    by: str
    made_of: tuple[Key, ...]
    sure: bool = True


def outside(host: str, uplink: str) -> Spot:
    """The physical network behind an uplink, as a spot; no bridge has a name with a slash."""
    return host, f"/{uplink}"


def joints(fleet: Fleet) -> list[Joint]:
    """Everything that joins two spots of a fleet."""
    return [*_tunnels(fleet), *_patches(fleet), *_uplinks(fleet)]


def same_tunnel(end: Resource) -> tuple[str, object]:
    """What two ends must have alike, and by what one host tells its tunnels to another one apart: type and key."""
    kind, key = end.text("type") or "gre", end.get("key")
    return kind, 0 if key is None and kind in _NO_KEY_IS_ZERO else key


def _tunnels(fleet: Fleet) -> Iterator[Joint]:
    ends = list(fleet.of_kind("tunnel"))
    if not ends:
        return
    hosts = owners(fleet)
    waiting: dict[object, list[Resource]] = {}
    for end in ends:
        there = hosts.get(plain_address(end.text("remote")), "")
        what = same_tunnel(end)
        others = waiting.get((there, end.place, what))
        if there and there != end.place and others:
            other = others.pop(0)
            by = f"tunnel {end.name}" if end.name == other.name else f"tunnel {other.name} and {end.name}"
            yield Joint(_bridge_of(other), _bridge_of(end), by, (other.key, end.key))
        elif there:
            waiting.setdefault((end.place, there, what), []).append(end)


def _bridge_of(member: Resource) -> Spot:
    return member.place, member.text("bridge")


def _patches(fleet: Fleet) -> Iterator[Joint]:
    for port in fleet.of_kind("port"):
        peer = fleet.get("port", port.place, port.text("peer")) if port.get("peer") else None
        if peer and peer.text("peer") == port.name and port.name < peer.name:
            by = f"the patch ports {port.name} and {peer.name} of {port.place}"
            yield Joint(_bridge_of(port), _bridge_of(peer), by, (port.key, peer.key))


def cables(fleet: Fleet) -> Iterator[tuple[Resource, Spot]]:
    """What leads out of the hosts: uplinks, by their bridges, and other links that are ports without a VLAN."""
    for bridge in fleet.of_kind("bridge"):
        if bridge.get("uplink"):
            yield bridge, outside(bridge.place, bridge.text("uplink"))
    for port in fleet.of_kind("port"):
        if port.get("type") == "system" and not (port.get("vlan") or port.get("trunk")):
            yield port, outside(port.place, port.name)


def _uplinks(fleet: Fleet) -> Iterator[Joint]:
    """Each bridge with what its cables lead to, and these with one another."""
    networks = dict(_underlays(fleet))
    of_name: dict[str, dict[Spot, Resource]] = {}
    for what, spot in cables(fleet):
        uplink = what.kind == "bridge"
        there = (what.place, what.name) if uplink else _bridge_of(what)
        by = f"{'uplink' if uplink else 'port'} {spot[1][1:]} of {what.place}"
        yield Joint(there, spot, by, (what.key,))
        network = networks.pop(spot, None)
        if network:
            yield Joint(spot, network, f"the hosts' network {network[1]}", (what.key,))
        if uplink:
            of_name.setdefault(what.name, {}).setdefault(network or spot, what)
    for spot, network in networks.items():
        yield Joint(spot, network, f"the hosts' network {network[1]}", ())
    for name, spots in of_name.items():
        for spot, bridge in spots.items() if len(spots) > 1 else ():
            yield Joint(spot, ("", f"/{name}"), f"the uplinks of {name}", (bridge.key,), sure=False)


def _underlays(fleet: Fleet) -> Iterator[tuple[Spot, Spot]]:
    """What each host's underlay address leads to, by a NIC of its own or its bridge's uplink, and the subnet there."""
    for name, host in fleet.hosts.items():
        address = plain_address(host.address) if host.address else ""
        for link, texts in fleet.addresses(name).items() if address else ():
            bridge = fleet.get("bridge", name, link)
            nic = bridge.text("uplink") if bridge else link
            for text in texts if nic else ():
                if address_of(text) == address:
                    yield outside(name, nic), ("", str(ip_interface(text).network))
