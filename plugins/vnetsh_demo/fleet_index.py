"""A fleet seen as the assessments need it: how much memory is used."""

from __future__ import annotations

from functools import cached_property

from vnetsh.model import Fleet, is_off
from vnetsh_demo.host import memory_of


class FleetIndex:
    """One fleet, read off once for the many changes that are assessed on it."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    @cached_property
    def _used_memory(self) -> dict[str, int]:
        used: dict[str, int] = {}
        for vm in self.fleet.of_kind("vm"):
            if not is_off(vm):
                used[vm.place] = used.get(vm.place, 0) + memory_of(vm)
        return used

    def used_memory(self, host: str) -> int:
        """Bytes that the running vms of a host have."""
        return self._used_memory.get(host, 0)
