"""The attributes of Linux bridges and their ports: where each stands, how it changes and what that costs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vnetsh.backend import FREE, Assessment
from vnetsh.model import Resource, Value
from vnetsh.model.change import Change, Impact
from vnetsh.nouns.mtu import NICS_KEEP
from vnetsh_linuxbridge import refusals
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.links import NAME, USUAL_MTU, Link
from vnetsh_linuxbridge.wanted_links import WantedLinks

Read = Callable[[Link, Link | None], Value]
"""A value as observed, of a link and, where that is a bridge that has one, its uplink; None: it has none."""

Write = Callable[[WantedLinks, Resource, Value, Value], None]
"""Have the links as a resource is wanted, of which this value was the one and will be the other."""

Cost = Callable[[Change, Value, Value, FleetIndex], Assessment]
"""What it costs to change the one value to the other, or what refuses it."""


@dataclass(frozen=True)
class Field:
    """An attribute of a kind. Without `read` a Linux bridge cannot give it: then `cost` says so in its own words."""

    kind: str
    attribute: str
    read: Read | None = None
    write: Write = lambda links, wanted, was, value: None
    cost: Cost = lambda change, was, value, index: FREE


def _set_mtu(links: WantedLinks, bridge: Resource, was: Value, value: Value) -> None:
    if was != value:
        links.set_mtu(bridge.name, value if isinstance(value, int) else USUAL_MTU)


def _mtu_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    if change.before is None:
        return FREE
    vms = index.fleet.vms_on(change.place, change.resource.name)
    return Assessment(Impact.LIVE, how=NICS_KEEP if vms else "")


def _set_uplink(links: WantedLinks, bridge: Resource, was: Value, value: Value) -> None:
    if was and was != value:
        links.release(str(was), bridge.name)
    if value:
        links.take_in_uplink(bridge, str(value))


def _uplink_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    bridge = change.resource
    problem = refusals.cannot_take_in(bridge, str(value or ""), bridge.name, index)
    if problem or not was:
        return problem or FREE
    vms = index.fleet.awake_on(bridge.place, bridge.name)
    cost = Assessment(Impact.BRIEF, vms) if vms else FREE
    return refusals.not_restorable(bridge, bridge.name, index) or cost


def _set_bridge(links: WantedLinks, port: Resource, was: Value, value: Value) -> None:
    links.take_in_port(port, str(value))


def _type_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    return refusals.internal_port(change.resource) if value == "internal" else FREE


def _no_vlans(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    return FREE if value is None else refusals.vlans(change.resource, value)


FIELDS = (
    Field("bridge", "backend", lambda link, uplink: NAME),
    Field(
        "bridge",
        "mtu",
        # The kernel does not tell an MTU that was set from one that was not: the usual one is shown as none.
        lambda link, uplink: link.mtu if link.mtu != USUAL_MTU else None,
        _set_mtu,
        _mtu_cost,
    ),
    Field(
        "bridge", "uplink", lambda link, uplink: uplink.name if uplink else None, _set_uplink, _uplink_cost
    ),
    Field("port", "bridge", lambda link, uplink: link.master, _set_bridge),
    Field("port", "type", lambda link, uplink: "system", cost=_type_cost),
    Field("port", "vlan", cost=_no_vlans),
    Field("port", "trunk", cost=_no_vlans),
)
"""All of them, by kind in the order in which they are shown, written and judged."""

ATTRIBUTES = {
    kind: frozenset(field.attribute for field in FIELDS if field.kind == kind and field.read)
    for kind in {field.kind for field in FIELDS}
}
"""What can be said of each kind."""


def read(kind: str, link: Link, uplink: Link | None = None) -> dict[str, Value]:
    """The attributes that a link of a kind has."""
    values = {f.attribute: f.read(link, uplink) for f in FIELDS if f.kind == kind and f.read}
    return {name: value for name, value in values.items() if value is not None}


def write(links: WantedLinks, before: Resource | None, after: Resource) -> None:
    """Have the links as a resource is wanted to be. Raises `BackendRefused`."""
    for field in FIELDS:
        if field.kind == after.kind:
            was = before.get(field.attribute) if before else None
            field.write(links, after, was, after.get(field.attribute))


def cost(change: Change, index: FleetIndex) -> Assessment:
    """What the attributes that differ cost together, or the first problem."""
    found = FREE
    differing = change.differing()
    for field in FIELDS:
        if field.kind == change.resource.kind and field.attribute in differing:
            more = field.cost(change, *differing[field.attribute], index)
            if more.problem:
                return more
            hits, how = found.hits + more.hits, "; ".join(filter(None, (found.how, more.how)))
            found = Assessment(max(found.impact, more.impact), hits, how)
    return found


def _switched(flag: tuple[str, bool]) -> str:
    name, on = flag
    return f"{name} {'on' if on else 'off'}"


LEFT_OUT: Mapping[str, Callable[[Any], str]] = {
    "filters_vlans": lambda on: "it filters VLANs, by tables of its ports" if on else "",
    "options": lambda options: "it takes part in a spanning tree" if options.get("stp_state") else "",
    "flags": lambda flags: "port flags: " + ", ".join(map(_switched, flags.items())) if flags else "",
}
"""What no sentence says of a bridge or port, in words, by the part of its record that has it."""
