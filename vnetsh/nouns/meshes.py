"""Meshes as their tunnels are seen, and how a tunnel becomes a part of one. Pure.

Imported where there are some: other runs start the sooner.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Host, Resource, Value
from vnetsh.nouns.headers import OUTER
from vnetsh.nouns.makers import USUAL, maker_of
from vnetsh.reach.addresses import plain_address
from vnetsh.reach.joints import same_tunnel
from vnetsh.schema.declared import Unsaid

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling

Pair = tuple[str, str]


def pairs_of(hosts: Iterable[str], hub: str) -> list[Pair]:
    """The hosts of each tunnel, in an order that does not hang on theirs."""
    if hub:
        return [(hub, host) for host in sorted(hosts) if host != hub]
    return [*combinations(sorted(hosts), 2)]


Way = tuple[str, str]
"""An end, by its host and the address that it leads to."""


def settled(end: Resource, settler: Settling, alike: Collection[str]) -> Resource | None:
    """An end as its mesh has it already; None where that has a hub, and the end leads elsewhere.

    What is not said of it is as all ends of the mesh have it, of what they have `alike`. A tunnel that is there and
    would be the same becomes a part of the mesh.
    """
    mesh = end.text("mesh")
    known = settler.once(("mesh", mesh), lambda: _known(mesh, settler, alike))
    if not known.wants(end):
        return None
    missing = {name: value for name, value in known.same.items() if name not in end.attributes}
    if maker_of(end.text("bridge"), end.place, settler) != USUAL:
        missing.pop("bfd", None)
    if missing:
        end = end.with_attributes(**missing)
    ends = list(known.like(end))
    there = next((one for one in ends if one.name == end.name), ends[0] if ends else end)
    return end if there.name == end.name else replace(end, name=there.name)


@dataclass(frozen=True)
class _Known:
    """What there is of a mesh when a sentence says it: its `hub`'s name and address if that stays, and its ends.

    `same` is what all of them have alike: what is not said stays, and is so of a new end too.
    """

    mesh: str
    hub: tuple[str, str] | None
    same: Mapping[str, Value]
    ends: Mapping[Way, Sequence[Resource]]

    def wants(self, end: Resource) -> bool:
        """Whether it has such an end."""
        return self.hub is None or end.place == self.hub[0] or _way(end)[1] == self.hub[1]

    def like(self, end: Resource) -> Iterator[Resource]:
        """The tunnels of an end's host and bridge that lead where it does, and are told apart from it by nothing."""
        for one in self.ends.get(_way(end), ()):
            mine = one.get("mesh") == self.mesh
            same = one.get("bridge") == end.get("bridge") and same_tunnel(one) == same_tunnel(end)
            if mine or (same and not one.get("mesh")):
                yield one


def _way(end: Resource) -> Way:
    return end.place, plain_address(end.text("remote"))


def _known(mesh: str, settler: Settling, alike: Collection[str]) -> _Known:
    """What there is of a mesh; what it has and the segment does not say any more is noted to go."""
    ends: dict[Way, list[Resource]] = {}
    for one in settler.fleet.of_kind("tunnel"):
        ends.setdefault(_way(one), []).append(one)
    there = [one for of_way in ends.values() for one in of_way if one.get("mesh") == mesh]
    said = [one for one in settler.said if one.kind == "tunnel" and one.get("mesh") == mesh]
    hub, same = None, {name: there[0].get(name) for name in alike if len({e.get(name) for e in there}) == 1}
    if not any("hub" in (one.words or {}) for one in said):
        name = Mesh(mesh, there, settler.fleet).hub if there else ""
        hub = (name, plain_address(settler.hosts[name].tunnel_address)) if name else None
        same.setdefault("isolated", None if hub else "yes")
    same.setdefault("bfd", "yes")
    known = _Known(mesh, hub, same, ends)
    wanted = [one for one in said if known.wants(one)]
    ways, keys = {_way(one) for one in wanted}, {one.key for one in wanted}
    for one in there:
        if _way(one) not in ways and one.key not in keys:  # else it leads to another address now
            settler.remove(one, f"mesh {mesh} has no such tunnel any more")
    if problem := _said_twice(mesh, said) or _without_hub(mesh, said, hub):
        settler.refuse(problem)
    return known


