"""The nouns `route`, `dhcp` and `nat`: what a host does for the networks of its bridges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.schema import (
    BRIDGE,
    HOSTS,
    NIC,
    PORT,
    Address,
    AddressRange,
    Attribute,
    Choice,
    Duration,
    Kind,
    Mac,
    Name,
    Part,
    Subnet,
    Text,
)
from vnetsh.schema.reboot import SURVIVES_REBOOT
from vnetsh_hostnet import fitting

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling

DEVICE = replace(PORT, what="a bridge or an internal port")
_ON = Attribute("on", HOSTS, "The hosts that do it.", required=True, column=False, clearable=False)
_ERROR = Attribute("error", Text(), "What is not so on the host (any more).", settable=False)
_WHERE = (
    Attribute("bridge", BRIDGE, "The bridge.", settable=False, column=False),
    Attribute(
        "port",
        Name(what="a port", ref="port"),
        "The internal port, where it is that's.",
        settable=False,
        column=False,
    ),
)
LEASE = 3_600_000
"""How long an address is lent, in milliseconds, where nothing is said."""


def _mended(wanted: Resource, settler: Settling) -> Resource:
    """With the wish that nothing is wrong with it, where something is."""
    there = settler.fleet.get(wanted.kind, wanted.place, wanted.name)
    return wanted.with_attributes(error=None) if there and there.get("error") else wanted


def _settle_route(route: Resource, settler: Settling) -> Sequence[Resource]:
    found = fitting.way(route, settler)
    if isinstance(found, Diagnostic):
        settler.refuse(found)
        return []
    device, address = found
    return [_mended(route.with_attributes(dev=device, address=address), settler)]


def _settle_dhcp(dhcp: Resource, settler: Settling) -> Sequence[Resource]:
    placed = fitting.placed(dhcp, settler, "a DHCP server")
    problem = placed if isinstance(placed, Diagnostic) else _lending_problem(placed, settler)
    if problem or isinstance(placed, Diagnostic):
        assert problem
        settler.refuse(problem)
        return []
    return [_mended(placed, settler)]


def _lending_problem(dhcp: Resource, settler: Settling) -> Diagnostic | None:
    there = settler.fleet.get("dhcp", dhcp.place, dhcp.name)
    whole = replace(dhcp, attributes={**(there.attributes if there else {}), **dhcp.attributes})
    return fitting.dhcp_problem(whole, fitting.addresses(dhcp.place, dhcp.name, settler))


def _settle_static(static: Resource, settler: Settling) -> Sequence[Resource]:
    device = static.parent[1] if static.parent else ""
    problem = fitting.static_problem(static, fitting.addresses(static.place, device, settler))
    if problem:
        settler.refuse(problem)
        return []
    return [static]


def _settle_nat(nat: Resource, settler: Settling) -> Sequence[Resource]:
    placed = fitting.placed(nat, settler, "NAT")
    if isinstance(placed, Diagnostic):
        settler.refuse(placed)
        return []
    had = fitting.addresses(nat.place, nat.name, settler)
    networks = tuple(sorted(network for network in fitting.networks(had) if ":" not in network))
    placed = placed.with_attributes(networks=networks)
    if problem := fitting.nat_problem(placed, settler):
        settler.refuse(problem)
        return []
    return [_mended(placed, settler)]


ROUTE_KIND = Kind(
    "route",
    subject=Subnet(what="a network", overlaps=True),
    help="A static route of a host: by whom packets go to a network that it is not in itself.",
    attributes=(
        replace(_ON, help="The hosts that have it."),
        Attribute("via", Address(what="a router"), "By whom they go.", required=True, clearable=False),
        Attribute("dev", Text(), "By which device that one is reached.", settable=False),
        Attribute(
            "address",
            Name(what="an address", ref="address"),
            "Whose addresses lead there, where vnetsh gave them.",
            settable=False,
            column=False,
        ),
        SURVIVES_REBOOT,
        _ERROR,
    ),
    requires=("address",),
    rides_on=("address",),
    brings=(),
    settle=_settle_route,
    example="route 10.9.0.0/16 on kvm1 via 192.168.1.2",
)

STATIC_KIND = Kind(
    "static",
    plural="statics",
    subject=Mac(),
    help="The address that a machine always gets. Said inside `dhcp` sentences.",
    attributes=(
        Attribute("dhcp", replace(DEVICE, ref="dhcp"), "The network where.", settable=False),
        Attribute("address", Address(), "The address."),
    ),
    sayable=False,
    brings=(),
    settle=_settle_static,
)

DHCP_KIND = Kind(
    "dhcp",
    plural="dhcps",
    subject=DEVICE,
    help="A host lends addresses to the machines of a network, by dnsmasq; and names, where `dns` is said.",
    attributes=(
        replace(_ON, help="The host that lends."),
        Attribute(
            "range",
            AddressRange(what="ranges of addresses", many=True, ordered=False),
            "Which addresses it lends.",
            otherwise="a new one must say it",
            clearable=False,
        ),
        Attribute(
            "dns",
            Choice(what="whether it answers for names", choices=("yes",)),
            "It answers for the names of those that it lent addresses to, and asks the host's own servers for others.",
            otherwise="no",
        ),
        Attribute(
            "lease", Duration(what="a time"), "For how long, at least 2m.", default=LEASE, clearable=False
        ),
        Attribute(
            "router",
            Address(what="a router"),
            "The router that machines are told.",
            otherwise="the host itself",
            column=False,
        ),
        *_WHERE,
        SURVIVES_REBOOT,
        _ERROR,
    ),
    parts=(
        Part(
            "static",
            help="The address that a machine always gets.",
            kind="static",
            operands=(
                Attribute("name", Mac(what="a machine's MAC address"), "The machine's NIC.", required=True),
                Attribute("address", Address(), "What it gets.", required=True),
            ),
        ),
    ),
    requires=("address",),
    rides_on=("bridge", "port"),
    brings=("static",),
    settle=_settle_dhcp,
    example="dhcp lan0 on kvm1 range 192.168.1.10-192.168.1.99 dns yes",
)

NAT_KIND = Kind(
    "nat",
    plural="nats",
    subject=DEVICE,
    help="The machines of a network reach the outside by a host, as if they were it; by nftables, for IPv4.",
    attributes=(
        replace(_ON, help="The host by which."),
        Attribute("out", NIC, "By which NIC or bridge only.", otherwise="any but its own"),
        Attribute(
            "networks", Subnet(what="networks", many=True, overlaps=True), "Whose packets.", settable=False
        ),
        *_WHERE,
        SURVIVES_REBOOT,
        _ERROR,
    ),
    requires=("address",),
    rides_on=("bridge", "port"),
    brings=(),
    settle=_settle_nat,
    example="nat lan0 on kvm1 out vswitch01",
)
