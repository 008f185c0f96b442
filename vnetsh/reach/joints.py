"""What joins bridges: tunnels whose ends meet, patch ports, and uplinks into one physical network. Pure.

Whether two uplinks lead into one network nobody can see from the hosts. It is taken for certain where both carry
their hosts' underlay addresses and those are of one subnet. It is assumed where bridges of one name have an uplink
each: whoever gives them one name, and moves vms from one to the other, means one network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_interface

from vnetsh.model import LINK_DOWN, Fleet, Key, LinkFacts, Resource, Value
from vnetsh.model.nics import bond_nics
from vnetsh.reach.addresses import address_of, owners, plain_address
from vnetsh.reach.tags import ALL, UNTAGGED, Tags

Spot = tuple[str, str]
"""A bridge: its host and its name. What is behind an uplink is one, too: see `outside`."""

_NO_KEY_IS_ZERO = frozenset({"vxlan", "geneve"})
"""Types whose packets always have an identifier."""


@dataclass(frozen=True, slots=True)
class Joint:
    """Two spots that are one network: `by` says in words by what, `made_of` are the resources that make it.

    `sure`: this is so; else it is assumed. `tags` are the links' at its two ends, and `links` their names.
    """

    one: Spot
    other: Spot
    by: str
    made_of: tuple[Key, ...]
    sure: bool = True
    tags: tuple[Tags, Tags] = (ALL, ALL)
    links: tuple[str, str] = ("", "")


def outside(host: str, uplink: str) -> Spot:
    """The physical network behind an uplink, as a spot; no bridge has a name with a slash."""
    return host, f"/{uplink}"


def is_outside(spot: Spot) -> bool:
    """Whether a spot is no bridge, but what is behind uplinks."""
    return not spot[0] or spot[1].startswith("/")


def joints(fleet: Fleet, *, down: bool = False) -> list[Joint]:
    """Everything that joins two spots of a fleet; with `down` tunnels, too, whose link is down."""
    return [*_tunnels(fleet, down), *_patches(fleet), *_veths(fleet), *_uplinks(fleet)]


def own_spot(port: Resource) -> Spot:
    """A port as a spot of its own, as which an isolated one counts."""
    return port.place, f"{port.text('bridge')}/{port.name}"


def leaves(fleet: Fleet) -> Iterator[Joint]:
    """What joins isolated ports, at which nothing more is, to their bridges."""
    return (_leaf(port, fleet) for port in fleet.of_kind("port") if port.get("isolated"))


def wrapping(fleet: Fleet) -> Iterator[Joint]:
    """The same of ports that wrap what they take, and by which nothing leads to other spots."""
    for port in fleet.of_kind("port"):
        if port.get("qinq") and not port.get("peer") and port.get("type") not in ("system", "bond"):
            yield _leaf(port, fleet)


def _leaf(port: Resource, fleet: Fleet) -> Joint:
    by = f"port {port.name} of {port.place}"
    return Joint(bridge_of(port), own_spot(port), by, (port.key,), tags=(own_tags(fleet, port), ALL))


def tags_of(fleet: Fleet, host: str, link: str, bridge: str) -> Tags:
    """How a link of a bridge takes VLANs: as its port says, else as its switch tells."""
    port = fleet.get("port", host, link)
    plug = None if port else fleet.plug(host, link)
    told = port.attributes if port else plug.bridges.get(bridge, {}) if plug else {}
    vlan, trunk = told.get("vlan"), _numbers(told.get("trunk"))
    untagged = native(fleet, host, bridge)
    if untagged and (vlan == untagged or (port and vlan is None and trunk is None)):
        vlan, trunk = None, frozenset({UNTAGGED}) | (trunk or frozenset())
    return Tags(
        vlan if isinstance(vlan, int) else UNTAGGED,
        trunk,
        bool(told.get("isolated")),
        bool(told.get("qinq")),
        _numbers(told.get("qinq")) or None,
    )


def native(fleet: Fleet, host: str, bridge: str) -> int:
    """The VLAN that what is untagged is at a bridge that has one for it, as the kernel's: else `UNTAGGED`."""
    found = fleet.get("bridge", host, bridge)
    return 1 if found and found.get("vlan-filtering") else UNTAGGED


def _numbers(value: Value) -> frozenset[int] | None:
    """The VLANs of a list; none of a list that says all."""
    return frozenset(one for one in value if isinstance(one, int)) if isinstance(value, tuple) else None


def own_tags(fleet: Fleet, member: Resource) -> Tags:
    """How a tunnel or port takes VLANs, and whether it is isolated."""
    tags = tags_of(fleet, member.place, member.name, member.text("bridge"))
    return replace(tags, isolated=True) if member.get("isolated") else tags


def same_tunnel(end: Resource) -> tuple[object, ...]:
    """What two ends must have alike, and by what one host tells its tunnels to another one apart: type, key, port."""
    kind, key = end.text("type") or "gre", end.get("key")
    return kind, 0 if key is None and kind in _NO_KEY_IS_ZERO else key, end.get("udp-port")


def tunnel_pairs(fleet: Fleet) -> Iterator[tuple[Resource, Resource]]:
    """The ends of tunnels that lead to one another and are alike; those of one name first."""
    ends = list(fleet.of_kind("tunnel"))
    if not ends:
        return
    hosts = owners(fleet)
    there = {end.key: hosts.get(plain_address(end.text("remote")), "") for end in ends}
    for named in (True, False):
        waiting: dict[object, list[Resource]] = {}
        for end in ends:
            other, what = there[end.key], (same_tunnel(end), end.name if named else "")
            others = waiting.get((other, end.place, what))
            if other and other != end.place and others:
                yield others.pop(0), end
            elif other:
                waiting.setdefault((end.place, other, what), []).append(end)
        left = {end.key for some in waiting.values() for end in some}
        ends = [end for end in ends if end.key in left]


