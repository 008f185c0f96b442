"""The noun `loadbalancer`: an address that several answer to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import listed
from vnetsh.schema import FLAG, Address, Attribute, Integer, Kind, Name
from vnetsh_ovn.altering import ALTERED_ATTRIBUTE, RIGHT
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.nouns.exporting import export
from vnetsh_ovn.nouns.known import (
    followed_so_far,
    known,
    over,
    subnet_with,
    worked_out_as,
)
from vnetsh_ovn.nouns.members import attachments
from vnetsh_ovn.nouns.renaming import in_word
from vnetsh_ovn.nouns.targets import VmOrAddress, as_address
from vnetsh_ovn.nouns.tenant import has_its_tenant
from vnetsh_ovn.shapes.balancers import PROTOCOLS, protocol_of
from vnetsh_ovn.shapes.networks import gateway_of, subnets_of
from vnetsh_ovn.sort import CLUSTER, SORT

if TYPE_CHECKING:
    from vnetsh.model import Fleet, Resource
    from vnetsh.schema.declared import Exported
    from vnetsh.schema.lent import Settling

SENSELESS, NO_BACKEND, NO_ROUTER = "E575", "E576", "E577"
"""Codes: what is said of it does not go together; a backend without an address; an address that nobody answers for."""
_LOOKED_AT = 4096
"""Addresses of a subnet that are looked through for one that is free."""


class Backend(NamedTuple):
    """Who answers: by which address and, of a vm, on which network and by which logical port."""

    address: str
    network: str = ""
    port: str = ""


def _settle(balancer: Resource, settler: Settling) -> Sequence[Resource]:
    """With the addresses of those who answer, and the networks and routers from which it is asked."""
    if not has_its_tenant(balancer, settler):
        return []
    there = settler.fleet.get("loadbalancer", balancer.place, balancer.name)
    if there and not there.marked and not balancer.attributes.items() - there.attributes.items():
        return [balancer]  # as others made it
    whole = over(there, balancer)
    backends: list[Backend] = []
    for said in listed(whole.get("to")):
        found = _backend(said, whole, there, settler)
        if isinstance(found, Diagnostic):
            settler.refuse(found)
            return []
        backends.append(found)
    networks = _networks(whole, backends, settler)
    routers = [
        router.name
        for router in known(settler, "router", whole.place).values()
        if {*listed(router.get("networks"))} & networks.keys()
    ]
    if problem := next(_problems(whole, networks, routers, settler), None):
        settler.refuse(problem)
        return []
    return [
        balancer.with_attributes(
            backends=tuple(one.address for one in backends) or None,
            networks=tuple(sorted(networks)) or None,
            routers=tuple(sorted(routers)) or None,
            checks=_checks(whole, there, backends, networks, settler) or None,
            **RIGHT,
        )
    ]


def balancers_of(network: Resource, settler: Settling) -> Iterator[Resource]:
    """The load balancers of a tenant that a new network of theirs knows: those that the segment does not name."""
    tenant, said = tenant_of(network.name), {one.key for one in settler.said}
    new = settler.fleet.get("network", network.place, network.name) is None
    if not (tenant and new) or network.get("external"):
        return
    for balancer in settler.fleet.of_kind("loadbalancer", network.place):
        if balancer.marked and balancer.key not in said and tenant_of(balancer.name) == tenant:
            more = followed_so_far(balancer, settler)
            had = listed(more.get("networks", balancer.get("networks")))
            networks = tuple(sorted({*had, network.name}))
            because = f"network {network.name} is new"
            attributes = {**more, "networks": networks}
            yield replace(balancer, attributes=attributes, because=because, span=network.span)


def _backend(
    said: str, balancer: Resource, there: Resource | None, settler: Settling
) -> Backend | Diagnostic:
    """Who is said to answer; of a vm its one address on the networks of its tenant, or the one that it has by now."""
    version = ipaddress.ip_address(balancer.text("address")).version
    at, tenant = balancer.at("to"), tenant_of(balancer.name)
    if address := as_address(said):
        if ipaddress.ip_address(address).version != version:
            words = f"{address} and {balancer.text('address')} are of different versions of IP"
            return Diagnostic(SENSELESS, words, at, help="say the one or the other")
        return _with_port(Backend(address), balancer, settler)
    found = [
        Backend(str(address), one.text("network"), one.text("interface"))
        for one in attachments(settler, balancer.place, said)
        if not tenant or tenant_of(one.text("network")) == tenant
        for address in listed(one.get("address"))
        if ipaddress.ip_address(address).version == version
    ]
    had = {*listed(there.get("backends"))} if there else set()
    if len(found) > 1 and len(as_it_is := [one for one in found if one.address in had]) == 1:
        return as_it_is[0]
    if len(found) == 1:
        return found[0]
    where = f"the networks of tenant {tenant}" if tenant else f"the networks of {balancer.place}"
    if found:
        words = f"vm `{said}` has several addresses on {where}: {', '.join(one.address for one in found)}"
        return Diagnostic(NO_BACKEND, words, at, help="say which of these it answers by")
    words = f"vm `{said}` has no IPv{version} address on {where}"
    return Diagnostic(NO_BACKEND, words, at, help=f"`vm {said} port NETWORK`, earlier or in the same script")


def _with_port(backend: Backend, balancer: Resource, settler: Settling) -> Backend:
    """An address with the logical port that has it, if one has."""
    tenant = tenant_of(balancer.name)
    for one in known(settler, "attachment", balancer.place).values():
        network = one.text("network")
        if backend.address in listed(one.get("address")) and tenant_of(network) == tenant:
            return Backend(backend.address, network, one.text("interface"))
    return backend


def _networks(balancer: Resource, backends: Sequence[Backend], settler: Settling) -> Mapping[str, Resource]:
    """From where it can be asked for: the networks of its tenant, or else those of its backends."""
    there = known(settler, "network", balancer.place)
    tenant = tenant_of(balancer.name)
    if tenant:
        return {n: one for n, one in there.items() if tenant_of(n) == tenant and not one.get("external")}
    mine = {one.network for one in backends}
    with_them = {
        name
        for name, one in there.items()
        if not tenant_of(name) and any(subnet_with(one, backend.address) for backend in backends)
    }
    return {name: one for name, one in there.items() if name in mine | with_them}


def _problems(
    balancer: Resource, networks: Mapping[str, Resource], routers: Sequence[str], settler: Settling
) -> Iterator[Diagnostic]:
    address, name = balancer.text("address"), balancer.name
    if not protocol_of(balancer):
        words = f"of load balancer `{name}` no port is said"
        yield Diagnostic(SENSELESS, words, balancer.at("name"), help="`tcp PORT` or `udp PORT`")
    if balancer.get("check") and ":" in address:
        words = "OVN looks after backends with IPv4 only"
        yield Diagnostic(SENSELESS, words, balancer.at("check"), help="leave `check` out")
    if who := _who_has(balancer, networks, settler):
        words = f"{address} is {who} already"
        yield Diagnostic(SENSELESS, words, balancer.at("address"), help="an address that nobody has")
    if not networks:
        words = f"there is no network from which load balancer `{name}` could be asked"
        yield Diagnostic(NO_BACKEND, words, balancer.at("to"), help="`network NAME subnet …`")
    elif not routers:
        words = (
            f"no router joins the networks of load balancer `{name}`, so nobody answers for {address} there"
        )
        help = f"`router NAME networks {', '.join(one.rpartition('/')[2] for one in sorted(networks))}`"
        yield Diagnostic(NO_ROUTER, words, balancer.at("address"), help=help)


def _who_has(balancer: Resource, networks: Mapping[str, Resource], settler: Settling) -> str:
    """Who has its address already, in words."""
    address, port = balancer.text("address"), balancer.text(protocol_of(balancer))
    for name, network in networks.items():
        if address in (gateway_of(network, 4), gateway_of(network, 6)):
            return f"network {name}'s gateway's"
    for one in known(settler, "attachment", balancer.place).values():
        if one.text("network") in networks and address in listed(one.get("address")):
            return f"NIC {one.name}'s"
    tenant = tenant_of(balancer.name)
    for other in known(settler, "loadbalancer", balancer.place).values():
        same = (other.text("address"), other.text(protocol_of(balancer))) == (address, port)
        if same and other.name != balancer.name and tenant_of(other.name) == tenant:
            return f"load balancer {other.name}'s at that port"
    return ""


def _checks(
    balancer: Resource,
    there: Resource | None,
    backends: Sequence[Backend],
    networks: Mapping[str, Resource],
    settler: Settling,
) -> tuple[str, ...]:
    """How each backend is asked whether it is up: its address, its port, and the address that it is asked from."""
    if not balancer.get("check"):
        return ()
    had = {one.split()[0]: one.split()[2] for one in listed(there.get("checks"))} if there else {}
    sources = {one.network: had[one.address] for one in backends if one.address in had}
    found = []
    for one in backends:
        if one.network and one.network in networks:
            source = sources.get(one.network) or _free(networks[one.network], balancer, settler)
            sources[one.network] = source
            if source:
                found.append(f"{one.address} {one.port} {source}")
    return tuple(sorted(found))


def _free(network: Resource, balancer: Resource, settler: Settling) -> str:
    """An address of a network that nobody has, from the end of its subnet; empty where there is none."""
    taken = {balancer.text("address"), gateway_of(network, 4)}
    for one in known(settler, "attachment", balancer.place).values():
        taken |= {*listed(one.get("address"))} if one.text("network") == network.name else set()
    for other in known(settler, "loadbalancer", balancer.place).values():
        taken.add(other.text("address"))
    subnet = next((one for one in subnets_of(network) if one.version == 4), None)
    if subnet is None:
        return ""
    last = int(subnet.broadcast_address)
    candidates = (str(ipaddress.ip_address(n)) for n in range(last - 1, int(subnet.network_address), -1))
    return next((one for one in islice(candidates, _LOOKED_AT) if one not in taken), "")


def _unsaid(balancer: Resource) -> str:
    if balancer.get("otherwise") is None:
        return ""
    return f"made by others, as no sentence says it: {balancer.text('otherwise')}"


def _export(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterator[Exported]:
    return export(kind, resources, _unsaid)


_PORT = Integer(what="a port", least=1, most=65535)

LOADBALANCER_KIND = Kind(
    "loadbalancer",
    subject=Name(what="a load balancer's name", qualified=True),
    help="An address of its own at which several vms answer, each connection one of them; for its tenant's networks "
    "and what reaches these by their routers.",
    sort=SORT,
    attributes=(
        CLUSTER,
        Attribute("address", Address(), "The address that is asked.", required=True, clearable=False),
        *(
            Attribute(
                one,
                _PORT,
                f"The port of {one} there.",
                otherwise="none",
                excludes=tuple(other for other in PROTOCOLS if other != one),
            )
            for one in PROTOCOLS
        ),
        Attribute(
            "to",
            VmOrAddress(what="a list of vms or addresses", many=True, ordered=False, offers="vm"),
            "Who answers.",
            required=True,
            clearable=False,
        ),
        Attribute("port", _PORT, "The port at which they answer.", otherwise="the same"),
        Attribute("check", FLAG, "Who does not answer any more is taken out until it does."),
        worked_out_as("backends", "Their addresses."),
        worked_out_as("networks", "From where it is asked."),
        worked_out_as("routers", "Who answers for its address there."),
        worked_out_as("checks", "How backends are asked whether they are up."),
        ALTERED_ATTRIBUTE,
        worked_out_as("otherwise", "What others had said.", many=False),
    ),
    requires=("tenant", "network", "router", "vm"),
    brings=(),
    settle=_settle,
    renamed=partial(in_word, "to"),
    export=_export,
    example="loadbalancer www address 10.0.1.100 tcp 80 to web01, web02",
)
