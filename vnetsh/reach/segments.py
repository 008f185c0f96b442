"""The networks that a fleet's bridges make together, and who is in which, VLAN by VLAN. Pure.

A joint carries every VLAN, but where a link of it is an access link or a trunk of some. A port without a VLAN sends
and takes what is untagged; an access port is of its VLAN; a trunk of those that it carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from vnetsh.model import Fleet, Resource
from vnetsh.reach.joints import UNTAGGED, Joint, Spot, cables, joints, outside

Segment = tuple[Spot, int]
"""A broadcast domain: a spot of it, and the VLAN that it is there (or `UNTAGGED`)."""

At = TypeVar("At", bound=tuple[Any, ...])


class Union(Generic[At]):
    """Spots, or segments, that are joined, as sets: each set is known by one of them."""

    def __init__(self, joined: Iterable[tuple[At, At]] = ()) -> None:
        self._leads: dict[At, At] = {}
        for one, other in joined:
            self.join(one, other)

    def root(self, spot: At) -> At:
        """The one by which the set of this one is known."""
        leads, root = self._leads, spot
        while (above := leads.get(root, root)) != root:
            root = above
        while spot != root:
            leads[spot], spot = root, leads.get(spot, spot)
        return root

    def join(self, one: At, other: At) -> bool:
        """Make one set of two; False where they were one already."""
        one, other = self.root(one), self.root(other)
        self._leads[max(one, other)] = min(one, other)
        return one != other


class Reach:
    """Who reaches whom in a fleet, uplinks that are assumed to lead into one network included."""

    def __init__(self, fleet: Fleet, vlans: Iterable[int] = ()) -> None:
        self._fleet = fleet
        joined = joints(fleet)
        self._union = Union((joint.one, joint.other) for joint in joined)
        self._cables = Union(
            (joint.one, joint.other) for joint in joined if _behind(joint.one) and _behind(joint.other)
        )
        self.vlans = vlans_in(fleet, joined).union(vlans)
        self._segments: Union[Segment] = Union(_crossings(joined, self.vlans))

    def at(self, spot: Spot, vlan: int) -> Segment:
        """The broadcast domain that a VLAN of a bridge, or of what is behind an uplink, is a part of."""
        return self._segments.root((spot, vlan))

    def network(self, host: str, bridge: str) -> Spot:
        """The network that a bridge is a part of, as one of its spots: the same for all that are joined."""
        return self._union.root((host, bridge))

    def segments(self, port: Resource) -> frozenset[Segment]:
        """The broadcast domains that a port is in."""
        bridge, vlan = self._device(port.place, port.text("bridge"))
        return frozenset(self.at(bridge, one) for one in ([vlan] if vlan else vlans_of(port)))

    def _device(self, host: str, name: str) -> Segment:
        """The bridge whose ports are a bridge's, and the VLAN there: it may be a VLAN of another one."""
        bridge = self._fleet.get("bridge", host, name)
        if bridge and bridge.get("parent"):
            vlan = bridge.get("vlan")
            return (host, bridge.text("parent")), vlan if isinstance(vlan, int) else UNTAGGED
        return (host, name), UNTAGGED

    def link(self, host: str, name: str) -> frozenset[Segment]:
        """The broadcast domains that a link of the host is in: a bridge's device, a port, or a NIC of its own."""
        port = self._fleet.get("port", host, name)
        if port:
            return self.segments(port)
        if self._fleet.get("bridge", host, name):
            return frozenset({self.at(*self._device(host, name))})
        return frozenset({self.at(outside(host, name), UNTAGGED)})

    def ways_out(self, host: str, link: str) -> frozenset[int]:
        """The VLANs, as they are on a cable, by which a host's link reaches what is outside of the hosts."""
        if self._fleet.interface(host, link) is None:
            return frozenset({UNTAGGED})
        mine = self.link(host, link)
        spots = [spots[0] for spots in self.cables.values()]
        return frozenset(vlan for spot in spots for vlan in self.vlans if self.at(spot, vlan) in mine)

    def reaches(self, one: Resource, other: Resource) -> bool:
        """Whether what one port sends can come to another one."""
        return not self.segments(one).isdisjoint(self.segments(other))

    @cached_property
    def vms(self) -> Mapping[tuple[str, str], frozenset[Segment]]:
        """The broadcast domains that each vm is in, by host and name; a vm without NICs is in none."""
        found: dict[tuple[str, str], set[Segment]] = {
            (vm.place, vm.name): set() for vm in self._fleet.of_kind("vm")
        }
        for port in self._fleet.of_kind("port"):
            if port.parent and port.parent[0] == "vm" and port.get("bridge"):
                found.setdefault((port.place, port.parent[1]), set()).update(self.segments(port))
        return {vm: frozenset(segments) for vm, segments in found.items()}

    @cached_property
    def cables(self) -> Mapping[Spot, Sequence[Spot]]:
        """The physical networks: of each, what is behind the uplinks that lead into it."""
        found: dict[Spot, list[Spot]] = {}
        for _, spot in cables(self._fleet):
            found.setdefault(self._cables.root(spot), []).append(spot)
        return found


def _behind(spot: Spot) -> bool:
    """Whether a spot is no bridge, but what is behind uplinks."""
    return not spot[0] or spot[1].startswith("/")


def _crossings(joined: Iterable[Joint], vlans: Iterable[int]) -> Iterable[tuple[Segment, Segment]]:
    """What is one broadcast domain by a joint."""
    for joint in joined:
        for vlan in vlans:
            tag = joint.tags[0].out(vlan)
            there = None if tag is None else joint.tags[1].into(tag)
            if there is not None:
                yield (joint.one, vlan), (joint.other, there)


def vlans_in(fleet: Fleet, joined: Iterable[Joint]) -> frozenset[int]:
    """All VLANs that somebody speaks of."""
    found = {UNTAGGED}
    for port in fleet.of_kind("port"):
        found.update(vlans_of(port))
    for bridge in fleet.of_kind("bridge"):
        if isinstance(vlan := bridge.get("vlan"), int):
            found.add(vlan)
    for joint in joined:
        found.update(*(tags.vlans for tags in joint.tags))
    return frozenset(found)


def vlans_of(port: Resource) -> Iterable[int]:
    """The VLANs of the packets that a port takes."""
    vlan, trunk = port.get("vlan"), port.get("trunk")
    if isinstance(trunk, tuple):
        return [one for one in trunk if isinstance(one, int)]
    return [vlan if isinstance(vlan, int) else UNTAGGED]
