"""The noun `router`: what joins networks, and leads outside."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.model import listed
from vnetsh.schema import FLAG, HOSTS, Address, Attribute, Kind, Name
from vnetsh_ovn.gateways import known_chassis
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.nouns import peer
from vnetsh_ovn.nouns.behind import led
from vnetsh_ovn.nouns.guarding import guard_of, guarded, peers_of
from vnetsh_ovn.nouns.known import (
    known,
    missing,
    one_of,
    over,
    subnet_with,
    worked_out_as,
)
from vnetsh_ovn.nouns.outside import taken
from vnetsh_ovn.nouns.tenant import NO_TENANT
from vnetsh_ovn.nouns.uplink import OUTSIDE, Problem, able_for, by_gateways
from vnetsh_ovn.shapes.networks import MTU, gateway_of, subnets_of
from vnetsh_ovn.shapes.routers import GUARD
from vnetsh_ovn.sort import CLUSTER, SORT

if TYPE_CHECKING:
    from vnetsh.model import Resource, Value
    from vnetsh.schema.lent import Settling

CLAIMED = "E562"
"""Code: two routers have one network's gateway address."""
_OF_UPLINK = ("address", "snat", "gateways")


def _settle(router: Resource, settler: Settling) -> Sequence[Resource]:
    """With the ports that its networks give it, and the way outside."""
    there = settler.fleet.get("router", router.place, router.name)
    if router.get("uplink", "") is None:  # with it goes what is said of it
        router = replace(router, attributes={**dict.fromkeys(_OF_UPLINK), **router.attributes})
    whole = over(there, router)
    if problem := next(problems(whole, there, settler), None):
        settler.refuse(problem.of(router, router.at(problem.word, "name")))
        return []
    router = router.with_attributes(**worked_out(whole, there, settler))
    found = [router, *peer.followed(router, settler)]
    if there and joined(there) != joined(whole):
        because = f"router {router.name} changes"
        others = peers_of(router.place, router.name, settler)
        found += guarded(router.place, others, because, router.span, settler)
    return [*found, *led(whole, there, settler)]


def worked_out(router: Resource, there: Resource | None, settler: Settling) -> Mapping[str, Value]:
    """What follows from what is said of a router and its networks; of what others made, only what is new."""
    networks = {name: one_of(settler, "network", router.place, name) for name in joined(router)}
    had = {word.split()[0]: word for word in listed(there.get("ports"))} if there else {}
    theirs = there if there and not there.marked else None
    ports, advertised = [], []
    for name, network in networks.items():
        if network is None:
            continue
        if theirs and name in had:
            ports.append(had[name])
            continue
        addresses = [
            f"{gateway_of(network, subnet.version)}/{subnet.prefixlen}" for subnet in subnets_of(network)
        ]
        ports.append(" ".join([name, *sorted(addresses)]))
        if network.get("dhcp") and any(subnet.version == 6 for subnet in subnets_of(network)):
            advertised.append(f"{name} {network.get('mtu') or MTU}")
    found: dict[str, Value] = {"ports": tuple(sorted(ports)) or None}
    if theirs:
        here = {*networks, router.text("uplink")}
        found["made"] = tuple(one for one in listed(theirs.get("made")) if one.split()[0] in here) or None
        if not ports:
            found["snat"] = None  # there is nobody left whose row could tell
    else:
        found["advertises"] = tuple(sorted(advertised)) or None
    found |= _way_outside(router, there, settler)
    if not theirs:
        found[GUARD] = guard_of(router.with_attributes(**found), settler)
    return found


def _way_outside(router: Resource, there: Resource | None, settler: Settling) -> Mapping[str, Value]:
    name = router.text("uplink")
    network = one_of(settler, "network", router.place, name) if name else None
    if network is None:
        return dict.fromkeys(("outside", "nexthops", "chassis", "gateways"))
    found: dict[str, Value] = {}
    if there and _as_others_have_it(router, there):
        if listed(router.get("gateways")) == listed(there.get("gateways")):
            return found
        able = known_chassis(settler, router.place)
        return {"chassis": tuple(able[host].name for host in listed(router.get("gateways")) if host in able)}
    addresses = listed(router.get("address"))
    with_prefix = [f"{one}/{net.prefixlen}" for one in addresses if (net := subnet_with(network, one))]
    found["outside"] = tuple(sorted(with_prefix)) or None
    versions = sorted({ipaddress.ip_address(one).version for one in addresses})
    found["nexthops"] = tuple(hop for one in versions if (hop := gateway_of(network, one))) or None
    said = listed(router.get("gateways"))
    if not said and there and there.text("uplink") == name and there.get("chassis"):
        return found
    able = able_for(router, network, settler)
    hosts = said or tuple(able)
    return {**found, "gateways": hosts, "chassis": tuple(able[host].name for host in hosts if host in able)}


def joined(router: Resource) -> Sequence[str]:
    """The networks that a router joins."""
    return sorted(set(listed(router.get("networks"))))


def problems(router: Resource, there: Resource | None, settler: Settling) -> Iterator[Problem]:
    """What speaks against a router, the first of it first."""
    tenant = tenant_of(router.name)
    if tenant and not settler.find("tenant", router.place, tenant):
        words = f"stands in the tenant `{tenant}`, whom there is not"
        yield Problem(words, "name", f"`tenant {tenant} {{ … }}`", NO_TENANT)
    yield from _in_networks(router, there, settler)
    if router.get("uplink"):
        if not _as_others_have_it(router, there):
            yield from _to_outside(router, settler)
    else:
        for word in _OF_UPLINK:
            if router.get(word):
                yield Problem(f"has `{word}` and leads nowhere outside", word, "`uplink NETWORK`")


