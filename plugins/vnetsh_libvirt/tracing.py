"""Why packets do not reach a VM, as far as libvirt knows: where its tap should be. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.model import Finding, Fleet, Resource, Route
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.fields import BRIDGE, shown
from vnetsh_libvirt.plugged import told_by_libvirt

_TOLD = (BRIDGE, "vlan", "trunk")


def findings(route: Route, host: str, fleet: Fleet) -> Iterator[Finding]:
    """What is wrong with the NICs of VMs that are a route's ends."""
    for hop in route.at(host, NAME):
        port = fleet.get("port", host, hop.name) if hop.kind == "port" else None
        if port and port.parent:
            yield from _elsewhere(port)


def _elsewhere(port: Resource) -> Iterator[Finding]:
    """A tap that somebody has plugged in otherwise than libvirt did."""
    told = told_by_libvirt(port)
    other = [name for name in _TOLD if told.get(name) != port.get(name)]
    if other:
        said = ", ".join(
            f"its {name} is {shown(port.get(name) or 'none')}, not {shown(told.get(name) or 'none')}"
            for name in other
        )
        said += " as its vm's definition has it"
        fix = {BRIDGE: told.get(BRIDGE), **{name: told.get(name) for name in other}}
        yield Finding(port.key, said, fix)
