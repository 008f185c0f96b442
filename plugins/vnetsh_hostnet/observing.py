"""What is seen on a host into resources and facts. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vnetsh.backend import Observation
from vnetsh.model import Facts, Resource
from vnetsh_hostnet.files import dhcp_file, dhcp_text, nat_text
from vnetsh_hostnet.fitting import has_ipv4, texts
from vnetsh_hostnet.seen import EVERYWHERE as EVERYWHERE, Seen, leases, rules

Route = tuple[str, str, str]


@dataclass(frozen=True)
class HostFacts(Facts):
    """What a host has beside ours: for what would be in the way, or is missing.

    `others_routes` as prefix, router and device; `serving` the devices at which somebody else serves DHCP;
    `masquerading` and `dropping` the tables of others that do so with what is forwarded; `come_by` whence ssh comes,
    and to which of the host's addresses.
    """

    programs: tuple[str, ...] = ()
    forward: str = ""
    others_routes: tuple[Route, ...] = ()
    serving: tuple[str, ...] = ()
    masquerading: tuple[str, ...] = ()
    dropping: tuple[str, ...] = ()
    come_by: tuple[str, str] = ("", "")
    at_start: str = ""
    lost: str = ""
    """By what the host is told what to do at each start; where by nothing, why."""


def observation(seen: Seen) -> Observation:
    """All that is ours, and what there is besides."""
    ours = {route_of(one) for one in seen.record.of_kind("route")}
    facts = HostFacts(
        programs=tuple(sorted(seen.programs)),
        forward=seen.forward,
        others_routes=tuple(sorted(route for route in seen.routes if route not in ours)),
        serving=tuple(sorted(seen.listening - seen.serving)),
        masquerading=tuple(seen.masquerading),
        dropping=tuple(
            name
            for name, lines in seen.tables.items()
            if any("hook forward" in line and "policy drop" in line for line in lines)
        ),
        come_by=seen.come_by,
        at_start=seen.at_start.system,
        lost=seen.at_start.why,
    )
    return Observation([shown(one, seen) for one in seen.record.entries.values()], facts)


def shown(one: Resource, seen: Seen) -> Resource:
    """What is written down, with what of it is not so."""
    error = wrong(one, seen)
    if error:
        one = one.with_attributes(error=error)
    return replace(one, record={"leases": leases(seen, one.name)}) if one.kind == "dhcp" else one


def wrong(one: Resource, seen: Seen) -> str:
    """What is not on the host as it is written down, in words; empty where all of it is."""
    device = one.text("dev") or one.name
    if one.kind == "static":
        return ""
    if device not in seen.addresses:
        return f"there is no {device}"
    if one.kind == "address":
        missing = [text for text in texts(one, "addresses") if text not in seen.addresses[device]]
        if missing:
            return f"{device} does not have {', '.join(missing)}"
        return "" if device in seen.up else f"{device} is down"
    if one.kind == "route":
        return "" if route_of(one) in seen.routes else f"{one.place} does not have it"
    return _served(one, seen) if one.kind == "dhcp" else _let_out(one, seen)


def _served(dhcp: Resource, seen: Seen) -> str:
    device = dhcp.name
    if seen.files.get(dhcp_file(device), "") != dhcp_text(dhcp, seen.record):
        return f"{dhcp_file(device)} was changed"
    if device not in seen.serving:
        return "its dnsmasq does not run"
    return ""


def _let_out(nat: Resource, seen: Seen) -> str:
    if rules(seen, nat.name) != nat_text(nat):
        return "its rules were changed"
    if seen.sees_rules and not seen.has_table(nat.name):
        return "its rules are not in force"
    if (out := nat.text("out")) and not has_ipv4(seen.addresses.get(out, ())):
        return f"{out} has no IPv4 address"
    return "" if seen.forward == "1" else f"{nat.place} forwards nothing"


def route_of(route: Resource) -> Route:
    """A route as it is seen."""
    return route.name, route.text("via"), route.text("dev")
