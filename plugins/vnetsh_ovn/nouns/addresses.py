"""The addresses of NICs on networks: those that are said, as far as nobody has them, or the first that are free."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.model import listed
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.shapes.networks import gateway_of, subnets_of

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling
    from vnetsh_ovn.nouns.known import IpNetwork

NO_ADDRESS = "E556"
"""Code: a NIC cannot have the address that is said, or there is none left."""
_ADDRESS = "address"
_OUTSIDE = ("router", "eip", "forward")  # kinds that have addresses of networks that lead outside


def addresses_of(
    nic: Resource, network: Resource, there: Resource | None, settler: Settling
) -> tuple[str, ...] | None:
    """The addresses that a NIC gets: as said, as it has them, or the first that are free; None where it is refused."""
    place = network.place
    held = settler.once(("ovn addresses", place), lambda: _Held(place, settler))
    said = nic.get(_ADDRESS)
    if not isinstance(said, tuple) and there and there.text("network") == network.name:
        had = there.get(_ADDRESS)
        if isinstance(had, tuple):
            return listed(had)
    problem = _against(nic, network, held) if isinstance(said, tuple) else None
    found = listed(said) if isinstance(said, tuple) else tuple(held.free(network))
    subnets = held.span(network).subnets
    if len(found) < len(subnets) and not isinstance(said, tuple):
        words = f"network `{network.name}` has no free address in {subnets[len(found)]}"
        problem = Diagnostic(NO_ADDRESS, words, nic.at("bridge"))
    if problem:
        settler.refuse(problem)
        return None
    held.give(nic.name, network.name, found)
    return found


def _against(nic: Resource, network: Resource, held: _Held) -> Diagnostic | None:
    """What speaks against the addresses that are said."""
    subnets = held.span(network).subnets
    for one in listed(nic.get(_ADDRESS)):
        help = "leave `address` out: the first free one is taken"
        if not any(ipaddress.ip_address(one) in subnet for subnet in subnets):
            problem = f"{one} is not in a subnet of network `{network.name}`"
            help = f"an address of {', '.join(map(str, subnets)) or 'no subnet'}"
        elif who := held.by(one, network, nic):
            problem = f"{one} is {who} already"
        else:
            continue
        return Diagnostic(NO_ADDRESS, problem, nic.at(_ADDRESS), help=help)
    return None


class _Span(NamedTuple):
    """What a network's addresses are, and those of its routers."""

    subnets: Sequence[IpNetwork]
    gateways: frozenset[str]


class _Holder(NamedTuple):
    """Who has an address, in words; of what is only said, whose NIC it is to be, and where that is said."""

    words: str
    parent: tuple[str, str] | None = None
    span: Span | None = None

    def is_itself(self, nic: Resource) -> bool:
        """Whether it is what the script says of a NIC: said by its MAC address, it has no name of its own yet."""
        return self.span is not None and (self.parent, self.span) == (nic.parent, nic.span)


class _Held:
    """Who has which addresses on the networks of a place, or is said to get them; each NIC's own are added."""

    def __init__(self, place: str, settler: Settling) -> None:
        self._place, self._settler = place, settler
        self._nics: dict[str, dict[str, dict[str, _Holder]]] = {}  # by network and address: by NIC
        self._untried: dict[str, list[Iterator[str]]] = {}  # by network, a subnet each
        self._balancers: dict[str, dict[str, str]] = {}  # by tenant and address: in words
        self._outside: dict[str, str] = {}  # by address: in words
        self._spans: dict[str, _Span] = {}
        for one in settler.fleet.of_kind("attachment", place):
            words = f"{'NIC' if one.get('vm') else 'port'} {one.name}'s"
            self._note(one.name, one.text("network"), listed(one.get(_ADDRESS)), _Holder(words))
        for one in settler.said:
            if one.kind == "port":
                network, holder = one.text("bridge"), _Holder(f"port {one.name}'s", one.parent, one.span)
                self._note(one.name, network.removeprefix("network:"), listed(one.get(_ADDRESS)), holder)
        there = [one for kind in ("loadbalancer", *_OUTSIDE) for one in settler.fleet.of_kind(kind, place)]
        for one in (*there, *settler.said):
            if (one.kind, one.place) == ("loadbalancer", place):
                self._balancers.setdefault(tenant_of(one.name), {}).update(_of_balancer(one))
            elif one.kind in _OUTSIDE and one.place == place:
                said = one.name if one.kind == "eip" else one.get(_ADDRESS)
                for address in listed(said) or [str(said)]:
                    self._outside[address] = f"{one.kind} {one.name}'s"

    def _note(self, nic: str, network: str, addresses: tuple[str, ...], holder: _Holder) -> None:
        for one in addresses:
            self._nics.setdefault(network, {}).setdefault(one, {})[nic] = holder

    def give(self, nic: str, network: str, addresses: tuple[str, ...]) -> None:
        """A NIC gets these."""
        self._note(nic, network, addresses, _Holder(f"NIC {nic}'s"))

    def span(self, network: Resource) -> _Span:
        """Which addresses a network has. A network is the same one for all NICs of a segment."""
        if network.name not in self._spans:
            gateways = frozenset((gateway_of(network, 4), gateway_of(network, 6)))
            self._spans[network.name] = _Span(subnets_of(network), gateways)
        return self._spans[network.name]

    def by(self, address: str, network: Resource, nic: Resource | None = None) -> str:
        """Who else than a NIC has an address of a network, in words; empty where nobody does."""
        if address in self.span(network).gateways:
            return "its gateway's"
        if network.get("external") and address in self._outside:
            return self._outside[address]
        tenant = tenant_of(network.name)
        found = self._balancers.get(tenant, {}).get(address, "")
        for one in self._settler.settled_of("loadbalancer"):
            if (one.place, tenant_of(one.name)) == (self._place, tenant):
                found = _of_balancer(one).get(address, found)
        for name, holder in self._nics.get(network.name, {}).get(address, {}).items():
            if nic is None or not (name == nic.name or holder.is_itself(nic)):
                return holder.words
        return found

    def free(self, network: Resource) -> Iterator[str]:
        """The first free address of each subnet of a network, to be given; it ends at a subnet that has none."""
        if network.name not in self._untried:
            self._untried[network.name] = [map(str, subnet.hosts()) for subnet in self.span(network).subnets]
        for untried in self._untried[network.name]:
            found = next((one for one in untried if not self.by(one, network)), "")
            if not found:
                return
            yield found


def _of_balancer(balancer: Resource) -> dict[str, str]:
    """The addresses that a load balancer has, in words: its own, and those by which it asks who is up."""
    asks = {
        one.split()[2]: f"load balancer {balancer.name}'s, by which it asks"
        for one in listed(balancer.get("checks"))
    }
    return {**asks, balancer.text(_ADDRESS): f"load balancer {balancer.name}'s"}
