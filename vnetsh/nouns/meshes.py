"""Meshes as their tunnels are seen, and how a tunnel becomes a part of one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

from vnetsh.model import Fleet, Resource, Value
from vnetsh.reach.addresses import plain_address
from vnetsh.reach.joints import same_tunnel

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling

SAID = ("type", "key", "isolated")
"""What a sentence says of both ends of a tunnel, and of all tunnels of a mesh, alike."""

Pair = tuple[str, str]


def pairs_of(hosts: Iterable[str], hub: str) -> list[Pair]:
    """The hosts of each tunnel, in an order that does not hang on theirs."""
    if hub:
        return [(hub, host) for host in sorted(hosts) if host != hub]
    return [*combinations(sorted(hosts), 2)]


def settled(end: Resource, settler: Settling) -> Resource:
    """An end as its mesh has it already; what the mesh has and does not say any more is to go.

    A tunnel that is there and would be the same becomes a part of the mesh.
    """
    mesh = end.text("mesh")
    there = [one for one in settler.fleet.of_kind("tunnel") if one.get("mesh") == mesh]
    said = {(one.place, plain_address(one.text("remote"))) for one in settler.said if one.get("mesh") == mesh}
    for one in there:
        if (one.place, plain_address(one.text("remote"))) not in said:
            settler.remove(one, f"mesh {mesh} has no such tunnel any more")
    for key in SAID:  # what is not said stays, and is so of a new end too
        values = {one.get(key) for one in there}
        if key not in end.attributes and len(values) == 1:
            end = end.with_attributes(**{key: values.pop()})
    return next((replace(end, name=one.name) for one in _like(end, settler.fleet)), end)


def _like(end: Resource, fleet: Fleet) -> Iterator[Resource]:
    """The tunnels of the same host and bridge that lead to the same address, and are told apart from it by nothing."""
    for one in fleet.of_kind("tunnel", end.place):
        if (
            one.get("mesh") in (None, end.get("mesh"))
            and one.get("bridge") == end.get("bridge")
            and plain_address(one.text("remote")) == plain_address(end.text("remote"))
            and same_tunnel(one) == same_tunnel(end)
        ):
            yield one


@dataclass(frozen=True)
class Mesh:
    """A mesh as its ends are seen."""

    name: str
    ends: Sequence[Resource]
    fleet: Fleet

    @cached_property
    def _named(self) -> Mapping[str, str]:
        """The hosts by their addresses."""
        return {plain_address(h.address): h.name for h in self.fleet.hosts.values() if h.address}

    @cached_property
    def ways(self) -> Mapping[Pair, Resource]:
        """The ends, by their host and the one to which they lead."""
        return {(end.place, self._named.get(plain_address(end.text("remote")), "")): end for end in self.ends}

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """Its hosts, in the inventory's order."""
        found = {host for way in self.ways for host in way}
        return tuple(host for host in self.fleet.hosts if host in found)

    @cached_property
    def hub(self) -> str:
        """The host to which all tunnels lead; empty where there is none, or any might be it."""
        if any(end.get("isolated") for end in self.ends):
            return ""
        hubs = [host for host in self.hosts if all(host in way for way in self.ways)]
        return hubs[0] if hubs else ""

    def attributes(self) -> dict[str, Value]:
        """What is the same of all its ends, and its hub."""
        found: dict[str, Value] = {"hub": self.hub or None}
        for name, key in (("on", "bridge"), ("type", "type"), ("key", "key")):
            values = {end.get(key) for end in self.ends}
            found[name] = values.pop() if len(values) == 1 else None
        return found

    def fault(self, host: str = "") -> str:
        """What it lacks, at a host or anywhere, in words; empty where it is whole."""
        wanted = {way for pair in pairs_of(self.hosts, self.hub) for way in (pair, pair[::-1])}
        said = [_lacking(way) for way in sorted(wanted - self.ways.keys()) if host in ("", *way)]
        for way, end in self.ways.items():
            if host not in ("", *way):
                continue
            if not way[1]:
                said.append(f"{end.name} of {way[0]} leads to {end.text('remote')}, which no host has")
            elif not self.hub and not end.get("isolated"):
                said.append(f"{end.name} of {way[0]} is not isolated")
            if error := end.text("error"):
                said.append(f"{end.name}: {error}")
        for key in ("bridge", "type", "key"):
            if len({end.get(key) for end in self.ends}) > 1:
                said.append(f"its tunnels differ in their {key}")
        return "; ".join(said)


def _lacking(way: Pair) -> str:
    return f"{way[0]} has no tunnel to {way[1]}"


def seen_meshes(fleet: Fleet) -> Iterator[Mesh]:
    """All meshes of which there are tunnels, by name."""
    found: dict[str, list[Resource]] = {}
    for end in fleet.of_kind("tunnel"):
        if end.get("mesh"):
            found.setdefault(end.text("mesh"), []).append(end)
    return (Mesh(name, ends, fleet) for name, ends in sorted(found.items()))


def gather(fleet: Fleet) -> Iterator[Resource]:
    """A mesh at each host that has a tunnel of it."""
    for mesh in seen_meshes(fleet):
        attributes = mesh.attributes()
        for host in dict.fromkeys(end.place for end in mesh.ends):
            seen = {"bridge": attributes["on"], "error": mesh.fault(host) or None}
            yield Resource("mesh", mesh.name, host, {**attributes, **seen})


def members(mesh: Resource, fleet: Fleet) -> Sequence[Resource]:
    """The ends of its tunnels that are at a host, or lead there."""
    return [
        end
        for seen in seen_meshes(fleet)
        if seen.name == mesh.name
        for way, end in seen.ways.items()
        if mesh.place in way
    ]


def whole_meshes(fleet: Fleet) -> set[str]:
    """The meshes that a sentence can say."""
    return {mesh.name for mesh in seen_meshes(fleet) if not mesh.fault()}
