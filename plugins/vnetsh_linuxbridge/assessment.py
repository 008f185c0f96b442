"""What a change of a Linux bridge costs, and what refuses it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vnetsh.backend import FREE, Assessment
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh_linuxbridge import refusals
from vnetsh_linuxbridge.fields import cost
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.vxlan import VXLAN


def assess(change: Change, index: FleetIndex) -> Assessment:
    """The cost of a change, or the problem that refuses it."""
    return _ASSESSORS.get(change.resource.kind, refusals.kind)(change, index)


def _bridge(change: Change, index: FleetIndex) -> Assessment:
    bridge = change.resource
    if change.action is ActionKind.REMOVE:
        vms = index.fleet.vms_on(bridge.place, bridge.name)
        return (
            refusals.used(bridge, vms, index) or refusals.not_restorable(bridge, bridge.name, index) or FREE
        )
    taken = refusals.name_taken(bridge, index) if change.action is ActionKind.ADD else None
    return taken or cost(change, index)


def _port(change: Change, index: FleetIndex) -> Assessment:
    port = change.resource
    bridge = port.text("bridge")
    if change.action is ActionKind.REMOVE:
        vms = index.fleet.awake_on(port.place, bridge)
        lost = Assessment(Impact.BRIEF, vms) if vms else FREE
        return refusals.not_restorable(port, bridge, index) or lost
    found = cost(change, index)
    return found if found.problem else refusals.cannot_take_in(port, port.name, bridge, index) or found


def _tunnel(change: Change, index: FleetIndex) -> Assessment:
    tunnel = change.resource
    if change.action is ActionKind.REMOVE:  # whom that cuts off from whom the planner says
        return refusals.others(tunnel) or FREE
    if problem := refusals.mesh(tunnel, index) if tunnel.get("mesh") else None:
        return problem
    if tunnel.get("key") is None and tunnel.get("type") == VXLAN:
        return refusals.no_key(tunnel)
    return cost(change, index)


_ASSESSORS: Mapping[str, Callable[[Change, FleetIndex], Assessment]] = {
    "bridge": _bridge,
    "port": _port,
    "tunnel": _tunnel,
}
