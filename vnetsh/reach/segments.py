"""The networks that a fleet's bridges make together, and who is in which, VLAN by VLAN. Pure.

A bridge's joints carry every VLAN. A port without one sends and takes what is untagged; an access port is of its
VLAN; a trunk of those that it carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from vnetsh.model import Fleet, Resource
from vnetsh.reach.joints import Joint, Spot, cables, joints, outside

UNTAGGED = 0

Segment = tuple[Spot, int]
"""A broadcast domain: a network, by the first spot of it, and a VLAN of it (or `UNTAGGED`)."""


class Union:
    """Spots that are joined, as sets: each set is known by one of its spots."""

    def __init__(self, joined: Iterable[Joint] = ()) -> None:
        self._leads: dict[Spot, Spot] = {}
        for joint in joined:
            self.join(joint)

    def root(self, spot: Spot) -> Spot:
        """The spot by which the set of this one is known."""
        leads, root = self._leads, spot
        while (above := leads.get(root, root)) != root:
            root = above
        while spot != root:
            leads[spot], spot = root, leads.get(spot, spot)
        return root

    def join(self, joint: Joint) -> bool:
        """Make one set of two; False where they were one already."""
        one, other = self.root(joint.one), self.root(joint.other)
        self._leads[max(one, other)] = min(one, other)
        return one != other


class Reach:
    """Who reaches whom in a fleet, uplinks that are assumed to lead into one network included."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        joined = joints(fleet)
        self._union = Union(joined)
        self._cables = Union(joint for joint in joined if _behind(joint.one) and _behind(joint.other))

    def network(self, host: str, bridge: str) -> Spot:
        """The network that a bridge is a part of, as one of its spots: the same for all that are joined."""
        return self._union.root((host, bridge))

    def segments(self, port: Resource) -> frozenset[Segment]:
        """The broadcast domains that a port is in."""
        network, vlan = self._device(port.place, port.text("bridge"))
        return frozenset((network, one) for one in ([vlan] if vlan else vlans_of(port)))

    def _device(self, host: str, name: str) -> Segment:
        """The broadcast domain that a bridge's own device is in; a bridge may be a VLAN of another one."""
        bridge = self._fleet.get("bridge", host, name)
        if bridge and bridge.get("parent"):
            vlan = bridge.get("vlan")
            return self.network(host, bridge.text("parent")), vlan if isinstance(vlan, int) else UNTAGGED
        return self.network(host, name), UNTAGGED

    def link(self, host: str, name: str) -> frozenset[Segment]:
        """The broadcast domains that a link of the host is in: a bridge's device, a port, or a NIC of its own."""
        port = self._fleet.get("port", host, name)
        if port:
            return self.segments(port)
        if self._fleet.get("bridge", host, name):
            return frozenset({self._device(host, name)})
        return frozenset({(self._union.root(outside(host, name)), UNTAGGED)})

    def way_out(self, host: str, link: str) -> frozenset[Segment]:
        """Those of the broadcast domains of a host's link that something outside of the hosts is in."""
        if self._fleet.interface(host, link) is None:
            return self.link(host, link)
        outside = {self._union.root(spots[0]) for spots in self.cables.values()}
        return frozenset(segment for segment in self.link(host, link) if segment[0] in outside)

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


def vlans_of(port: Resource) -> Iterable[int]:
    """The VLANs of the packets that a port takes."""
    vlan, trunk = port.get("vlan"), port.get("trunk")
    if isinstance(trunk, tuple):
        return [one for one in trunk if isinstance(one, int)]
    return [vlan if isinstance(vlan, int) else UNTAGGED]
