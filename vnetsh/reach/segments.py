"""The networks that a fleet's bridges make together, and who is in which, VLAN by VLAN. Pure.

A joint carries every VLAN, but where a link of it is an access link or a trunk of some. A port without a VLAN sends
and takes what is untagged; an access port is of its VLAN; a trunk of those that it carries; and what one with `qinq`
takes is wrapped into its VLAN.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property

from vnetsh.model import LINK_DOWN, Fleet, Resource
from vnetsh.reach.floods import Islands, Segment, Union
from vnetsh.reach.joints import (
    Joint,
    Spot,
    cables,
    is_outside,
    joints,
    leaves,
    native,
    outside,
    own_spot,
    own_tags,
)
from vnetsh.reach.tags import UNTAGGED, vlans_in, wrapped

Domain = tuple[Segment, Segment]
"""What those have in common who reach one another: the segment by which their network is known, twice; or two."""


class Reach:
    """Who reaches whom in a fleet, uplinks that are assumed to lead into one network included."""

    def __init__(self, fleet: Fleet, vlans: Iterable[int] = ()) -> None:
        self._fleet = fleet
        joined = joints(fleet)
        self._union = Union((joint.one, joint.other) for joint in joined)
        self._cables = Union(
            (joint.one, joint.other) for joint in joined if is_outside(joint.one) and is_outside(joint.other)
        )
        self.vlans = vlans_of_fleet(fleet, joined).union(vlans)
        sent = {segment for port in fleet.of_kind("port") for segment in self._segments(port)}
        self._islands = Islands([*joined, *leaves(fleet)], self.vlans, sent)
        self._reached: dict[Segment, frozenset[Segment]] = {}
        self._domains: dict[Segment, frozenset[Domain]] = {}

    def at(self, spot: Spot, vlan: int) -> frozenset[Domain]:
        """The domains that a VLAN of a bridge, or of what is behind an uplink, is a part of.

        Two reach one another where they have one in common. It is one alone, but among islands of which not each
        reaches each: there it is one for each two that do.
        """
        island = self._islands.root((spot, vlan))
        found = self._domains.get(island)
        if found is None:
            mine = self._reach(island)
            if all(self._reach(other) == mine for other in mine):
                known = min(mine)
                found = frozenset({(known, known)})
            else:
                found = frozenset((min(island, other), max(island, other)) for other in mine)
            self._domains[island] = found
        return found

    def _reach(self, island: Segment) -> frozenset[Segment]:
        """The islands that an island reaches, itself too."""
        found = self._reached.get(island)
        if found is None:
            found = self._reached[island] = frozenset(self._islands.flood(island))
        return found

    def frames(self, spot: Spot) -> Set[int]:
        """The frames that there may be at a spot: VLANs, and what is wrapped in one."""
        return self._islands.frames.at(spot)

    def network(self, host: str, bridge: str) -> Spot:
        """The network that a bridge is a part of, as one of its spots: the same for all that are joined."""
        return self._union.root((host, bridge))

    def domains(self, port: Resource) -> frozenset[Domain]:
        """The domains that a port is in: none where its link is down, or it is only sent copies."""
        if port.get("link") == LINK_DOWN or port.get("mirrors"):
            return frozenset()
        if port.get("isolated") and port.key in self._fleet.resources:
            tags = own_tags(self._fleet, port)
            outside = (tags.out(frame) for frame in vlans_of(port, self._fleet))
            return self._of((own_spot(port), frame) for frame in outside if frame is not None)
        return self._of(self._segments(port))

    def _segments(self, port: Resource) -> Iterator[Segment]:
        """What a port sends and takes, as it is on its bridge, or on a network of many hosts."""
        if attached := self._fleet.attached(port):
            return iter([((attached.place, attached.text("network")), UNTAGGED)])
        bridge, vlan = device_of(self._fleet, port.place, port.text("bridge"))
        return ((bridge, frame) for frame in ([vlan] if vlan else vlans_of(port, self._fleet)))

    def _of(self, segments: Iterable[Segment]) -> frozenset[Domain]:
        return frozenset(domain for segment in segments for domain in self.at(*segment))

    def link(self, host: str, name: str) -> frozenset[Domain]:
        """The domains that a link of the host is in: a bridge's device, a port, or a NIC of its own."""
        port = self._fleet.get("port", host, name)
        if port:
            return self.domains(port)
        if self._fleet.get("bridge", host, name):
            return self.at(*device_of(self._fleet, host, name))
        return self.at(outside(host, name), UNTAGGED)

    def ways_out(self, host: str, link: str) -> frozenset[int]:
        """The frames, as they are on a cable, by which a host's link reaches what is outside of the hosts."""
        if self._fleet.interface(host, link) is None:
            return frozenset({UNTAGGED})
        mine = self.link(host, link)
        spots = [spots[0] for spots in self.cables.values()]
        return frozenset(vlan for spot in spots for vlan in self.frames(spot) if self.at(spot, vlan) & mine)

    def reaches(self, one: Resource, other: Resource) -> bool:
        """Whether what one port sends can come to another one."""
        return not self.domains(one).isdisjoint(self.domains(other))

    @cached_property
    def vms(self) -> Mapping[tuple[str, str], frozenset[Domain]]:
        """The domains that each vm is in, by host and name; a vm without NICs is in none."""
        found: dict[tuple[str, str], set[Domain]] = {
            (vm.place, vm.name): set() for vm in self._fleet.of_kind("vm")
        }
        for port in self._fleet.of_kind("port"):
            if port.parent and port.parent[0] == "vm" and port.get("bridge"):
                found.setdefault((port.place, port.parent[1]), set()).update(self.domains(port))
        return {vm: frozenset(domains) for vm, domains in found.items()}

    @cached_property
    def cables(self) -> Mapping[Spot, Sequence[Spot]]:
        """The physical networks: of each, what is behind the uplinks that lead into it."""
        found: dict[Spot, list[Spot]] = {}
        for _, spot in cables(self._fleet):
            found.setdefault(self._cables.root(spot), []).append(spot)
        return found


