"""What follows a network without being said: its router, and that one's peers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh_ovn.nouns import peer
from vnetsh_ovn.nouns.guarding import guarded, guarding
from vnetsh_ovn.nouns.router import joined, problems, worked_out

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling


def followed(network: Resource, settler: Settling) -> Iterator[Resource]:
    """The routers that follow a network's subnet, gateway or DHCP: those that the segment does not name."""
    place, because = network.place, f"network {network.name} changes"
    routers = settler.once(("ovn following routers", place), lambda: _following(place, settler))
    for router in routers.get(network.name, ()):
        if problem := next(problems(router, router, settler), None):
            settler.refuse(problem.of(router, network.span))
            continue
        found = worked_out(router, router, settler)
        if any(router.get(word) != value for word, value in found.items()):
            following = replace(router, attributes=found, because=because, span=network.span)
            yield following
            yield from peer.followed(following, settler)
    there = settler.fleet.get("network", place, network.name)
    if "subnet" in network.attributes and network.get("subnet") != (there.get("subnet") if there else None):
        yield from guarded(place, guarding(network, settler), because, network.span, settler)


def left(network: Resource, settler: Settling) -> Iterator[Resource]:
    """The routers that guard other addresses when a network has gone."""
    routers = guarding(network, settler)
    return guarded(network.place, routers, f"network {network.name} goes", network.span, settler)


def _following(place: str, settler: Settling) -> Mapping[str, Sequence[Resource]]:
    """Of each network the routers that follow it."""
    said = {one.key for one in settler.said if one.kind == "router"}
    found: dict[str, list[Resource]] = {}
    for router in settler.fleet.of_kind("router", place):
        for name in (
            (*joined(router), router.text("uplink")) if router.marked and router.key not in said else ()
        ):
            found.setdefault(name, []).append(router)
    return found
