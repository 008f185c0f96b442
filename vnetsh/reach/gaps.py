"""What would join two bridges and does not: each with what is wrong, for a way that ends there. Pure.

A tunnel of which one end is missing, or other than the other one; a bridge without the uplink that its namesakes have;
patch ports of which one does not lead back. The likelier one is meant to be a joint the less it costs to suppose so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from vnetsh.model import LINK_UP, Finding, Fleet, Key, Resource, Value
from vnetsh.reach.addresses import owners, plain_address
from vnetsh.reach.joints import (
    Joint,
    Spot,
    bridge_of,
    cables,
    is_down,
    own_tags,
    same_tunnel,
    tunnel_joint,
    tunnel_pairs,
)
from vnetsh.reach.tags import ALL

DOWN, DIFFERENT, ELSEWHERE, REMOTE, MISSING, SILENT, UNNAMED = 0.9, 1.0, 1.1, 1.2, 1.4, 1.5, 1.6
PEER, UPLINK, MESH, NOTHING = 1.0, 3.0, 4.0, 6.0

_SAME = ("type", "key", "udp-port")
"""What two ends must have alike (`same_tunnel`)."""


@dataclass(frozen=True)
class Gap:
    """A joint that is not there: `finding` is why, `cost` how unlikely it is that it should be."""

    joint: Joint
    finding: Finding
    cost: float


class Gaps:
    """Those of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._hosts = owners(fleet)

    def all(self) -> Iterator[Gap]:
        """All of them."""
        yield from self._tunnels()
        yield from self._down()
        yield from self._elsewhere()
        yield from self._patches()
        yield from self._namesakes()

    def broken(self) -> Iterator[Gap]:
        """Those that are there in part: ends of tunnels, and patch ports, whose other one is missing or unlike them."""
        yield from self._tunnels()
        found: dict[tuple[Key, str], list[Gap]] = {}
        for gap in self._patches():
            found.setdefault((gap.finding.at, gap.finding.says), []).append(gap)
        for first, *more in found.values():
            bridges = ", ".join(gap.joint.other[1] for gap in (first, *more))
            advice = f"have it on the bridge that it was for ({bridges}), or delete the port that leads to it"
            guessed = replace(first.finding, fix={}, advice=advice) if more else first.finding
            yield replace(first, finding=guessed)

    @cached_property
    def _pairs(self) -> Sequence[tuple[Resource, Resource]]:
        return list(tunnel_pairs(self._fleet))

    @cached_property
    def _alone(self) -> Sequence[Resource]:
        """The ends of tunnels that meet no other one."""
        met = {end.key for pair in self._pairs for end in pair}
        return [end for end in self._fleet.of_kind("tunnel") if end.key not in met]

    def _leads_to(self, end: Resource) -> str:
        return self._hosts.get(plain_address(end.text("remote")), "")

    def _tunnels(self) -> Iterator[Gap]:
        leading: dict[str, list[Resource]] = {}
        for end in self._alone:
            leading.setdefault(self._leads_to(end), []).append(end)
        names = {(end.place, end.name, self._leads_to(end)) for end in self._alone}
        met = {(there, name) for place, name, there in names if (there, name, place) in names}
        for end in self._alone:
            there = self._leads_to(end)
            others = [one for one in leading.get(end.place, ()) if one.place != end.place]
            facing = [one for one in others if one.place == there and _akin(one, end)]
            named = [one for one in facing if one.name == end.name]
            facing = named or [one for one in facing if (one.place, one.name) not in met]
            for one in facing:
                if end.key < one.key:
                    yield self._different(end, one)
            if there and there != end.place and not facing:
                yield self._missing(end, there)
            for one in others if not facing and there not in self._fleet.unreachable else ():
                if _akin(one, end) and one.place != there and (one.place, one.name) not in met:
                    yield self._leads_elsewhere(end, one)

    def _down(self) -> Iterator[Gap]:
        """Tunnels whose link somebody has taken down."""
        for pair in self._pairs:
            for end, other in (pair, pair[::-1]):
                if is_down(end):
                    says = "its link is down: nothing passes, either way"
                    finding = Finding(end.key, says, {"link": LINK_UP}, other=other.key)
                    yield Gap(tunnel_joint(*pair, self._fleet), finding, DOWN)

    def _different(self, end: Resource, other: Resource) -> Gap:
        """Two ends that lead to one another and are not alike: the one that is unlike the others is wrong."""
        alike = zip(_SAME, same_tunnel(end), same_tunnel(other), strict=True)
        name = next((one for one, mine, theirs in alike if mine != theirs), "key")
        wrong, right = (end, other) if self._rarer(end, other, name) else (other, end)
        says = (
            f"its {name} is {_said(wrong.get(name))}, "
            f"and {_said(right.get(name))} of {_its(right, wrong)} on {right.place}"
        )
        finding = Finding(wrong.key, says, {name: right.get(name)}, other=right.key)
        return Gap(_joint(end, other, self._fleet), finding, DIFFERENT)

    def _rarer(self, one: Resource, other: Resource, name: str) -> bool:
        """Whether fewer tunnels of the same bridge's name have what the one has than what the other has."""
        like = Counter(
            end.get(name) for end in self._fleet.of_kind("tunnel") if end.get("bridge") == one.get("bridge")
        )
        return like[one.get(name)] < like[other.get(name)]

    def _leads_elsewhere(self, end: Resource, other: Resource) -> Gap:
        address = self._fleet.hosts[other.place].tunnel_address
        says = (
            f"it leads to {end.text('remote') or 'no fixed address'}, and {_its(other, end)} on {other.place} "
            f"leads here: {other.place} has {address}"
        )
        finding = Finding(end.key, says, {"remote": address}, other=other.key)
        cost = REMOTE if end.name == other.name else UNNAMED
        return Gap(_joint(end, other, self._fleet), finding, cost)

    def _missing(self, end: Resource, there: str) -> Gap:
        """An end that meets none at the host to which it leads."""
        spot = there, end.text("bridge")
        joint = Joint(
            bridge_of(end), spot, "", (end.key,), tags=(own_tags(self._fleet, end), ALL), links=(end.name, "")
        )
        if there in self._fleet.unreachable:
            finding = Finding(
                ("host", there, there), f"it does not answer: what it has of {end.name} nobody knows"
            )
            return Gap(joint, finding, SILENT)
        says = f"it has no end on {there}"
        if twin := self._fleet.get("tunnel", there, end.name):
            says = f"its end on {there} leads elsewhere: to {twin.text('remote') or 'no fixed address'}"
        return Gap(joint, Finding(("tunnel", there, end.name), says, other=end.key), MISSING)

    def _elsewhere(self) -> Iterator[Gap]:
        """Tunnels whose ends are on bridges of different names: one of them may have come to the wrong one."""
        for pair in self._pairs:
            for end, other in (pair, pair[::-1]):
                bridge = other.text("bridge")
                if end.text("bridge") != bridge and self._fleet.get("bridge", end.place, bridge):
                    says = f"it is on bridge {end.text('bridge')}, and {_its(other, end)} on {other.place} on {bridge}"
                    tags = own_tags(self._fleet, end), own_tags(self._fleet, other)
                    joint = Joint(
                        (end.place, bridge), bridge_of(other), "", (end.key, other.key), tags=tags,
                        links=(end.name, other.name),
                    )  # fmt: skip
                    yield Gap(joint, Finding(end.key, says, {"bridge": bridge}, other=other.key), ELSEWHERE)

    def _patches(self) -> Iterator[Gap]:
        for port in self._fleet.of_kind("port"):
            peer = self._fleet.get("port", port.place, port.text("peer")) if port.get("peer") else None
            if not port.get("peer") or (peer and peer.text("peer") == port.name):
                continue
            if peer:
                leads = f"leads to {peer.get('peer')}" if peer.get("peer") else "is no patch port"
                finding = Finding(peer.key, f"it {leads}, not back to {port.name}", {"peer": port.name})
                tags = own_tags(self._fleet, port), own_tags(self._fleet, peer)
                keys, names = (port.key, peer.key), (port.name, peer.name)
                joint = Joint(bridge_of(port), bridge_of(peer), "", keys, tags=tags, links=names)
                yield Gap(joint, finding, PEER)
            else:
                yield from self._lonely(port)

    def _lonely(self, port: Resource) -> Iterator[Gap]:
        """A patch port whose other one is not there: on which bridge it was nobody knows."""
        own = self._fleet.get("bridge", *bridge_of(port))
        for bridge in self._fleet.of_kind("bridge", port.place):
            if bridge != own and (own is None or bridge.backend == own.backend):
                says = f"port {port.name} of bridge {port.text('bridge')} leads to it, and it is not there"
                finding = Finding(
                    ("port", port.place, port.text("peer")),
                    says,
                    {"bridge": bridge.name, "type": "patch", "peer": port.name},
                )
                joint = Joint(
                    bridge_of(port), (port.place, bridge.name), "", (port.key,),
                    tags=(own_tags(self._fleet, port), ALL), links=(port.name, port.text("peer")),
                )  # fmt: skip
                yield Gap(joint, finding, PEER + 1)

    def _namesakes(self) -> Iterator[Gap]:
        """Bridges of one name on two hosts."""
        named: dict[str, list[Resource]] = {}
        for bridge in self._fleet.of_kind("bridge"):
            if not bridge.get("parent"):
                named.setdefault(bridge.name, []).append(bridge)
        meshes = self._meshes()
        for name, bridges in named.items():
            for one, other in combinations(bridges, 2):
                yield self._apart(name, one, other, meshes)

    @cached_property
    def _cabled(self) -> frozenset[Spot]:
        """The bridges with other cables than uplinks: where these lead nobody knows."""
        return frozenset(bridge_of(what) for what, _ in cables(self._fleet) if what.kind == "port")

    def _meshes(self) -> dict[Spot, set[str]]:
        found: dict[Spot, set[str]] = {}
        for end in self._fleet.of_kind("tunnel"):
            if end.get("mesh"):
                found.setdefault(bridge_of(end), set()).add(end.text("mesh"))
        return found

    def _apart(self, name: str, one: Resource, other: Resource, meshes: dict[Spot, set[str]]) -> Gap:
        spots = (one.place, name), (other.place, name)
        joint = Joint(*spots, "", ())
        with_uplink = [bridge for bridge in (one, other) if bridge.get("uplink")]
        bare = other if one in with_uplink else one
        if len(with_uplink) == 1 and (bare.place, name) not in self._cabled:
            uplink = with_uplink[0].text("uplink")
            says = f"it has no uplink, as {name} on {with_uplink[0].place} has one ({uplink})"
            free = self._fleet.link_kind(bare.place, uplink) is not None
            fix: dict[str, Value] = {"uplink": uplink} if free else {}
            return Gap(joint, Finding(bare.key, says, fix), UPLINK)
        known = meshes.get(spots[0], set()) | meshes.get(spots[1], set())
        if known:
            mesh = min(known)
            lacking = one.place if mesh not in meshes.get(spots[0], ()) else other.place
            says = f"it has no tunnel between {one.place} and {other.place}"
            return Gap(joint, Finding(("mesh", lacking, mesh), says), MESH)
        says = f"nothing joins it with {name} on {one.place}"
        return Gap(joint, Finding(other.key, says, other=one.key, symptom=True), NOTHING)


def _joint(end: Resource, other: Resource, fleet: Fleet) -> Joint:
    tags = own_tags(fleet, end), own_tags(fleet, other)
    names = end.name, other.name
    return Joint(bridge_of(end), bridge_of(other), "", (end.key, other.key), tags=tags, links=names)


def _akin(one: Resource, other: Resource) -> bool:
    """Whether two ends may have been meant to be one tunnel's."""
    mesh = one.get("mesh")
    return (
        one.name == other.name
        or (bool(mesh) and mesh == other.get("mesh"))
        or one.get("bridge") == other.get("bridge")
    )


def _its(other: Resource, than: Resource) -> str:
    return "its end" if other.name == than.name else other.name


def _said(value: Value) -> str:
    return "none" if value is None else str(value)
