"""The backend as the engine sees it: which hosts, which kinds, what a change costs, how to connect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from vnetsh.backend import Assessment, Context, HostCommand
from vnetsh.errors import VnetshError
from vnetsh.model import Fleet, Host, Resource
from vnetsh.model.change import Change
from vnetsh_libvirt.assessing import assess

if TYPE_CHECKING:
    from vnetsh_libvirt.connection import LibvirtConnection

NAME = "libvirt"


class LibvirtBackend:
    """VMs by libvirt: define, start, stop, plug, migrate."""

    name = NAME
    kinds = frozenset({"vm", "port"})
    preferred = True

    def __init__(self) -> None:
        # A migration is told the other end's name only; its `Host` is known from when it was connected.
        self._hosts: WeakKeyDictionary[Context, dict[str, Host]] = WeakKeyDictionary()

    def serves(self, host: Host) -> bool:
        """Real hosts, and the lab's."""
        return host.world in ("", "lab")

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """The cost of a change."""
        return assess(change, fleet)

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The `virsh` and `qemu-img` commands that come to the same."""
        from vnetsh_libvirt.commands import commands

        return commands(change, before, after)

    def unsaid(self, resource: Resource) -> Sequence[str]:
        """What a VM or NIC has that no sentence says."""
        from vnetsh_libvirt.unsaid import unsaid

        return unsaid(resource)

    def connect(self, host: Host, context: Context) -> LibvirtConnection:
        """Open the host's libvirt. Raises `ServiceAbsent`, `HostUnreachable`."""
        from vnetsh_libvirt.connection import LibvirtConnection

        hosts = self._hosts.setdefault(context, {})
        hosts[host.name] = host

        def peer(name: str) -> LibvirtConnection:
            if name not in hosts:
                raise VnetshError(f"{name} is not connected")
            found = context.connection(hosts[name], NAME)
            assert isinstance(found, LibvirtConnection)
            return found

        return LibvirtConnection(host, context, peer)