def _as_others_have_it(router: Resource, there: Resource | None) -> bool:
    """Whether others have made a router's way outside, and it stays so: that is theirs to judge."""
    words = ("uplink", "address")
    return there is not None and not there.marked and all(router.get(w) == there.get(w) for w in words)


def _in_networks(router: Resource, there: Resource | None, settler: Settling) -> Iterator[Problem]:
    had = set(joined(there)) if there and not there.marked else set()
    claims = settler.once(("ovn joined", router.place), lambda: _claims(settler, router.place))
    taken_by: dict[str, list[ipaddress.IPv4Network | ipaddress.IPv6Network]] = {}
    for name in joined(router):
        network = one_of(settler, "network", router.place, name)
        if network is None:
            help = missing(settler, "network", router.place, name)
            yield Problem(f"joins `{name}`, and there is no such network", "networks", help)
            continue
        if name in had:  # as others have it
            continue
        subnets = subnets_of(network)
        if not subnets:
            words = f"joins network `{name}`, which has no subnet"
            yield Problem(words, "networks", f"`network {name} subnet …`")
        if network.get("external"):
            words = f"joins network `{name}`, which leads outside"
            yield Problem(words, "networks", f"`uplink {name} address …`")
        for other, theirs in taken_by.items():
            for one in subnets:
                if hit := next(
                    (net for net in theirs if net.version == one.version and net.overlaps(one)), None
                ):
                    words = f"joins `{other}` and `{name}`, whose subnets {hit} and {one} overlap"
                    yield Problem(words, "networks", "no address would tell which is meant")
        taken_by[name] = [*subnets]
        if other := next((one for one in claims.get(name, ()) if one != router.name), ""):
            words = f"joins network `{name}`, whose gateway router `{other}` is"
            yield Problem(words, "networks", "one router a network; `peer` joins two routers", CLAIMED)


def _claims(settler: Settling, place: str) -> Mapping[str, Sequence[str]]:
    """The routers that join each network."""
    found: dict[str, list[str]] = {}
    for one in known(settler, "router", place).values():
        for name in joined(one):
            found.setdefault(name, []).append(one.name)
    return found


def _to_outside(router: Resource, settler: Settling) -> Iterator[Problem]:
    name = router.text("uplink")
    network = one_of(settler, "network", router.place, name)
    if network is None:
        yield Problem(f"leads to `{name}`, and there is no such network", "uplink", f"`network {name} …`")
        return
    if not network.get("external"):
        words = f"leads to network `{name}`, which does not lead outside"
        yield Problem(words, "uplink", "`network … external bridge BRIDGE`")
        return
    addresses = listed(router.get("address"))
    if not addresses:
        words = f"leads to network `{name}`, and has no address there"
        yield Problem(words, "uplink", f"`address A`, of {network.name}'s subnet")
    if len({ipaddress.ip_address(one).version for one in addresses}) < len(addresses):
        yield Problem("has two addresses of one version", "address", "further ones by `eip` and `forward`")
    for one in addresses:
        if problem := taken(settler, router.place, network, one, router.name):
            yield Problem(
                f"has the address {one} outside: {problem.message}", "address", problem.help, OUTSIDE
            )
    yield from by_gateways(router, network, settler)


ROUTER_KIND = Kind(
    "router",
    subject=Name(what="a router's name", qualified=True),
    help="Joins networks: it has the gateway's address in each of them. By its `uplink` it leads outside, by one of "
    "its gateways at a time.",
    sort=SORT,
    attributes=(
        CLUSTER,
        Attribute(
            "networks",
            Name(what="a list of networks", ref="network", qualified=True, many=True, ordered=False),
            "The networks that it joins; their subnets must not overlap.",
            otherwise="none",
        ),
        Attribute(
            "uplink",
            Name(what="a network that leads outside", ref="network"),
            "The network by which it leads outside; no tenant's.",
            otherwise="none",
        ),
        Attribute(
            "address",
            Address(what="a list of addresses", many=True, ordered=False),
            "Its own addresses there: one of IPv4, one of IPv6.",
            otherwise="none",
        ),
        Attribute("snat", FLAG, "What its networks send outside comes from its own address."),
        Attribute(
            "gateways",
            HOSTS,
            "The hosts by which it leads outside: the first that lives.",
            otherwise="all that have the network's bridge",
        ),
        worked_out_as("ports", "Its address in each network."),
        worked_out_as("advertises", "Networks that learn of it by IPv6, and the MTU that they are told."),
        worked_out_as("outside", "Its addresses outside."),
        worked_out_as("nexthops", "The routers beyond it."),
        worked_out_as("chassis", "Its gateways in OVN.", ordered=True),
        worked_out_as(
            "made", "How others have called and addressed its ports: network, port, MAC, the other end."
        ),
        worked_out_as("beyond", "What it has that no sentence says."),
        worked_out_as(
            GUARD, "What nobody sends it from outside: by the addresses of its own side.", many=False
        ),
    ),
    requires=("tenant", "zone"),
    brings=(),
    settle=_settle,
    example="router r1 networks web, db uplink public address 203.0.113.2 snat gateways kvm1, kvm2",
)
