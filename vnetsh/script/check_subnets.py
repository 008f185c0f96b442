"""The static check of subnets that overlap: it goes by the attributes' types, whatever the noun. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network

from vnetsh.diagnostics import Diagnostic, place_of
from vnetsh.model import Key, Resource
from vnetsh.schema import Subnet, Vocabulary
from vnetsh.script.check_deletions import may_undo
from vnetsh.script.script import Script, Segment


@dataclass(frozen=True)
class _Claim:
    """A subnet of something; `order` is when the script came to speak of that thing."""

    network: IPv4Network | IPv6Network
    thing: Resource
    order: int

    @property
    def owner(self) -> tuple[str, str]:
        """Kind and name: on several hosts it is one thing all the same."""
        return self.thing.kind, self.thing.name

    def within(self, other: _Claim) -> bool:
        """Whether the other one's subnet holds all of this one's."""
        mine, others = self.network, other.network
        if isinstance(mine, IPv4Network):
            return isinstance(others, IPv4Network) and mine.subnet_of(others)
        return isinstance(others, IPv6Network) and mine.subnet_of(others)


def subnets_lie_apart(script: Script) -> Iterator[Diagnostic]:
    """No two things have subnets that overlap, where the attributes' type does not allow it."""
    keys = _subnet_keys(script.vocabulary)
    if not keys:
        return
    known: dict[Key, Resource] = {}
    told: set[frozenset[tuple[str, str]]] = set()
    hosts = tuple(Resource("host", h.name, "", h.attributes, span=h.span) for h in script.inventory.values())
    for segment in (Segment(hosts), *script.segments):
        if segment.action:
            known = {k: r for k, r in known.items() if not may_undo(segment.action, r, script.vocabulary)}
            continue
        concerned = [resource for resource in segment.resources if resource.kind in keys]
        for resource in concerned:
            old = known.pop(resource.key, resource)
            known[resource.key] = replace(resource, attributes={**old.attributes, **resource.attributes})
        for earlier, later in _overlapping(known.values(), keys) if concerned else ():
            both = frozenset((earlier.owner, later.owner))
            if both not in told:
                told.add(both)
                yield _problem(earlier, later)


def _subnet_keys(vocabulary: Vocabulary) -> Mapping[str, list[str]]:
    """The attributes of each kind that hold subnets which must not overlap."""
    found = {
        kind.name: [a.name for a in kind.attributes if isinstance(a.type, Subnet) and not a.type.overlaps]
        for kind in vocabulary.kinds.values()
    }
    return {kind: names for kind, names in found.items() if names}


def _overlapping(
    things: Iterable[Resource], keys: Mapping[str, list[str]]
) -> Iterator[tuple[_Claim, _Claim]]:
    """Pairs of claims that overlap, each the earlier one first.

    Of two subnets that overlap one holds the other. So they are gone through in their order, and the `holders` of
    the one at hand are those that begin before it and have not ended.
    """
    claims = [
        _Claim(ip_network(text), thing, order)
        for order, thing in enumerate(things)
        for key in keys[thing.kind]
        for text in _texts(thing, key)
    ]
    holders: list[_Claim] = []
    for claim in sorted(claims, key=lambda c: (c.network.version, c.network, c.order)):
        while holders and not claim.within(holders[-1]):
            holders.pop()
        holder = next((h for h in reversed(holders) if h.owner != claim.owner), None)
        if holder:
            yield (holder, claim) if holder.order < claim.order else (claim, holder)
        holders.append(claim)


def _texts(thing: Resource, key: str) -> tuple[str, ...]:
    value = thing.get(key)
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),) if value else ()


def _problem(earlier: _Claim, later: _Claim) -> Diagnostic:
    mine, other = later.thing, earlier.thing
    where = f": the other is in {place_of(other.span, mine.span)}" if other.span else ""
    return Diagnostic(
        "E214",
        f"subnet {later.network} of {mine.kind} `{mine.name}` overlaps {earlier.network} "
        f"of {other.kind} `{other.name}`",
        mine.span,
        help=f"give one of the two another subnet{where}",
    )
