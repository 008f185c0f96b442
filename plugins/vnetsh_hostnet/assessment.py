"""What changes of a host's own addresses and services cost, and what refuses them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_interface

from vnetsh.backend import FREE, Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import Change, Impact
from vnetsh.model.reboot import SURVIVES
from vnetsh_hostnet.fitting import has_ipv4, holds, needed, no_way_out, of_a_network, texts
from vnetsh_hostnet.observing import EVERYWHERE, HostFacts
from vnetsh_hostnet.record import NAME

_PACKAGES = {"dnsmasq": "dnsmasq-base", "nft": "nftables"}


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change, or the problem that refuses it."""
    facts = fleet.facts_of(change.place, NAME, HostFacts)
    found = _ASSESSORS[change.resource.kind](change, fleet, facts)
    lost = change.after is not None and not change.after.get(SURVIVES)
    return replace(found, until_reboot=facts.lost) if lost and facts.lost else found


def foresee(change: Change, after: Fleet) -> Assessment:
    """Whether what stays has the addresses that it needs."""
    address = change.before
    if change.resource.kind != "address" or address is None:
        return FREE
    lacking = needed(address, after)
    if not lacking:
        return FREE
    message = f"the addresses of `{address.name}` on {address.place} are needed by {lacking}"
    spoken = change.after or address
    help = "say in the same script what is to become of that, or delete it first"
    return Assessment(problem=Diagnostic("E519", message, spoken.at("addresses", "name"), help=help))


def _address(change: Change, fleet: Fleet, facts: HostFacts) -> Assessment:
    address, place = change.resource, change.place
    if change.after and (owner := fleet.reserved(place, address.name)):
        return Assessment(problem=of_a_network(address, owner, "an address"))
    going = {*texts(change.before, "addresses")} - {*texts(change.after, "addresses")}
    for text in going:
        network = ip_interface(text).network
        if text.partition("/")[0] == facts.come_by[1]:
            message = f"vnetsh comes to {place} by its address {text}: without it you would be cut off"
            return _refused(address, "E519", message, "do it from the host's console")
        for target, via, device in facts.others_routes:
            if device == address.name and via and ip_address(via) in network:
                message = (
                    f"by {text} of `{device}` on {place} goes the route {target} via {via}, which others made"
                )
                return _refused(
                    address, "E519", message, f"remove it by hand first: `ip route delete {target} via {via}`"
                )
    if not going:
        return FREE
    return Assessment(Impact.LIVE, how="who talks to the host there loses it")


def _route(change: Change, fleet: Fleet, facts: HostFacts) -> Assessment:
    route = change.resource
    if change.after is None:
        return Assessment(Impact.LIVE)
    for target, via, device in facts.others_routes if change.before is None else ():
        if target == route.name:
            by = f" via {via}" if via else ""
            message = f"{route.place} has a route to {target} already, by `{device}`{by}, which others made"
            return _refused(route, "E516", message, "remove that by hand first, or leave this one out")
    come = facts.come_by[0]
    if come and holds(route.name, come):
        message = f"vnetsh comes to {route.place} from {come}, whose packets would go by this route"
        return _refused(route, "E516", message, "do it from the host's console, or route a smaller network")
    return FREE


def _dhcp(change: Change, fleet: Fleet, facts: HostFacts) -> Assessment:
    dhcp = change.resource
    if change.after is None:
        return Assessment(Impact.LIVE, how="dnsmasq ends; what it lent is forgotten")
    if "dnsmasq" not in facts.programs:
        return _missing(dhcp, "dnsmasq")
    if dhcp.name in facts.serving and change.before is None:
        message = f"somebody else serves DHCP at `{dhcp.name}` on {dhcp.place} already"
        help = "end that first: `ss -lunp 'sport = :67'` on the host says which process it is"
        return _refused(dhcp, "E517", message, help)
    if change.before:
        return Assessment(Impact.LIVE, how="dnsmasq is begun anew")
    everywhere = (
        "" if EVERYWHERE not in facts.serving else "another DHCP server listens at all of its devices"
    )
    return Assessment(how=everywhere)


def _static(change: Change, fleet: Fleet, facts: HostFacts) -> Assessment:
    dhcp = fleet.get("dhcp", change.place, change.resource.parent[1]) if change.resource.parent else None
    return Assessment(Impact.LIVE, how="dnsmasq is begun anew") if dhcp else FREE


def _nat(change: Change, fleet: Fleet, facts: HostFacts) -> Assessment:
    nat = change.resource
    if change.after is None:
        vms = fleet.awake_on(nat.place, nat.text("bridge"))
        last = not any(other.name != nat.name for other in fleet.of_kind("nat", nat.place))
        stays = "; the host goes on forwarding, for others need that" if last and facts.masquerading else ""
        return Assessment(Impact.BRIEF, vms, f"its connections to the outside end{stays}")
    if "nft" not in facts.programs:
        return _missing(nat, "nft")
    out = nat.text("out")
    if out and not has_ipv4(fleet.addresses(nat.place).get(out, ())):
        return Assessment(problem=no_way_out(nat, "it has no IPv4 address that packets could be sent as"))
    told = []
    if facts.forward == "0":
        told.append("the host forwards packets from now on")
    if facts.dropping:
        told.append(
            f"of others' rules, table {facts.dropping[0]} drops what is forwarded and it does not know"
        )
    return Assessment(Impact.BRIEF if change.before else Impact.NONE, how="; ".join(told))


def _missing(wanted: Resource, program: str) -> Assessment:
    message = f"{wanted.place} has no `{program}`, by which {wanted.kind} `{wanted.name}` would be made"
    return _refused(wanted, "E518", message, f"`apt-get install {_PACKAGES[program]}` on {wanted.place}")


def _refused(wanted: Resource, code: str, message: str, help: str) -> Assessment:
    return Assessment(problem=Diagnostic(code, message, wanted.at("name"), help=help))


_ASSESSORS: Mapping[str, Callable[[Change, Fleet, HostFacts], Assessment]] = {
    "address": _address,
    "route": _route,
    "dhcp": _dhcp,
    "static": _static,
    "nat": _nat,
}
