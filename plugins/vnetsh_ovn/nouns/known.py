"""What a segment knows of OVN's things: what a script says of them, on what the database holds already. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING

from vnetsh.model import listed
from vnetsh.schema import Attribute, Name, Text
from vnetsh_ovn.shapes.networks import subnets_of

if TYPE_CHECKING:
    from vnetsh.model import Attributes, Resource
    from vnetsh.schema.lent import Settling

ROUTER = Name(what="a router", ref="router", qualified=True)

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


def known(settler: Settling, kind: str, place: str) -> Mapping[str, Resource]:
    """All things of a kind as they will be, by name; what is settled counts before what is said."""
    return {**_unsettled(settler, kind, place), **_settled(settler, kind, place)}


def _unsettled(settler: Settling, kind: str, place: str) -> Mapping[str, Resource]:
    return settler.once((f"ovn {kind}", place), lambda: _all(settler, kind, place))


def _all(settler: Settling, kind: str, place: str) -> Mapping[str, Resource]:
    found = {one.name: one for one in settler.fleet.of_kind(kind, place)}
    for said in settler.said:
        if said.kind == kind and said.place == place:
            found[said.name] = over(found.get(said.name), said)
    return found


def _settled(settler: Settling, kind: str, place: str) -> Mapping[str, Resource]:
    there = _unsettled(settler, kind, place)
    mine = [one for one in settler.settled_of(kind) if one.place == place]
    return {one.name: over(there.get(one.name), one) for one in mine}


def one_of(settler: Settling, kind: str, place: str, name: str) -> Resource | None:
    """A thing as it will be; None where there is none."""
    there = _unsettled(settler, kind, place).get(name)
    found = settler.find(kind, place, name)
    return over(there, found) if found else None


def missing(settler: Settling, kind: str, place: str, name: str) -> str:
    """What would help where there is no such thing: to make it, or the one that is no tenant's."""
    inner = name.partition("/")[2]
    if inner and one_of(settler, kind, place, inner):
        return f"`/{inner}` is the {kind} that is no tenant's"
    return f"`{kind} {name} …`"


def over(there: Resource | None, said: Resource) -> Resource:
    """What a thing will be: what is said of it, on what it is."""
    return there.with_attributes(**said.attributes) if there else said


def followed_so_far(there: Resource, settler: Settling) -> Attributes:
    """What a thing that no sentence names is made to follow by what this segment has settled already."""
    found = settler.find(there.kind, there.place, there.name)
    return {} if found is None or found is there else found.attributes


def subnet_with(network: Resource, address: str) -> IpNetwork | None:
    """The subnet of a network that an address is in."""
    wanted = ipaddress.ip_address(address)
    return next((one for one in subnets_of(network) if wanted in one), None)


def inside_of(router: Resource) -> Mapping[IpNetwork, str]:
    """The subnets of all networks that a router joins, each with its network."""
    return {
        ipaddress.ip_interface(address).network: word.split()[0]
        for word in listed(router.get("ports"))
        for address in word.split()[1:]
    }


def worked_out_as(name: str, help: str, *, ordered: bool = False, many: bool = True) -> Attribute:
    """An attribute that nobody says: what follows from what is said and from other things. No plan shows it."""
    type = Text(what="a list", many=True, ordered=ordered) if many else Text()
    return Attribute(name, type, help, settable=False, column=False, inner=True)