def _without_hub(mesh: str, said: Sequence[Resource], hub: tuple[str, str] | None) -> Diagnostic | None:
    """What is wrong where a mesh is to keep its hub, and that is left out: nothing would be left of it."""
    if hub is None or any(hub[1] in _way(end) or end.place == hub[0] for end in said):
        return None
    return Diagnostic(
        "E234",
        f"`{hub[0]}` is the hub of mesh `{mesh}`, and none of its hosts any more",
        said[0].at("name"),
        help="name another one, `hub HOST`, or say `hub none`: then there is a tunnel between each two",
    )


def _said_twice(mesh: str, said: Sequence[Resource]) -> Diagnostic | None:
    """What is wrong where two sentences say a mesh of other hosts: each of them says all."""
    sentences = {end.span: end for end in said}
    hosts = [{end.place for end in said if end.span == span} for span in sentences]
    if all(some == hosts[0] for some in hosts):
        return None
    return Diagnostic(
        "E206",
        f"mesh `{mesh}` is said twice, of other hosts",
        [*sentences.values()][-1].at("name"),
        help="name all of its hosts in one sentence",
    )


@dataclass(frozen=True)
class Mesh:
    """A mesh as its ends are seen."""

    name: str
    ends: Sequence[Resource]
    fleet: Fleet

    @cached_property
    def _named(self) -> Mapping[str, str]:
        """The hosts by their addresses."""
        return {plain_address(one): h.name for h in self.fleet.hosts.values() for one in h.addresses}

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
        for name in ("on", "type", "key", *OUTER, "bfd"):
            values = {end.get("bridge" if name == "on" else name) for end in self.ends}
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
            if way[1] and (elsewhere := not_as_said(end, self.fleet.hosts[way[1]], self.fleet)):
                said.append(f"{end.name} {elsewhere}")
        for key in ("bridge", "type", "key"):
            if len({end.get(key) for end in self.ends}) > 1:
                said.append(f"its tunnels differ in their {key}")
        return "; ".join(said)

    def illness(self, host: str) -> str:
        """What is wrong with its tunnels at a host, in words: they are there, and do not work."""
        said = []
        for way, end in self.ways.items():
            if way[0] == host and (error := end.text("error")):
                said.append(f"{end.name}: {error}")
            elif way[0] == host and end.get("bfd") and end.text("state") != "up":
                said.append(f"{way[1] or end.text('remote')} does not answer")
        return "; ".join(said)


def not_as_said(end: Resource, there: Host, fleet: Fleet) -> str:
    """How an end differs from what the sentences of its two hosts say; empty where it does not."""
    here, local = fleet.hosts[end.place], end.text("local")
    if local not in (here.text("tunnel-address"), here.tunnel_address):
        return (
            f"ends on `{here.name}` at {local or 'no address of its own'}, not at the host's tunnel-address"
        )
    if plain_address(end.text("remote")) != plain_address(there.tunnel_address):
        return (
            f"leads from `{here.name}` to {end.text('remote')}, not to the tunnel-address of `{there.name}`"
        )
    return ""


def unsaid_of(ends: Sequence[Resource], fleet: Fleet) -> Iterator[Unsaid]:
    """What a sentence about these ends leaves out: what they have not alike, and ends that nobody says."""
    for name in (*OUTER, "link"):
        if len({end.get(name) for end in ends}) > 1:
            yield Unsaid(ends[0], f"not all ends have the same {name}")
    for end in ends:
        if end.get("local") and not fleet.hosts[end.place].text("tunnel-address"):
            yield Unsaid(end, f"it names its own address, {end.text('local')}")


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
            error = "; ".join(filter(None, (mesh.fault(host), mesh.illness(host))))
            seen = {"bridge": attributes["on"], "error": error or None}
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
