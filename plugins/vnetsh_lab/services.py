"""What a lab's hosts run besides, where that was asked for: OVN, a Pacemaker cluster, storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vnetsh.model import Place
from vnetsh_lab import ha, ovn, storage
from vnetsh_lab.daemons import Daemon
from vnetsh_lab.layout import HostLayout, Layout


@dataclass(frozen=True)
class Services:
    """What `up` is asked for. `ovn` is who keeps OVN's databases, as one of `ovn.MODES`; empty: nobody."""

    ovn: str = ""
    ha: bool = False
    storage: bool = False

    @property
    def programs(self) -> Mapping[str, str]:
        """What they take, each with its Debian package."""
        asked = ((self.ovn, ovn.PROGRAMS), (self.ha, ha.PROGRAMS), (self.storage, storage.PROGRAMS))
        return {program: package for one, programs in asked if one for program, package in programs.items()}


def choose(layout: Layout, services: Services, hosts: int) -> None:
    """Have a lab of so many hosts have these; what it has already stays. Raises `UsageError`."""
    ovn.choose(layout, services.ovn, hosts)
    if services.ha:  # what has the storage of a cluster is none of its members
        ha.choose(layout, hosts - services.storage)
    if services.storage:
        storage.choose(layout, hosts)


def start(layout: Layout, running: Sequence[tuple[HostLayout, int]]) -> None:
    """Start what does not answer. Raises `BackendRefused`."""
    ovn.start_ovn(layout, running)
    ha.start_ha(layout, running)
    storage.start_storage(layout, running)


def wait(layout: Layout, running: Sequence[tuple[HostLayout, int]]) -> None:
    """Wait until what was started can be used. Raises `BackendRefused`."""
    ha.wait_for_ha(layout, running)


def daemons(layout: Layout, host: HostLayout) -> Sequence[Daemon]:
    """The daemons of a host besides those that each one has."""
    return (*ovn.daemons(layout, host), *ha.daemons(layout, host), *storage.daemons(layout, host))


def places(layout: Layout) -> Sequence[Place]:
    """The places that a lab has by them, beside its hosts."""
    return [found for found in (ovn.cluster(layout), ha.cluster(layout)) if found]
