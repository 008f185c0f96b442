"""What joins bridges: tunnels whose ends meet, patch ports, and uplinks into one physical network. Pure.

Whether two uplinks lead into one network nobody can see from the hosts. It is taken for certain where both carry
their hosts' underlay addresses and those are of one subnet. It is assumed where bridges of one name have an uplink
each: whoever gives them one name, and moves vms from one to the other, means one network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_interface

from vnetsh.model import Fleet, Key, LinkFacts, Resource

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
    hosts = _hosts_by_address(fleet)
    waiting: dict[object, list[Resource]] = {}
    for end in ends:
        there = hosts.get(_plain(end.text("remote")), "")
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


def _hosts_by_address(fleet: Fleet) -> Mapping[str, str]:
    """The host that has an address: as said, else as seen on one of its links."""
    found: dict[str, str] = {}
    for (place, _), facts in fleet.facts.items():
        for texts in facts.addresses.values() if isinstance(facts, LinkFacts) else ():
            found |= {_plain(text.partition("/")[0]): place for text in texts}
    return {**found, **{_plain(host.address): name for name, host in fleet.hosts.items() if host.address}}


@lru_cache(maxsize=4096)
def _plain(address: str) -> str:
    """An address in its one form."""
    try:
        return str(ip_address(address))
    except ValueError:
        return address


def _patches(fleet: Fleet) -> Iterator[Joint]:
    for port in fleet.of_kind("port"):
        peer = fleet.get("port", port.place, port.text("peer")) if port.get("peer") else None
        if peer and peer.text("peer") == port.name and port.name < peer.name:
            by = f"the patch ports {port.name} and {peer.name} of {port.place}"
            yield Joint(_bridge_of(port), _bridge_of(peer), by, (port.key, peer.key))


def _uplinks(fleet: Fleet) -> Iterator[Joint]:
    """Each bridge with what is behind its uplink, and these with one another."""
    of_name: dict[str, dict[Spot, Resource]] = {}
    for bridge in fleet.of_kind("bridge"):
        if not bridge.get("uplink"):
            continue
        spot = outside(bridge.place, bridge.text("uplink"))
        yield Joint(
            (bridge.place, bridge.name), spot, f"uplink {spot[1][1:]} of {bridge.place}", (bridge.key,)
        )
        network = _underlay_network(bridge, fleet)
        if network:
            yield Joint(spot, ("", network), f"the hosts' network {network}", (bridge.key,))
            spot = "", network
        of_name.setdefault(bridge.name, {}).setdefault(spot, bridge)
    for name, spots in of_name.items():
        for spot, bridge in spots.items() if len(spots) > 1 else ():
            yield Joint(spot, ("", f"/{name}"), f"the uplinks of {name}", (bridge.key,), sure=False)


def _underlay_network(bridge: Resource, fleet: Fleet) -> str:
    """The subnet of the host's underlay address, where this bridge or its uplink carries that; else nothing."""
    host = fleet.hosts.get(bridge.place)
    address = _plain(host.address) if host and host.address else ""
    for link in (bridge.name, bridge.text("uplink")) if address else ():
        for text in _addresses(fleet, bridge.place, link):
            if _plain(text.partition("/")[0]) == address:
                return str(ip_interface(text).network)
    return ""


def _addresses(fleet: Fleet, place: str, link: str) -> Iterable[str]:
    for (where, _), facts in fleet.facts.items():
        if where == place and isinstance(facts, LinkFacts):
            yield from facts.addresses.get(link, ())
