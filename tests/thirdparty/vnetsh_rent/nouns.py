"""The nouns: a block of sentences, qualified names, identities of several words, a link as a name, every type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh.model import Resource
from vnetsh.schema import (
    ENDS,
    HOSTS,
    Address,
    AddressRange,
    Attribute,
    Block,
    Choice,
    Integer,
    InterfaceAddress,
    Kind,
    Name,
    Percent,
    Ranges,
    Subnet,
)

if TYPE_CHECKING:
    from vnetsh.schema.lent import Resolving, Settling
    from vnetsh.schema.phrase import Phrase

LAN = Name(what="a lan", ref="lan", qualified=True)
_ON = Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False)

CUSTOMER = Kind(
    "customer",
    help="Somebody who rents; what stands in the block is theirs, and is called so: `acme/web`.",
    attributes=(_ON,),
    block=Block.SENTENCES,
    holds=("lan", "rule", "door", "desk", "delete", "assure"),
    qualifies=True,
    example="customer acme on kvm1 { lan web on kvm1 }",
)


def _lan_on_the_customers_hosts(declaration: Phrase, resolver: Resolving) -> Sequence[Resource]:
    """One on each host of `on`, or else of the customer's."""
    customer = declaration.within[-1] if declaration.within else None
    hosts = declaration.names("on") or (customer.names("on") if customer else ())
    values = {name: said.value for name, said in declaration.attributes.items() if name != "on"}
    return [Resource("lan", declaration.name, host, values, span=declaration.span) for host in hosts]


LAN_KIND = Kind(
    "lan",
    subject=LAN,
    help="A network; without `on`, on its customer's hosts.",
    attributes=(
        Attribute(
            "on", HOSTS, "The hosts that have it.", otherwise="its customer's", column=False, clearable=False
        ),
        Attribute("subnet", Subnet(overlaps=True), "Its addresses.", otherwise="none"),
        Attribute("gateway", InterfaceAddress(), "The address of its router.", otherwise="none"),
        Attribute("pool", AddressRange(), "The addresses that are given out.", otherwise="none"),
        Attribute("loss", Percent(what="a loss"), "What may be lost, at most.", otherwise="nothing"),
        Attribute(
            "trunk",
            Ranges(what="a list of VLANs", least=1, most=4094),
            "The VLANs that it carries.",
            otherwise="none",
            excludes=("vlan",),
        ),
        Attribute("vlan", Integer(what="a VLAN", least=1, most=4094), "Its own VLAN.", otherwise="none"),
        Attribute(
            "servers",
            Address(what="a list of servers", many=True, ordered=False),
            "Its name servers, in no order.",
            otherwise="none",
        ),
    ),
    expand=_lan_on_the_customers_hosts,
    example="lan web on kvm1 subnet 10.0.0.0/24",
)

RULE = Kind(
    "rule",
    help="What may pass from one lan to another.",
    operands=(
        Attribute(
            "way",
            Name(what="a way between lans", ref="lan", way=True, qualified=True, or_any=True),
            "From where to where.",
            required=True,
        ),
    ),
    attributes=(
        Attribute(
            "port", Integer(what="a port", least=1, most=65535), "The port.", otherwise="all", clearable=False
        ),
        _ON,
        Attribute(
            "note", Choice(what="a note", choices=("open", "logged")), "What is noted.", otherwise="nothing"
        ),
    ),
    identity=("way", "port"),
    example="rule any -> web port 80 on kvm1",
)

DOOR = Kind(
    "door",
    help="An address and a port that lead into a lan.",
    operands=(
        Attribute("address", Address(), "The address outside.", required=True),
        Attribute(
            "protocol", Choice(what="a protocol", choices=("tcp", "udp")), "The protocol.", required=True
        ),
        Attribute("port", Integer(what="a port", least=1, most=65535), "The port.", required=True),
    ),
    attributes=(_ON, Attribute("to", LAN, "Where it leads.", required=True, clearable=False)),
    identity=("address", "protocol", "port"),
    example="door 203.0.113.21 tcp 80 on kvm1 to web",
)


def _cable_ends(declaration: Phrase, resolver: Resolving) -> Sequence[Resource]:
    """One end on each of the two hosts."""
    values = {name: said.value for name, said in declaration.attributes.items()}
    return [
        Resource("cable", declaration.name, host, values, span=declaration.span)
        for host in declaration.subjects
    ]


CABLE = Kind(
    "cable",
    subject=ENDS,
    help="What joins two hosts; they are all the name that it has.",
    attributes=(Attribute("loss", Percent(what="a loss"), "What it loses.", otherwise="nothing"),),
    expand=_cable_ends,
    block=Block.NONE,
    example="cable kvm1<->kvm2 loss 0.5%",
)


def _settle_desk(desk: Resource, settler: Settling) -> Sequence[Resource]:
    """What it stands at, told apart."""
    meant = settler.meant(desk.text("at"), ("lan", "bridge"), desk.span, desk.place)
    return [desk.with_attributes(at=":".join(meant))] if meant else []


DESK = Kind(
    "desk",
    help="A place to work at, on a lan or a bridge.",
    operands=(
        Attribute(
            "at",
            Name(what="a lan or a bridge", refs=("lan", "bridge"), qualified=True),
            "Where it stands.",
            required=True,
        ),
    ),
    attributes=(_ON,),
    settle=_settle_desk,
    example="desk d1 lan:web on kvm1",
)

KINDS = (CUSTOMER, LAN_KIND, RULE, DOOR, CABLE, DESK)
