"""The networks that a fleet's bridges make together, and who is in which, VLAN by VLAN. Pure.

A bridge's joints carry every VLAN. A port without one sends and takes what is untagged; an access port is of its
VLAN; a trunk of those that it carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from vnetsh.model import Fleet, Resource
from vnetsh.reach.joints import Joint, Spot, joints, outside

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
        bridge = self._fleet.get("bridge", port.place, port.text("bridge"))
        if bridge and bridge.get("parent"):  # it is a VLAN of another bridge
            vlan = bridge.get("vlan")
            network = self._union.root((port.place, bridge.text("parent")))
            return frozenset({(network, vlan if isinstance(vlan, int) else UNTAGGED)})
        network = self._union.root((port.place, port.text("bridge")))
        return frozenset((network, vlan) for vlan in vlans_of(port))

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
        for bridge in self._fleet.of_kind("bridge"):
            if bridge.get("uplink"):
                spot = outside(bridge.place, bridge.text("uplink"))
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
