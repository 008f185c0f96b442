"""Who is on which bridge of a fleet. Quick: a plan may have thousands of changes, each of which asks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from vnetsh.model import Fleet, Key, Resource


class Occupants:
    """Who is on a bridge."""

    def __init__(self) -> None:
        self.ports = 0
        self._vms: dict[str, None] = {}

    def add(self, vm: str) -> None:
        """Count a port; `vm` is empty when it is no vm's."""
        self.ports += 1
        if vm:
            self._vms[vm] = None

    @cached_property
    def vms(self) -> tuple[str, ...]:
        """The vms, each once."""
        return tuple(self._vms)


_NOBODY = Occupants()


class OnHost:
    """What a host's bridges hold: the occupants of each, the names of them all, and who is sent copies of a port's."""

    def __init__(self) -> None:
        self.copies: dict[str, list[str]] = {}
        self.bridges: dict[str, Occupants] = {}
        self.names: set[str] = set()


_NOTHING = OnHost()
# Of the fleet last asked about: all changes of a stage are assessed on the same one.
_last: tuple[Mapping[Key, Resource], dict[str, OnHost]] = ({}, {})


def on_host(fleet: Fleet, host: str) -> OnHost:
    """What a host's bridges hold."""
    global _last
    of, index = _last
    if of is not fleet.resources:
        index = {}
        for resource in fleet.resources.values():
            if resource.kind in ("bridge", "port", "tunnel"):
                there = index.setdefault(resource.place, OnHost())
                there.names.add(resource.name)
                if resource.kind == "port":
                    there.bridges.setdefault(resource.text("bridge"), Occupants()).add(_vm_of(resource))
                    for name in mirrored if isinstance(mirrored := resource.get("mirrors"), tuple) else ():
                        there.copies.setdefault(str(name), []).append(resource.name)
        _last = (fleet.resources, index)
    return index.get(host, _NOTHING)


def occupants(fleet: Fleet, host: str, bridge: str) -> Occupants:
    """The occupants of a bridge."""
    return on_host(fleet, host).bridges.get(bridge, _NOBODY)


def _vm_of(port: Resource) -> str:
    return port.parent[1] if port.parent and port.parent[0] == "vm" else port.text("vm")
