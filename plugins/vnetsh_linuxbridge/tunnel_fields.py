"""The attributes of tunnels on Linux bridges. Pure."""

from __future__ import annotations

from vnetsh.backend import FREE, Assessment
from vnetsh.model import LINK_DOWN, LINK_UP, Resource, Value
from vnetsh.model.change import Change, Impact
from vnetsh_linuxbridge import refusals
from vnetsh_linuxbridge.encap import GRE, PORT, VXLAN, Encap
from vnetsh_linuxbridge.field import Field
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.isolation import isolated_cost, read_isolated, set_isolated
from vnetsh_linuxbridge.links import Link
from vnetsh_linuxbridge.records import record_of, recorded_encap
from vnetsh_linuxbridge.wanted_links import WantedLinks


def _set_remote(links: WantedLinks, tunnel: Resource, was: Value, value: Value) -> None:
    if was != value:
        links.set_remote(tunnel.name, str(value or ""))


def _remote_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    if change.before is None:
        return FREE
    known = recorded_encap(record_of(change.before))
    if known and (known.learning or known.type == GRE):
        return _anew_cost(change, was, value, index)
    return Assessment(Impact.BRIEF, how="packets take the new way at once")


def _set_local(links: WantedLinks, tunnel: Resource, was: Value, value: Value) -> None:
    if was != value:
        links.set_local(tunnel.name, str(value or ""))


def _set_key(links: WantedLinks, tunnel: Resource, was: Value, value: Value) -> None:
    if was != value and (value is None or isinstance(value, int)):
        links.set_key(tunnel.name, value)


def _key_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    if isinstance(value, int) and value >= 2**24 and change.resource.get("type") == VXLAN:
        return refusals.key_too_big(change.resource, value)
    return _anew_cost(change, was, value, index)


def _set_bridge_of_tunnel(links: WantedLinks, tunnel: Resource, was: Value, value: Value) -> None:
    links.join(tunnel.name, str(value))


def _bridge_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    return FREE if change.before is None else Assessment(Impact.BRIEF, how=f"moved to bridge {value}")


def _set_type(links: WantedLinks, tunnel: Resource, was: Value, value: Value) -> None:
    if was is not None and was != value:
        links.set_type(tunnel, str(value))


def _type_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    problem = refusals.tunnel_type(change.resource, index)
    return problem or _anew_cost(change, was, value, index)


def _link(link: Link, uplink: Link | None) -> Value:
    """Of a tunnel with a device of its own."""
    return LINK_DOWN if not link.up and not link.mesh else None


def _set_link(links: WantedLinks, tunnel: Resource, was: Value, value: Value) -> None:
    if was != value:
        links.set_up(tunnel.name, up=value != LINK_DOWN)


def _link_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    if value and change.resource.get("mesh"):
        return refusals.link_of_mesh(change.resource)
    how = f"its link goes {LINK_DOWN if value else LINK_UP}"
    return FREE if change.before is None and not value else Assessment(Impact.BRIEF, how=how)


def _udp_port(link: Link, uplink: Link | None) -> Value:
    port = _encap_of(link).port
    return None if port == PORT else port


def _anew_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    if change.before is None:
        return FREE
    return refusals.others(change.before) or Assessment(Impact.BRIEF, how="its device is made anew")


def _encap_of(link: Link) -> Encap:
    assert link.encap
    return link.encap


TUNNEL_FIELDS = (
    Field("tunnel", "bridge", lambda link, uplink: link.master, _set_bridge_of_tunnel, _bridge_cost),
    Field("tunnel", "type", lambda link, uplink: _encap_of(link).type, _set_type, _type_cost),
    Field("tunnel", "key", lambda link, uplink: _encap_of(link).id, _set_key, _key_cost),
    Field("tunnel", "remote", lambda link, uplink: _encap_of(link).remote or None, _set_remote, _remote_cost),
    Field("tunnel", "local", lambda link, uplink: _encap_of(link).local or None, _set_local, _anew_cost),
    Field("tunnel", "udp-port", _udp_port),
    Field("tunnel", "link", _link, _set_link, _link_cost),
    Field("tunnel", "isolated", read_isolated, set_isolated, isolated_cost),
    Field("tunnel", "mesh", lambda link, uplink: link.mesh or None, cost=_anew_cost),
)
"""All of them, in the order in which they are shown, written and judged."""
