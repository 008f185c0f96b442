"""The noun `peer`: two routers whose networks reach each other."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import listed
from vnetsh.schema import Attribute, Block, Kind
from vnetsh_ovn.nouns.guarding import BETWEEN, guarded
from vnetsh_ovn.nouns.known import ROUTER, inside_of, known, missing, one_of, over, worked_out_as
from vnetsh_ovn.sort import CLUSTER, SORT

if TYPE_CHECKING:
    from vnetsh.model import Resource, Value
    from vnetsh.schema.lent import Settling

NO_PEERS = "E565"
"""Code: two routers that cannot be peers."""

_LINKS = ipaddress.IPv4Network("169.254.0.0/16")
_EACH = 30  # the length of the prefix of each link
_NEVER = [ipaddress.IPv4Network(one) for one in ("169.254.0.0/24", "169.254.169.0/24", "169.254.255.0/24")]
"""Parts of it that are not given away: RFC 3927, 2.1, and where guests look for what their cloud tells them."""


def _settle(peer: Resource, settler: Settling) -> Sequence[Resource]:
    """With the addresses of the link between, and what each reaches by it."""
    there = settler.fleet.resources.get(peer.key)
    if there and not there.marked:
        return [peer]  # as others have it
    left, right = peer.name.split(BETWEEN)
    if problem := next(_problems(peer, left, right, settler), None):
        words, help = problem
        settler.refuse(Diagnostic(NO_PEERS, f"peer `{peer.name}` {words}", peer.at("name"), help=help))
        return []
    routers = {name: one_of(settler, "router", peer.place, name) for name in (left, right)}
    addresses = listed(there.get("addresses")) if there else _addresses(peer, settler)
    found = _reached(*(one for one in routers.values() if one))
    new = () if there else guarded(peer.place, routers, f"peer {peer.name} is new", peer.span, settler)
    return [peer.with_attributes(left=left, right=right, addresses=addresses, **found), *new]


def _left(peer: Resource, settler: Settling) -> Iterator[Resource]:
    """The routers that guard other addresses when they are peers no longer."""
    return guarded(peer.place, peer.name.split(BETWEEN), f"peer {peer.name} goes", peer.span, settler)


def _reached(left: Resource, right: Resource) -> Mapping[str, Value]:
    """The subnets that each of two routers has."""
    return {
        "left-has": tuple(sorted(map(str, inside_of(left)))) or None,
        "right-has": tuple(sorted(map(str, inside_of(right)))) or None,
    }


def _problems(peer: Resource, left: str, right: str, settler: Settling) -> Iterator[tuple[str, str]]:
    if left == right:
        yield "is one router", "two routers are peers"
    if settler.find("peer", peer.place, f"{right}{BETWEEN}{left}"):
        yield f"is there as `{right}{BETWEEN}{left}`", "say it as it is"
    routers = [one_of(settler, "router", peer.place, name) for name in (left, right)]
    for name, router in zip((left, right), routers, strict=True):
        if router is None:
            yield f"names router `{name}`, and there is none", missing(settler, "router", peer.place, name)
    one, other = routers
    if one is None or other is None:
        return
    yield from _overlapping(peer, one, other, settler)
    yield from _overlapping(peer, other, one, settler)


def _overlapping(
    peer: Resource, one: Resource, other: Resource, settler: Settling
) -> Iterator[tuple[str, str]]:
    """What a router would reach by two ways."""
    mine = [(net, f"`{one.name}`") for net in inside_of(one)]
    mine += [(ipaddress.ip_interface(at).network, f"`{one.name}`") for at in listed(one.get("outside"))]
    for further in known(settler, "peer", peer.place).values():
        if further.name != peer.name and one.name in (further.text("left"), further.text("right")):
            side = "right" if further.text("left") == one.name else "left"
            subnets = listed(further.get(f"{side}-has"))
            mine += [(ipaddress.ip_network(net), f"its peer `{further.text(side)}`") for net in subnets]
    for net in inside_of(other):
        if hit := next(
            ((at, who) for at, who in mine if at.version == net.version and at.overlaps(net)), None
        ):
            at, who = hit
            yield f"would lead to {net} of `{other.name}`, and {who} has {at}", "subnets that do not overlap"


def _addresses(peer: Resource, settler: Settling) -> tuple[str, str]:
    """The two addresses of a link: found by its name, and the next free ones where these are taken."""
    used = {
        ipaddress.ip_interface(address).network
        for other in known(settler, "peer", peer.place).values()
        for address in listed(other.get("addresses"))
    }
    count = 2 ** (_EACH - _LINKS.prefixlen)
    digest = hashlib.sha256(f"peer {peer.name}".encode()).digest()
    first = int.from_bytes(digest[:4], "big") % count
    for step in range(count):
        base = int(_LINKS.network_address) + 4 * ((first + step) % count)
        net = ipaddress.IPv4Network((base, _EACH))
        if net not in used and not any(net.overlaps(one) for one in _NEVER):
            return f"{net[1]}/{_EACH}", f"{net[2]}/{_EACH}"
    raise LookupError("no free link is left in 169.254.0.0/16")


def followed(router: Resource, settler: Settling) -> Iterator[Resource]:
    """The peers of a router that follow what it has: those that the segment does not name."""
    place = router.place
    whole = over(settler.fleet.resources.get(router.key), router)
    following = settler.once(("ovn following peers", place), lambda: _following(place, settler))
    for peer in following.get(router.name, ()):
        ends = peer.text("left"), peer.text("right")
        routers = [
            whole if name == router.name else one_of(settler, "router", router.place, name) for name in ends
        ]
        one, other = routers
        if one is None or other is None:
            continue
        problem = next(
            (p for a, b in ((one, other), (other, one)) for p in _overlapping(peer, a, b, settler)), None
        )
        if problem:
            words, help = problem
            settler.refuse(Diagnostic(NO_PEERS, f"peer `{peer.name}` {words}", router.span, help=help))
            continue
        found = _reached(one, other)
        if any(peer.get(word) != value for word, value in found.items()):
            because = f"router {router.name} changes"
            yield replace(peer, attributes=found, because=because, span=router.span)


def _following(place: str, settler: Settling) -> Mapping[str, Sequence[Resource]]:
    """Of each router the peers that follow it."""
    said = {one.key for one in settler.said if one.kind == "peer"}
    found: dict[str, list[Resource]] = {}
    for peer in settler.fleet.of_kind("peer", place):
        for side in ("left", "right") if peer.marked and peer.key not in said else ():
            found.setdefault(peer.text(side), []).append(peer)
    return found


PEER_KIND = Kind(
    "peer",
    subject=replace(ROUTER, what="a pair of routers", link=True),
    help="Two routers whose networks reach each other, also those of two tenants; what is beyond them, others of their "
    "peers and the outside, does not belong to it.",
    sort=SORT,
    attributes=(
        CLUSTER,
        Attribute("left", ROUTER, "The first of the two.", settable=False, column=False, inner=True),
        Attribute("right", ROUTER, "The second.", settable=False, column=False, inner=True),
        worked_out_as("addresses", "Their addresses on the link between.", ordered=True),
        worked_out_as("left-has", "The subnets of the first."),
        worked_out_as("right-has", "The subnets of the second."),
    ),
    block=Block.NONE,
    rides_on=("left", "right"),
    brings=(),
    settle=_settle,
    left=_left,
    example="peer r1<->r2",
)
