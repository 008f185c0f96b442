"""A port or tunnel that is isolated: the kernel's flag of the same name. Pure."""

from __future__ import annotations

from vnetsh.backend import FREE, Assessment
from vnetsh.model import Resource, Value
from vnetsh.model.change import Change, Impact
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.links import Link
from vnetsh_linuxbridge.wanted_links import WantedLinks


def read_isolated(link: Link, uplink: Link | None) -> Value:
    """Whether it is."""
    return "yes" if link.flags.get("isolated") else None


def set_isolated(links: WantedLinks, port: Resource, was: Value, value: Value) -> None:
    """Have it so, or no longer."""
    if was != value:
        links.set_flag(port.name, "isolated", on=bool(value))


def isolated_cost(change: Change, was: Value, value: Value, index: FleetIndex) -> Assessment:
    """What that costs: the same as of a port of Open vSwitch."""
    if change.before is None:
        return FREE
    port = change.resource
    vms = index.fleet.awake_on(port.place, port.text("bridge"))
    return Assessment(
        Impact.BRIEF if port.kind == "port" else Impact.LIVE, vms, "isolation changed on the port"
    )
