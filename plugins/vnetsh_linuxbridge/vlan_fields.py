"""Whether a bridge filters VLANs, and those of its ports. Pure."""

from __future__ import annotations

from vnetsh.backend import FREE, Assessment
from vnetsh.model import Resource, Value
from vnetsh.model.change import Change, Impact
from vnetsh_linuxbridge import vlan_refusals
from vnetsh_linuxbridge.field import Field, Read
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.links import Link
from vnetsh_linuxbridge.vlans import said, table_of
from vnetsh_linuxbridge.wanted_links import WantedLinks


def _filters(link: Link, uplink: Link | None) -> Value:
    return "yes" if link.filters_vlans else None


def _set_filtering(links: WantedLinks, bridge: Resource, was: Value, value: Value) -> None:
    if was != value:
        links.set_filtering(bridge.name, on=bool(value))


def _filtering_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    bridge = change.resource
    problem = vlan_refusals.no_filtering(bridge, index) if value else None
    if problem or change.before is None:
        return problem or FREE
    how = "what is tagged passes its uplink, its tunnels and the ports with a `trunk` only"
    if not value:
        how = "what is tagged passes all its ports"
    vms = index.fleet.awake_on(bridge.place, bridge.name)
    return vlan_refusals.not_ours(bridge, index) or Assessment(Impact.BRIEF, vms, how)


def _read(which: int) -> Read:
    def read(link: Link, uplink: Link | None) -> Value:
        found = said(link.vlans) if link.filters_vlans else None
        return found[which] if found else None

    return read


def _set_vlans(links: WantedLinks, port: Resource, was: Value, value: Value) -> None:
    if was != value:
        links.set_vlans(port.name, table_of(port.get("vlan"), port.get("trunk")))


def _cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    port = change.resource
    problem = vlan_refusals.vlans(change, index)
    if problem or change.before is None:
        return problem or FREE
    vms = index.fleet.awake_on(port.place, port.text("bridge"))
    return Assessment(Impact.BRIEF, vms, "other VLANs on the port")


FILTERING_FIELD = Field("bridge", "vlan-filtering", _filters, _set_filtering, _filtering_cost)

VLAN_FIELDS = (
    Field("port", "vlan", _read(0), _set_vlans, _cost),
    Field("port", "trunk", _read(1), _set_vlans, _cost),
)
