"""What Linux bridges cannot carry of a script that itself makes them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh_linuxbridge import refusals
from vnetsh_linuxbridge.encap import VXLAN
from vnetsh_linuxbridge.links import NAME
from vnetsh_linuxbridge.vlan_refusals import of_the_untagged

if TYPE_CHECKING:
    from vnetsh.hookspecs import Script


def check(script: Script) -> Iterator[Diagnostic]:
    """What is said of bridges that are said to be Linux bridges, of their tunnels and ports, and cannot be.

    A tunnel is told of at its first end; what it does not say, it may have.
    """
    for segment in script.segments:
        bridges = {
            (r.place, r.name) for r in segment.resources if r.kind == "bridge" and r.text("backend") == NAME
        }
        told: set[str] = set()
        keys: dict[object, Resource] = {}
        for resource in segment.resources if bridges else ():
            where = resource.name if resource.kind == "bridge" else resource.text("bridge")
            if (resource.place, where) not in bridges or resource.name in told:
                continue
            found = None
            if resource.kind == "bridge":
                found = _delay(resource)
            elif resource.kind == "port":
                internal = resource.get("type") == "internal"
                found = refusals.internal_port(resource) if internal else of_the_untagged(resource)
            elif resource.kind == "tunnel":
                found = _tunnel(resource, keys)
            if found and found.problem:
                told.add(resource.name)
                yield found.problem


def _delay(bridge: Resource) -> Assessment | None:
    delay = bridge.get("forward-delay")
    on = bridge.get("stp") and isinstance(delay, int)
    return refusals.delay_out_of_range(bridge, int(str(delay))) if on else None


def _tunnel(tunnel: Resource, keys: dict[object, Resource]) -> Assessment | None:
    """What is wrong with a tunnel, beside those of these `keys`."""
    if tunnel.get("type", VXLAN) != VXLAN:
        return refusals.tunnel_type(tunnel)
    mesh = tunnel.get("mesh")
    if mesh and tunnel.attributes.get("isolated", "yes") is None:
        return refusals.hub(tunnel)
    key = tunnel.get("key")
    other = (
        keys.setdefault((tunnel.place, key, ":" in tunnel.text("remote")), tunnel)
        if key is not None
        else tunnel
    )
    if other is tunnel or (mesh and other.get("mesh") == mesh):
        return None
    return refusals.same_key(tunnel, other.name)
