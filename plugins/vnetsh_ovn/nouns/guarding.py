"""What a router lets nobody outside send under: the addresses that its own side has. Pure.

Who may reach whom is told by addresses, so a packet from outside that bears one of these would pass as a tenant's own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vnetsh.model import listed
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.nouns.known import IpNetwork, followed_so_far, known, one_of
from vnetsh_ovn.shapes.acls import LINK_LOCAL, within_subnets
from vnetsh_ovn.shapes.networks import subnets_of
from vnetsh_ovn.shapes.routers import GUARD, ends_of

if TYPE_CHECKING:
    from vnetsh.diagnostics import Span
    from vnetsh.model import Resource, Value
    from vnetsh.schema.lent import Settling

BETWEEN = "<->"
"""Between the names of two peers."""
_SUBNET = re.compile(r"src == ([^ )]+)")
_FIRST = 30000
"""The priority of a guard: before what others say of where else packets go (at most 32767; ovn-nb(5))."""


def guard_of(router: Resource, settler: Settling) -> Value:
    """What a router drops, one that vnetsh made: what comes by its uplink with a sender of its own side.

    And what is sent from an address that means a neighbour on a link, where there is IPv6: such is never to be
    forwarded (RFC 4291, 2.5.6), and OVN's routers do.
    """
    end = next((one for one in ends_of(router) if one.outside), None)
    uplink = one_of(settler, "network", router.place, end.network) if end else None
    outer = subnets_of(uplink) if uplink else ()
    mine = {
        net
        for network in _own_side(router, settler)
        if not network.get("external")
        for net in subnets_of(network)
        if not any(net.version == at.version and net.overlaps(at) for at in outer)
    }
    dropped = []
    if any(net.version == 6 for net in (*mine, *outer)):
        dropped.append(f"ip6.src == {LINK_LOCAL}")
    if end and mine:
        dropped.append(f'(inport == "{end.port}" && {within_subnets(sorted(map(str, mine)), "src")})')
    return f"{_FIRST} drop {' || '.join(dropped)}" if dropped else None


def _own_side(router: Resource, settler: Settling) -> Iterator[Resource]:
    """The networks that a router joins, and its peers do, and all others of their tenants."""
    side = _side(router.place, settler)
    names = {*listed(router.get("networks"))}
    for peer in side.peers.get(router.name, ()):
        other = one_of(settler, "router", router.place, peer)
        names |= {*listed(other.get("networks"))} if other else set()
    tenants = {tenant_of(one) for one in (router.name, *names)} - {""}
    names |= {name for tenant in tenants for name in side.networks.get(tenant, ())}
    for name in sorted(names):
        if network := one_of(settler, "network", router.place, name):
            yield network


def guarded_by(router: Resource) -> Sequence[IpNetwork]:
    """The subnets under whose addresses nobody outside sends to a router."""
    return [ipaddress.ip_network(one) for one in _SUBNET.findall(router.text(GUARD))]


def guarded(
    place: str, names: Iterable[str], because: str, span: Span | None, settler: Settling
) -> Iterator[Resource]:
    """Of some routers those that guard other addresses from then on: those that the segment does not name."""
    said = {one.key for one in settler.said if one.kind == "router"}
    for name in dict.fromkeys(names):
        there = settler.fleet.get("router", place, name)
        if there is None or not there.marked or there.key in said:
            continue
        more = followed_so_far(there, settler)
        router = there.with_attributes(**more)
        guard = guard_of(router, settler)
        if router.get(GUARD) != guard:
            yield replace(there, attributes={**more, GUARD: guard}, because=because, span=span)


def guarding(network: Resource, settler: Settling) -> Sequence[str]:
    """The routers that guard a network's addresses, as far as they are there.

    Those that join it, their peers, and where it is a tenant's all that join a network of that tenant, and their peers.
    """
    side, tenant = _side(network.place, settler), tenant_of(network.name)
    routers = known(settler, "router", network.place).values()
    joining = [one.name for one in routers if network.name in listed(one.get("networks"))]
    peers = [peer for one in joining for peer in side.peers.get(one, ())]
    return [*joining, *peers, *(side.routers.get(tenant, ()) if tenant else ())]


def peers_of(place: str, router: str, settler: Settling) -> Sequence[str]:
    """The routers with which one is peers."""
    return _side(place, settler).peers.get(router, ())


@dataclass(frozen=True)
class _Side:
    """By tenant their networks, and the routers behind which any of these are; by router its peers."""

    networks: Mapping[str, Sequence[str]]
    routers: Mapping[str, Sequence[str]]
    peers: Mapping[str, Sequence[str]]


def _side(place: str, settler: Settling) -> _Side:
    return settler.once(("ovn sides", place), lambda: _all_sides(place, settler))


def _all_sides(place: str, settler: Settling) -> _Side:
    peers: dict[str, list[str]] = {}
    for name in known(settler, "peer", place):
        left, between, right = name.partition(BETWEEN)
        if between:
            peers.setdefault(left, []).append(right)
            peers.setdefault(right, []).append(left)
    networks: dict[str, list[str]] = {}
    for name in known(settler, "network", place):
        networks.setdefault(tenant_of(name), []).append(name)
    tenants: dict[str, set[str]] = {}
    for router in known(settler, "router", place).values():
        own = (router.name, *listed(router.get("networks")))
        tenants[router.name] = {tenant_of(one) for one in own} - {""}
    routers: dict[str, list[str]] = {}
    for name, mine in tenants.items():
        behind = mine.union(*(tenants.get(peer, ()) for peer in peers.get(name, ())))
        for tenant in behind:
            routers.setdefault(tenant, []).append(name)
    return _Side(networks, routers, peers)
