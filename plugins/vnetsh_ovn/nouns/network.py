"""The noun `network`: an own layer 2 over all chassis, and how it leads outside."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import listed
from vnetsh.schema import FLAG, Address, Attribute, Integer, Kind, Name, Subnet
from vnetsh.schema.value_names import LINK_LENGTH
from vnetsh_ovn.nouns.attachment import joins
from vnetsh_ovn.nouns.following import followed, left
from vnetsh_ovn.nouns.known import worked_out_as
from vnetsh_ovn.nouns.loadbalancer import balancers_of
from vnetsh_ovn.nouns.rule import rules_of
from vnetsh_ovn.nouns.tenant import has_its_tenant
from vnetsh_ovn.sort import CLUSTER, SORT

if TYPE_CHECKING:
    from vnetsh.model import Attributes, Fleet, Resource
    from vnetsh.schema import Told
    from vnetsh.schema.lent import Settling

SENSELESS = "E553"
"""Code: what is said of a network does not go together."""


def _settle(network: Resource, settler: Settling) -> Sequence[Resource]:
    """Whether what is said, with what is so already, makes sense."""
    there = settler.fleet.get("network", network.place, network.name)
    whole = {**(there.attributes if there else {}), **network.attributes}
    for message, word, help in _problems(whole):
        settler.refuse(
            Diagnostic(SENSELESS, f"network `{network.name}` {message}", network.at(word, "name"), help=help)
        )
        return []
    if not has_its_tenant(network, settler):
        return []
    return [
        network,
        *followed(network, settler),
        *rules_of(network, settler),
        *balancers_of(network, settler),
    ]


def _problems(said: Attributes) -> Iterator[tuple[str, str, str]]:
    """What speaks against a network with these attributes: in words, by which of them, and a remedy."""
    subnets = [ipaddress.ip_network(str(one)) for one in listed(said.get("subnet"))]
    if len({one.version for one in subnets}) < len(subnets):
        yield "has two subnets of one version", "subnet", "one of IPv4 and one of IPv6 at most"
    for one in listed(said.get("gateway")):
        address = ipaddress.ip_address(str(one))
        if not any(address in subnet for subnet in subnets):
            yield f"has the gateway {address} outside of its subnet", "gateway", "an address of the subnet"
    if said.get("dhcp") and not subnets:
        yield "gives addresses by DHCP, of no subnet", "dhcp", "say its `subnet`"
    if said.get("external") and not said.get("bridge"):
        yield "leads outside, by no bridge", "external", "`external bridge BRIDGE`: a bridge of its chassis"
    if said.get("bridge") and not said.get("external"):
        yield "has a bridge and does not lead outside", "bridge", "`external bridge BRIDGE`"
    if said.get("vlan") is not None and not said.get("bridge"):
        yield "has a VLAN on no bridge", "vlan", "`external bridge BRIDGE vlan N`"


def _tells(network: Resource, fleet: Fleet) -> Told:
    from vnetsh_ovn.nouns.pages import of_network  # few look

    return of_network(network, fleet)


NETWORK_KIND = Kind(
    "network",
    subject=Name(what="a network's name", qualified=True),
    help="A layer 2 of its own over all chassis of a cluster, for NICs of vms; an `external` one leads outside.",
    sort=SORT,
    attributes=(
        CLUSTER,
        Attribute(
            "subnet",
            Subnet(overlaps=True, many=True),
            "Its addresses: a subnet, or one of IPv4 and one of IPv6. Other networks may have the same.",
            otherwise="none",
        ),
        Attribute(
            "gateway",
            Address(what="a list of addresses", many=True),
            "The addresses of its router.",
            otherwise="the first of each subnet",
        ),
        Attribute("dhcp", FLAG, "Its guests get their addresses by DHCP."),
        Attribute(
            "dns",
            Address(what="a list of addresses", many=True),
            "The name servers that guests are told by DHCP.",
            otherwise="none",
            column=False,
        ),
        Attribute(
            "mtu",
            Integer(what="an MTU", least=576, most=65535),
            "The MTU that guests are told by DHCP.",
            otherwise="1442: an underlay of 1500, less what Geneve needs",
            column=False,
        ),
        Attribute("external", FLAG, "It leads outside, by a bridge of its chassis."),
        Attribute(
            "bridge",
            Name(what="a bridge", longest=LINK_LENGTH, offers="bridge"),
            "That bridge.",
            otherwise="none",
            immutable=True,
        ),
        Attribute(
            "vlan",
            Integer(what="a VLAN", least=1, most=4094),
            "The VLAN that it is there.",
            otherwise="untagged",
        ),
        worked_out_as("beyond", "What it has that no sentence says."),
    ),
    requires=("tenant",),
    brings=(),
    tells=_tells,
    settle=_settle,
    joins=joins,
    left=left,
    example="network web subnet 10.0.1.0/24 dhcp dns 10.0.1.53",
)
