"""The attributes of Linux bridges and their ports: where each stands, how it changes and what that costs. Pure."""

from __future__ import annotations

from vnetsh.backend import FREE, Assessment
from vnetsh.model import NOTHING, Resource, Value
from vnetsh.model.change import Change, Impact
from vnetsh.model.reboot import SURVIVES
from vnetsh.nouns.mtu import NICS_KEEP
from vnetsh_linuxbridge import refusals
from vnetsh_linuxbridge.field import Cost, Field
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.isolation import isolated_cost, read_isolated, set_isolated
from vnetsh_linuxbridge.links import HUNDREDTHS, NAME, OPTIONS, USUAL_MTU, Link
from vnetsh_linuxbridge.records import record_of
from vnetsh_linuxbridge.tunnel_fields import TUNNEL_FIELDS
from vnetsh_linuxbridge.vlan_fields import FILTERING_FIELD, VLAN_FIELDS
from vnetsh_linuxbridge.wanted_links import WantedLinks

DELAY = 15
"""The usual forward delay, in seconds."""


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


def _set_static(links: WantedLinks, port: Resource, was: Value, value: Value) -> None:
    if was != value:
        links.set_static(port.name, tuple(sorted(map(str, value))) if isinstance(value, tuple) else ())


def _static_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    port, known = change.resource, was if isinstance(was, tuple) else ()
    new = [str(mac) for mac in value if mac not in known] if isinstance(value, tuple) else []
    problem = refusals.own_address(port, new, index)
    return problem or (FREE if change.before is None else Assessment(Impact.LIVE))


def _type_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    return refusals.internal_port(change.resource) if value == "internal" else FREE


def _option(attribute: str, option: str, unit: int = 1, *, cost: Cost) -> Field:
    """A bridge's option; of one that is no whole number of the unit a sentence can say nothing."""
    usual = OPTIONS[option]

    def read(link: Link, uplink: Link | None) -> Value:
        value = link.options.get(option, usual)
        return None if value == usual or value % unit else value // unit

    def write(links: WantedLinks, bridge: Resource, was: Value, value: Value) -> None:
        if was != value:
            links.set_option(bridge.name, option, value * unit if isinstance(value, int) else usual)

    return Field("bridge", attribute, read, write, cost)


def _set_stp(links: WantedLinks, bridge: Resource, was: Value, value: Value) -> None:
    on = bool(links.link(bridge.name).options.get("stp_state"))  # by 2 it is: by a program of the host
    if was != value and on != bool(value):
        links.set_option(bridge.name, "stp_state", int(bool(value)))
        if not value:
            had = record_of(bridge).get("options", NOTHING)
            links.set_option(bridge.name, "ageing_time", had.get("ageing_time", OPTIONS["ageing_time"]))


def _stp_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    if not value:
        return FREE if change.before is None else Assessment(Impact.LIVE)
    said = change.resource.get("forward-delay")
    delay = said if isinstance(said, int) else DELAY
    how = f"a port that joins it waits {2 * delay} s before it forwards anything"
    impact = Impact.NONE if change.before is None else Impact.LIVE
    return refusals.delay_out_of_range(change.resource, delay) or Assessment(impact, how=how)


def _delay_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    bridge = change.resource
    problem = (
        refusals.delay_out_of_range(bridge, value) if isinstance(value, int) and bridge.get("stp") else None
    )
    if problem or change.before is None:
        return problem or FREE
    follows = bridge.get("stp") and index.follows(bridge.place, bridge.name)
    return Assessment(Impact.LIVE, how="the root of its tree decides: say it of that, too" if follows else "")


def _live(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    return FREE if change.before is None else Assessment(Impact.LIVE)


def _survives(link: Link, uplink: Link | None) -> Value:
    ours = [one for one in (link, uplink) if one and (one is link or one.marked_uplink)]
    return "yes" if all(one.kept for one in ours) else None


def _set_kept(links: WantedLinks, thing: Resource, was: Value, value: Value) -> None:
    links.keep(thing.name, kept=bool(value))


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
    FILTERING_FIELD,
    Field(
        "bridge",
        "stp",
        lambda link, uplink: "yes" if link.options.get("stp_state") else None,
        _set_stp,
        _stp_cost,
    ),
    _option("priority", "priority", cost=_live),
    _option("forward-delay", "forward_delay", HUNDREDTHS, cost=_delay_cost),
    _option("ageing", "ageing_time", HUNDREDTHS, cost=_live),
    Field("port", "bridge", lambda link, uplink: link.master, _set_bridge),
    Field("port", "type", lambda link, uplink: "system", cost=_type_cost),
    Field("port", "isolated", read_isolated, set_isolated, isolated_cost),
    Field("port", "static", lambda link, uplink: link.static or None, _set_static, _static_cost),
    *VLAN_FIELDS,
    *TUNNEL_FIELDS,
    *(Field(kind, SURVIVES, _survives, _set_kept) for kind in ("bridge", "port", "tunnel")),
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
            said = dict.fromkeys(filter(None, (found.how, more.how)))  # of some it is the same
            hits, how = found.hits + more.hits, "; ".join(said)
            found = Assessment(max(found.impact, more.impact), hits, how)
    return found
