"""What Linux bridges cannot carry of a script that itself makes them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh_linuxbridge import refusals
from vnetsh_linuxbridge.links import NAME

if TYPE_CHECKING:
    from vnetsh.hookspecs import Script


def check(script: Script) -> Iterator[Diagnostic]:
    """Tunnels and internal ports on bridges that are said to be Linux bridges; a tunnel is told of at its first end."""
    for segment in script.segments:
        bridges = {
            (r.place, r.name) for r in segment.resources if r.kind == "bridge" and r.text("backend") == NAME
        }
        told: set[str] = set()
        for resource in segment.resources if bridges else ():
            if (resource.place, resource.text("bridge")) not in bridges:
                continue
            found = None
            if resource.kind == "tunnel" and resource.name not in told:
                told.add(resource.name)
                found = refusals.no_tunnel(resource, there=False)
            elif resource.kind == "port" and resource.get("type") == "internal":
                found = refusals.internal_port(resource)
            if found and found.problem:
                yield found.problem
