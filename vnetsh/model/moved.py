"""The host's own addresses, which go where its uplink goes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vnetsh.model.change import Change
from vnetsh.model.facts import Facts, LinkFacts
from vnetsh.model.nics import bond_nics


def addresses_moved(
    changes: Iterable[Change], facts: Mapping[tuple[str, str], Facts]
) -> Iterator[tuple[str, str, str]]:
    """The host, the link and the other link, where an uplink, or a bond, brings addresses from one to the other."""
    for change in changes:
        told = facts.get((change.place, change.resource.backend))
        if isinstance(told, LinkFacts) and told.moves_addresses:
            for source, target in moved_by(change, told):
                yield change.resource.place, source, target


def moved_by(change: Change, told: LinkFacts) -> Iterator[tuple[str, str]]:
    """The link and the other link."""
    if change.resource.kind == "bridge":
        yield from _by_uplink(change)
    elif change.resource.kind == "port":
        yield from _by_bond(change, told)


def _by_uplink(change: Change) -> Iterator[tuple[str, str]]:
    bridge = change.resource.name
    old, new = (one.text("uplink") if one else "" for one in (change.before, change.after))
    if new and new != old:
        yield new, bridge
    elif old and not new:
        yield bridge, old


def _by_bond(change: Change, told: LinkFacts) -> Iterator[tuple[str, str]]:
    bond, bridge = change.resource.name, change.resource.text("bridge")
    old, new = bond_nics(change.before), bond_nics(change.after)
    yield from ((nic, bridge) for nic in new if nic not in old)
    if not new and bond in told.brought:
        yield bridge, told.brought[bond]
