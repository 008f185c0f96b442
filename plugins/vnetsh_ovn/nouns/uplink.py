"""By which hosts a router leads outside, and what speaks against a router's sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.model import listed
from vnetsh_ovn.gateways import Chassis, known_chassis

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling

SENSELESS = "E560"
"""Code: what is said of a router does not go together."""
OUTSIDE = "E561"
"""Code: an address outside that is not there to be had."""
NO_CHASSIS = "E563"
"""Code: a gateway that is no chassis with that bridge."""


class Problem(NamedTuple):
    """What speaks against a sentence: in words, the attribute that it is about, and a remedy."""

    message: str
    word: str
    help: str
    code: str = SENSELESS

    def of(self, router: Resource, span: Span | None) -> Diagnostic:
        """As it is said of a router."""
        return Diagnostic(self.code, f"router `{router.name}` {self.message}", span, help=self.help)


def able_for(router: Resource, network: Resource, settler: Settling) -> Mapping[str, Chassis]:
    """The chassis by which a network leads outside, by their host."""
    chassis = known_chassis(settler, router.place)
    return {host: one for host, one in chassis.items() if network.text("bridge") in one.outside}


def by_gateways(router: Resource, network: Resource, settler: Settling) -> Iterator[Problem]:
    """What speaks against the hosts by which a router leads outside, said or not."""
    known = known_chassis(settler, router.place)
    able = able_for(router, network, settler)
    bridge = network.text("bridge")
    there = settler.fleet.get("router", router.place, router.name)
    said = listed(router.get("gateways"))
    if there and listed(there.get("gateways")) == said and there.get("chassis"):
        return
    for host in said:
        if host not in known:
            words = f"has the gateway `{host}`, which is no chassis of {router.place}"
            yield Problem(words, "gateways", f"`zone … on {host} cluster {router.place}`", NO_CHASSIS)
        elif host not in able:
            words = f"has the gateway `{host}`, where `{bridge}` is no bridge to the outside"
            help = f"its chassis maps none of that name (`ovn-bridge-mappings={bridge}:{bridge}`)"
            yield Problem(words, "gateways", help, NO_CHASSIS)
    if not said and not able and not (there and there.get("chassis")):
        words = f"leads to network `{network.name}`, for whose bridge `{bridge}` there is no chassis"
        help = f"one of them must map it: `ovn-bridge-mappings={bridge}:{bridge}`"
        yield Problem(words, "uplink", help, NO_CHASSIS)
