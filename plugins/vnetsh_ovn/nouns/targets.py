"""To whom an address outside leads: a vm's NIC or an address inside, and the router between. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from vnetsh.diagnostics import Diagnostic
from vnetsh.schema import Attribute, Name
from vnetsh_ovn.gateways import known_chassis
from vnetsh_ovn.nouns.known import ROUTER, inside_of, known, one_of, subnet_with, words_of
from vnetsh_ovn.nouns.outside import taken
from vnetsh_ovn.nouns.router import OUTSIDE

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling

NOBODY = "E566"
"""Code: an address outside leads to nobody, or it is not clear to whom."""


@dataclass(frozen=True)
class TargetName(Name):
    """The name of a vm, or an address."""

    def describe(self) -> str:
        """What it may be."""
        return f"{self.what}: its name, or an address inside"

    def parse(self, text: str) -> str:
        """The name, or the address in its usual form."""
        return _as_address(text) or super().parse(text)

    def bare(self, text: str) -> bool:
        """Whether it needs no quotes."""
        return bool(_as_address(text)) or super().bare(text)


def _as_address(text: str) -> str:
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
        settler, thing.place, uplink, address, thing.name, shared=target.router.name if shares else ""
    )
    if problem:
        words = f"{said} cannot have this address: {problem.message}"
        settler.refuse(Diagnostic(OUTSIDE, words, thing.at("name", "address"), help=problem.help))
        return None
    return target


def _candidates(thing: Resource, address: str, settler: Settling) -> Iterator[Target]:
    version = ipaddress.ip_address(address).version
    for router in _routers(thing.place, address, thing.text("router"), settler):
        for inside, network, interface in _ends(thing, router, settler):
            if ipaddress.ip_address(inside).version == version:
                yield Target(inside, network, interface, router)


def _routers(place: str, address: str, by: str, settler: Settling) -> Iterator[Resource]:
    """The routers that can have an address outside."""
    for name, router in known(settler, "router", place).items():
        uplink = router.text("uplink")
        network = one_of(settler, "network", place, uplink) if uplink else None
        if network and by in ("", name) and subnet_with(network, address):
            yield router


def _ends(thing: Resource, router: Resource, settler: Settling) -> Iterator[tuple[str, str, str]]:
    """Address, network and port in OVN of what is meant, as far as a router reaches it."""
    to, networks = thing.text("to"), inside_of(router)
    if _as_address(to):
        for subnet, network in networks.items():
            if ipaddress.ip_address(to) in subnet:
                nics = _nics(thing.place, settler)
                there = (nic.interface for nic in nics if (nic.network, nic.address) == (network, to))
                yield to, network, next(there, "")
        return
    for vm, network, address, interface in _nics(thing.place, settler):
        if vm == to and network in networks.values():
            yield address, network, interface


class _Nic(NamedTuple):
    vm: str
    network: str
    address: str
    interface: str


def _nics(place: str, settler: Settling) -> Sequence[_Nic]:
    """All NICs that have an address, each with its port in OVN."""
    return [
        _Nic(nic.text("vm"), nic.text("network"), address, nic.text("interface"))
        for nic in known(settler, "attachment", place).values()
        for address in (words_of(nic.get("address")) or (nic.text("address"),))
        if address
    ]


def _nobody(thing: Resource, address: str, settler: Settling) -> tuple[str, str]:
    """Why it leads to nobody, in words, and what would help."""
    by, to = thing.text("router"), thing.text("to")
    if by and not one_of(settler, "router", thing.place, by):
        return f"is to be router `{by}`'s, and there is none", f"`router {by} …`"
    if not next(_routers(thing.place, address, by, settler), None):
        whose = f"router `{by}`" if by else "a router"
        return f"is in no subnet outside that {whose} leads to", "`router … uplink NETWORK address …`"
    nics = [nic for nic in _nics(thing.place, settler) if nic.vm == to]
    if not _as_address(to) and not nics:
        words = f"leads to vm `{to}`, which has no address in a network of {thing.place}"
        return words, f"`vm {to} … port NETWORK address …`"
    return f"leads to {to}, which no router that has {address} outside reaches", "`router … networks …`"


def everywhere(thing: Resource, router: Resource, settler: Settling) -> bool:
    """Whether every chassis leads outside by itself, so that wherever a vm moves its host can answer for it."""
    network = one_of(settler, "network", thing.place, router.text("uplink"))
    chassis = known_chassis(settler, thing.place).values()
    bridge = network.text("bridge") if network else ""
    return bool(chassis) and all(bridge in one.outside for one in chassis)
