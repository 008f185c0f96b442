"""A fleet seen as the assessments need it: who rides on a bridge, who has a name, how much memory is used."""

from __future__ import annotations

from functools import cached_property

from vnetsh.model import Fleet, Resource
from vnetsh_demo.host import memory_of


class Survey:
    """One fleet, read off once for the many changes that are assessed on it."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    @cached_property
    def _riders(self) -> dict[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], set[str]] = {}
        for port in self.fleet.of_kind("port"):
            if port.parent and port.parent[0] == "vm":
                found.setdefault((port.host, port.text("bridge")), set()).add(port.parent[1])
        return {bridge: tuple(sorted(vms)) for bridge, vms in found.items()}

    @cached_property
    def _used_memory(self) -> dict[str, int]:
        used: dict[str, int] = {}
        for vm in self.fleet.of_kind("vm"):
            if vm.get("state") == "running":
                used[vm.host] = used.get(vm.host, 0) + memory_of(vm)
        return used

    def vms_on(self, host: str, bridge: str) -> tuple[str, ...]:
        """The vms that have a NIC on a bridge, by name."""
        return self._riders.get((host, bridge), ())

    def used_memory(self, host: str) -> int:
        """Bytes that the running vms of a host have."""
        return self._used_memory.get(host, 0)

    def link(self, host: str, name: str) -> Resource | None:
        """The bridge, tunnel or port of that name on a host."""
        found = (self.fleet.get(kind, host, name) for kind in ("bridge", "tunnel", "port"))
        return next((link for link in found if link), None)
