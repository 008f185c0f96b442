"""The noun `hop`: where a router sends what is for a subnet beyond its own."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import listed
from vnetsh.schema import Address, Attribute, Kind, Subnet
from vnetsh_ovn.nouns.guarding import guarded_by
from vnetsh_ovn.nouns.known import ROUTER, IpNetwork, known, missing, one_of, over
from vnetsh_ovn.sort import CLUSTER, SORT

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling

NO_WAY = "E564"
"""Code: a hop that leads nowhere, or where its router sends otherwise."""


def _settle(hop: Resource, settler: Settling) -> Sequence[Resource]:
    """Whether its router reaches the next one."""
    there = settler.fleet.resources.get(hop.key)
    whole = over(there, hop)
    router = one_of(settler, "router", hop.place, hop.text("router"))
    if router is None:
        words = f"there is no router `{hop.text('router')}`"
        help = missing(settler, "router", hop.place, hop.text("router"))
        settler.refuse(Diagnostic(NO_WAY, words, hop.at("router", "name"), help=help))
        return []
    if problem := next(_problems(whole, router, settler), None):
        message, word, help = problem
        words = f"hop `{hop.name}` {message}"
        settler.refuse(Diagnostic(NO_WAY, words, hop.at(word, "name"), help=help))
        return []
    return [hop]


def _problems(hop: Resource, router: Resource, settler: Settling) -> Iterator[tuple[str, str, str]]:
    """What speaks against a hop: in words, by which of its words, and a remedy."""
    subnet = ipaddress.ip_network(hop.text("subnet"))
    near = [*nets_of(router, settler)]
    for via in listed(hop.get("via")):
        address = ipaddress.ip_address(via)
        if address.version != subnet.version:
            yield f"goes by {via}, of another version of IP", "via", "an address of the same version"
        elif not any(address in net for net in near):
            nets = ", ".join(str(net) for net in near if net.version == subnet.version) or "none"
            yield f"goes by {via}, which is in no subnet of its router", "via", f"it has {nets}"
        elif via in own_addresses(router):
            yield f"goes by {via}, which is its router's own address", "via", "the next router's"
    if subnet.prefixlen == 0 and any(
        ipaddress.ip_address(one).version == subnet.version for one in listed(router.get("nexthops"))
    ):
        words = f"says where all else goes, and that goes to network `{router.text('uplink')}`"
        yield words, "subnet", f"its gateway: `network {router.text('uplink')} gateway …`"
    outer = [ipaddress.ip_interface(one).network for one in listed(router.get("outside"))]
    if any(ipaddress.ip_address(via) in net for via in listed(hop.get("via")) for net in outer):
        for own in guarded_by(router):
            if _is_in(subnet, own):
                words = f"leads outside to {own}, and what comes from there under such an address is dropped"
                yield words, "subnet", "networks of one tenant are joined by a router, or by `peer`"
    if subnet in near:
        yield "leads to a subnet that its router is in itself", "subnet", "a subnet beyond"


def _is_in(one: IpNetwork, other: IpNetwork) -> bool:
    """Whether a subnet is one of another's."""
    return one.version == other.version and one.overlaps(other) and one.prefixlen >= other.prefixlen


def own_addresses(router: Resource) -> Sequence[str]:
    """All addresses of a router in its networks and outside."""
    inside = (address for word in listed(router.get("ports")) for address in word.split()[1:])
    return [one.partition("/")[0] for one in (*inside, *listed(router.get("outside")))]


def nets_of(router: Resource, settler: Settling) -> Iterator[IpNetwork]:
    """All subnets that a router is in: of its networks, outside, and of its peers."""
    inside = (address for word in listed(router.get("ports")) for address in word.split()[1:])
    linked = settler.once(("ovn links", router.place), lambda: _links(router.place, settler))
    peers = linked.get(router.name, ())
    everything = (*inside, *listed(router.get("outside")), *peers)
    yield from dict.fromkeys(ipaddress.ip_interface(one).network for one in everything)


def _links(place: str, settler: Settling) -> Mapping[str, Sequence[str]]:
    """Of each router the addresses on the links to its peers."""
    found: dict[str, list[str]] = {}
    for peer in known(settler, "peer", place).values():
        for side in ("left", "right"):
            found.setdefault(peer.text(side), []).extend(listed(peer.get("addresses")))
    return found


HOP_KIND = Kind(
    "hop",
    help="A static route of a router: by whom it sends what is for a subnet beyond its own.",
    sort=SORT,
    operands=(
        Attribute("router", ROUTER, "The router.", required=True),
        Attribute("subnet", Subnet(overlaps=True), "The subnet beyond.", required=True),
    ),
    attributes=(
        CLUSTER,
        Attribute(
            "via",
            Address(what="a list of addresses", many=True, ordered=False),
            "The next router's address, in a subnet of this one; several share what is sent.",
            required=True,
            clearable=False,
        ),
    ),
    identity=("router", "subnet"),
    requires=("network", "router", "peer"),
    rides_on=("router",),
    brings=(),
    settle=_settle,
    example="hop r1 10.9.0.0/16 via 10.0.1.9",
)