def is_down(*ends: Resource) -> bool:
    """Whether the link of a tunnel is down, at one end of it at least."""
    return any(end.get("link") == LINK_DOWN for end in ends)


def _tunnels(fleet: Fleet, down: bool) -> Iterator[Joint]:
    for pair in tunnel_pairs(fleet):
        if down or not is_down(*pair):
            yield tunnel_joint(*pair, fleet)


def tunnel_joint(other: Resource, end: Resource, fleet: Fleet) -> Joint:
    """What two ends of a tunnel join."""
    by = f"tunnel {end.name}" if end.name == other.name else f"tunnel {other.name} and {end.name}"
    tags = own_tags(fleet, other), own_tags(fleet, end)
    names, keys = (other.name, end.name), (other.key, end.key)
    return Joint(bridge_of(other), bridge_of(end), by, keys, tags=tags, links=names)


def bridge_of(member: Resource) -> Spot:
    """The spot that something is a member of."""
    return member.place, member.text("bridge")


def _patches(fleet: Fleet) -> Iterator[Joint]:
    for port in fleet.of_kind("port"):
        peer = fleet.get("port", port.place, port.text("peer")) if port.get("peer") else None
        if peer and peer.text("peer") == port.name and port.name < peer.name:
            by = f"the patch ports {port.name} and {peer.name} of {port.place}"
            tags = own_tags(fleet, port), own_tags(fleet, peer)
            names, keys = (port.name, peer.name), (port.key, peer.key)
            yield Joint(bridge_of(port), bridge_of(peer), by, keys, tags=tags, links=names)


def _veths(fleet: Fleet) -> Iterator[Joint]:
    """Pairs of the kernel's virtual cables, both ends of which are at bridges."""
    for host, pairs in fleet.pairs.items():
        for one, other in pairs.items():
            here, there = _plugged(fleet, host, one), _plugged(fleet, host, other)
            if one < other and here and there:
                tags = tags_of(fleet, host, one, here[0][1]), tags_of(fleet, host, other, there[0][1])
                by = f"the veth pair {one} and {other} of {host}"
                keys = here[1], there[1]
                yield Joint(here[0], there[0], by, keys, tags=tags, links=(one, other))


def _plugged(fleet: Fleet, host: str, link: str) -> tuple[Spot, Key] | None:
    """The bridge that a link is at, and the resource that says so."""
    port, bridge = fleet.get("port", host, link), fleet.bridge_of_uplink(host, link)
    if port:
        return bridge_of(port), port.key
    return ((host, bridge.name), bridge.key) if bridge else None


def cables(fleet: Fleet) -> Iterator[tuple[Resource, Spot]]:
    """What leads out of the hosts: uplinks, by their bridges, and other links that are ports and lead to no bridge."""
    found = {(b.place, b.text("uplink")): b for b in fleet.of_kind("bridge") if b.get("uplink")}
    for port in fleet.of_kind("port"):
        leads_out = port.get("type") in ("system", "bond") and not port.get("mirrors")
        if leads_out:  # one that is about to be the uplink is one cable
            found.setdefault((port.place, _cable(fleet, port)), port)
    for (_, link), what in found.items():
        peer = fleet.pairs.get(what.place, {}).get(link, "")
        if not (peer and _plugged(fleet, what.place, peer)):
            yield what, outside(what.place, link)


def _cable(fleet: Fleet, port: Resource) -> str:
    """The link by which a port leads out: of a bond the NIC of whose addresses it is to give back, else any."""
    nics = bond_nics(port)
    back = fleet.facts_of(port.place, port.backend, LinkFacts).brought.get(port.name)
    return back if back in nics else nics[0] if nics else port.name


def _uplinks(fleet: Fleet) -> Iterator[Joint]:
    """Each bridge with what its cables lead to, and these with one another."""
    networks = dict(_underlays(fleet))
    of_name: dict[str, dict[Spot, Resource]] = {}
    for what, spot in cables(fleet):
        uplink = what.kind == "bridge"
        there = (what.place, what.name) if uplink else bridge_of(what)
        link = what.name if what.get("nics") else spot[1][1:]
        by = f"{'uplink' if uplink else 'port'} {link} of {what.place}"
        tags = tags_of(fleet, what.place, link, there[1])
        yield Joint(there, spot, by, (what.key,), tags=(tags, ALL), links=(link, ""))
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


def _way_out(fleet: Fleet, bridge: Resource) -> str:
    """A bridge's uplink, or the bond that is in its place."""
    ports = fleet.parts(bridge) if not bridge.get("uplink") else ()
    return next((_cable(fleet, port) for port in ports if port.get("type") == "bond"), bridge.text("uplink"))


def _underlays(fleet: Fleet) -> Iterator[tuple[Spot, Spot]]:
    """What each host's underlay address leads to, by a NIC of its own or its bridge's uplink, and the subnet there."""
    for name, host in fleet.hosts.items():
        address = plain_address(host.address) if host.address else ""
        for link, texts in fleet.addresses(name).items() if address else ():
            bridge = fleet.get("bridge", name, link)
            nic = _way_out(fleet, bridge) if bridge else link
            for text in texts if nic else ():
                if address_of(text) == address:
                    yield outside(name, nic), ("", str(ip_interface(text).network))
