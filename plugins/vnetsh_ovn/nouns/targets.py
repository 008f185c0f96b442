"""To whom an address outside leads: a vm's NIC or an address inside, and the router between. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import listed
from vnetsh.schema import Attribute, Name
from vnetsh_ovn.gateways import known_chassis
from vnetsh_ovn.nouns.known import (
    ROUTER,
    IpAddress,
    IpNetwork,
    inside_of,
    known,
    one_of,
)
from vnetsh_ovn.nouns.outside import taken
from vnetsh_ovn.nouns.uplink import OUTSIDE
from vnetsh_ovn.shapes.networks import subnets_of

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling

NOBODY = "E566"
"""Code: an address outside leads to nobody, or it is not clear to whom."""


@dataclass(frozen=True)
class VmOrAddress(Name):
    """The name of a vm, or an address."""

    def parse(self, text: str) -> str:
        """The name, or the address in its usual form."""
        return as_address(text) or super().parse(text)

    def bare(self, text: str) -> bool:
        """Whether it needs no quotes."""
        return bool(as_address(text)) or super().bare(text)


@dataclass(frozen=True)
class TargetName(VmOrAddress):
    """Whom an address outside leads to."""

    def describe(self) -> str:
        """What it may be."""
        return f"{self.what}: its name, or an address inside"


def as_address(text: str) -> str:
    """An address in its usual form; empty of what is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


TO = Attribute(
    "to",
    TargetName(what="a vm", ref="vm", never="/"),
    "Whom it leads to: a vm in one of the router's networks, or an address there.",
    required=True,
    clearable=False,
)
BY = Attribute(
    "router", ROUTER, "The router that has it.", otherwise="the one between the two", clearable=False
)


class Target(NamedTuple):
    """Where an address leads: the address inside, its port in OVN where that is known, and the router between."""

    address: str
    network: str
    interface: str
    router: Resource


def target_of(thing: Resource, address: str, settler: Settling, *, shares: bool) -> Target | None:
    """The target of an eip or a forward at an address outside; refuses where there is none, or are several.

    `shares`: the address may be the router's own.
    """
    there = settler.fleet.resources.get(thing.key)
    found = {(one.router.name, one.address): one for one in _candidates(thing, address, settler)}
    if there and len(found) > 1:  # it stays where it is
        as_it_is = there.text("router"), there.text("inside")
        found = {key: one for key, one in found.items() if key == as_it_is} or found
    said = f"{thing.kind} `{thing.name}`"
    if not found:
        words, help = _nobody(thing, address, settler)
    elif len(found) > 1:
        words = "could lead to " + " or ".join(f"{at} by router `{by}`" for by, at in sorted(found))
        help = "`to ADDRESS router ROUTER` says which"
    if len(found) != 1:
        settler.refuse(Diagnostic(NOBODY, f"{said} {words}", thing.at("to", "name"), help=help))
        return None
    target = next(iter(found.values()))
    uplink = one_of(settler, "network", thing.place, target.router.text("uplink"))
    assert uplink
    problem = taken(
        settler,
        thing.place,
        uplink,
        address,
        thing.name,
        shared=target.router.name if shares else "",
        last=True,
    )
    if problem:
        words = f"{said} cannot have this address: {problem.message}"
        settler.refuse(Diagnostic(OUTSIDE, words, thing.at("name", "address"), help=problem.help))
        return None
    return target


def _candidates(thing: Resource, address: str, settler: Settling) -> Iterator[Target]:
    ways, to = _ways(thing.place, settler), thing.text("to")
    outer = ipaddress.ip_address(address)
    meant = ipaddress.ip_address(to) if as_address(to) else None
    nics = ways.nics_of.get(to, ())
    for router, inner in ways.of(outer, thing.text("router")):
        if meant is None:
            for nic in nics:
                same = ipaddress.ip_address(nic.address).version == outer.version
                if same and nic.network in inner.values():
                    yield Target(nic.address, nic.network, nic.interface, router)
        elif meant.version == outer.version:
            for subnet, network in inner.items():
                if meant in subnet:
                    yield Target(to, network, ways.interfaces.get((network, to), ""), router)


class _Nic(NamedTuple):
    vm: str
    network: str
    address: str
    interface: str


@dataclass(frozen=True)
class _Ways:
    """What leads where, worked out once: routers with an uplink, each with its subnets outside and those inside with
    their networks; the NICs of each vm; the port in OVN of each network's addresses.
    """

    routers: Sequence[tuple[Resource, Sequence[IpNetwork], Mapping[IpNetwork, str]]]
    nics_of: Mapping[str, Sequence[_Nic]]
    interfaces: Mapping[tuple[str, str], str]

    def of(self, address: IpAddress, by: str) -> Iterator[tuple[Resource, Mapping[IpNetwork, str]]]:
        """The routers that can have an address outside, or the one that is said, each with what is inside."""
        for router, outer, inner in self.routers:
            if by in ("", router.name) and any(address in subnet for subnet in outer):
                yield router, inner


def _ways(place: str, settler: Settling) -> _Ways:
    return settler.once(("ovn ways", place), lambda: _all_ways(place, settler))


def _all_ways(place: str, settler: Settling) -> _Ways:
    networks = known(settler, "network", place)
    routers = [
        (router, subnets_of(networks[uplink]), inside_of(router))
        for router in known(settler, "router", place).values()
        if (uplink := router.text("uplink")) in networks
    ]
    nics_of: dict[str, list[_Nic]] = {}
    interfaces: dict[tuple[str, str], str] = {}
    for nic in known(settler, "attachment", place).values():
        for address in listed(nic.get("address")):
            vm, network, interface = (nic.text(word) for word in ("vm", "network", "interface"))
            nics_of.setdefault(vm, []).append(_Nic(vm, network, address, interface))
            interfaces[network, address] = interface
    return _Ways(routers, nics_of, interfaces)


def _nobody(thing: Resource, address: str, settler: Settling) -> tuple[str, str]:
    """Why it leads to nobody, in words, and what would help."""
    by, to = thing.text("router"), thing.text("to")
    if by and not one_of(settler, "router", thing.place, by):
        return f"is to be router `{by}`'s, and there is none", f"`router {by} …`"
    ways = _ways(thing.place, settler)
    if not next(ways.of(ipaddress.ip_address(address), by), None):
        whose = f"router `{by}`" if by else "a router"
        return f"is in no subnet outside that {whose} leads to", "`router … uplink NETWORK address …`"
    if not as_address(to) and to not in ways.nics_of:
        words = f"leads to vm `{to}`, which has no address in a network of {thing.place}"
        return words, f"`vm {to} … port NETWORK address …`"
    return f"leads to {to}, which no router that has {address} outside reaches", "`router … networks …`"


def everywhere(thing: Resource, router: Resource, settler: Settling) -> bool:
    """Whether every chassis leads outside by itself, so that wherever a vm moves its host can answer for it."""
    network = one_of(settler, "network", thing.place, router.text("uplink"))
    chassis = known_chassis(settler, thing.place).values()
    bridge = network.text("bridge") if network else ""
    return bool(chassis) and all(bridge in one.outside for one in chassis)