def device_of(fleet: Fleet, host: str, name: str) -> Segment:
    """The bridge whose ports are a bridge's, and the VLAN there: it may be a VLAN of another one."""
    bridge = fleet.get("bridge", host, name)
    if bridge and bridge.get("parent"):
        vlan = bridge.get("vlan")
        return (host, bridge.text("parent")), vlan if isinstance(vlan, int) else UNTAGGED
    return (host, name), UNTAGGED


def vlans_of_fleet(fleet: Fleet, joined: Iterable[Joint]) -> frozenset[int]:
    """All VLANs that somebody speaks of."""
    found = set(vlans_of_joints(joined))
    for port in fleet.of_kind("port"):
        found.update(*map(vlans_in, vlans_of(port, fleet)))
    for bridge in fleet.of_kind("bridge"):
        if isinstance(vlan := bridge.get("vlan"), int):
            found.add(vlan)
    return frozenset(found)


def vlans_of_joints(joined: Iterable[Joint]) -> frozenset[int]:
    """The VLANs that links speak of, and `UNTAGGED`."""
    return frozenset({UNTAGGED}).union(*(tags.vlans for joint in joined for tags in joint.tags))


def vlans_of(port: Resource, fleet: Fleet) -> Iterable[int]:
    """The VLANs of the packets that a port takes; of one that wraps what it takes what comes of that."""
    vlan, trunk, inner = port.get("vlan"), port.get("trunk"), port.get("qinq")
    if isinstance(vlan, int) and isinstance(inner, tuple):
        some = [one for one in inner if isinstance(one, int)]
        return [wrapped(vlan, one) for one in some or [UNTAGGED]]
    if vlan is not None and vlan == native(fleet, port.place, port.text("bridge")):
        vlan = UNTAGGED
    if not isinstance(trunk, tuple):
        return [vlan if isinstance(vlan, int) else UNTAGGED]
    return [one for one in (vlan, *trunk) if isinstance(one, int)]
