"""What a change of a Linux bridge costs, and what refuses it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from vnetsh.backend import FREE, Assessment
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.model.reboot import SURVIVES
from vnetsh_linuxbridge import refusals
from vnetsh_linuxbridge.encap import VXLAN
from vnetsh_linuxbridge.facts import KernelFacts
from vnetsh_linuxbridge.fields import cost
from vnetsh_linuxbridge.fleet_index import FleetIndex
from vnetsh_linuxbridge.links import NAME


def assess(change: Change, index: FleetIndex) -> Assessment:
    """The cost of a change, or the problem that refuses it."""
    found = _ASSESSORS.get(change.resource.kind, refusals.kind)(change, index)
    return replace(found, until_reboot=_until_reboot(change, index))


def _until_reboot(change: Change, index: FleetIndex) -> str:
    """Why the host's next start loses what a change makes."""
    after = change.after
    if after is None or after.get(SURVIVES):
        return ""
    if not after.marked:
        return "others bring it about at each start: say it there, too"
    return index.fleet.facts_of(change.place, NAME, KernelFacts).at_start.why


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
