"""The backend as the engine sees it: which hosts, which kinds, what a change costs, how to connect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vnetsh.backend import FREE, Assessment, Backend, Context, HostCommand
from vnetsh.model import Check, Fleet, Host, Place, Resource
from vnetsh.model.change import Change
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.library import see_that_it_is_there, version

if TYPE_CHECKING:
    from vnetsh_libvirt.connection import LibvirtConnection


class LibvirtBackend(Backend):
    """VMs by libvirt: define, start, stop, plug, migrate."""

    name = NAME
    kinds = frozenset({"vm", "port", "snapshot", "backup", "disk", "cloudinit", "pool", "image"})
    appraises = frozenset({"pool", "disk"})
    preferred = True
    completes = frozenset({"port"})
    tries_ways = True
    daemons = ("libvirtd", "virtqemud")

    @property
    def attributes(self) -> Mapping[str, frozenset[str]]:
        """Those that there are fields for."""
        from vnetsh_libvirt.attributes import ATTRIBUTES

        return ATTRIBUTES

    def serves(self, place: Place) -> bool:
        """Real hosts, and the lab's."""
        return isinstance(place, Host) and place.world in ("", "lab")

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """The cost of a change."""
        from vnetsh_libvirt.assessing import assess

        return assess(change, fleet)

    def completed(self, resource: Resource, fleet: Fleet) -> Resource:
        """A NIC on the bridge and the VLANs where its switch has it."""
        from vnetsh_libvirt.plugged import completed

        return completed(resource, fleet)

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """Whether the host has the memory of all that begins to run there, and a new disk is nobody else's."""
        from vnetsh_libvirt import capacity, disk_assessing, images
        from vnetsh_libvirt.seed import assessing as seed

        if change.resource.kind == "disk":
            return disk_assessing.foresee(change, after)
        if change.resource.kind == "cloudinit":
            return seed.foresee(change, after) if change.after else FREE
        found = images.foresee(change, after)
        beside = FREE if found.problem else capacity.foresee(change, after)
        return beside if beside.problem else found

    def checks(self, move: Change, fleet: Fleet) -> Sequence[Check]:
        """Each check of a move."""
        from vnetsh_libvirt.assessing_moves import checks

        return checks(move, fleet)

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The `virsh` and `qemu-img` commands that come to the same."""
        from vnetsh_libvirt.commands import commands

        return commands(change, before, after)

    def libraries(self) -> Mapping[str, str]:
        """The module that calls it."""
        return {"libvirt": version()}

    def left_out(self, resource: Resource) -> Sequence[str]:
        """What a VM or NIC has that no sentence says."""
        from vnetsh_libvirt.export_gaps import left_out

        return left_out(resource)

    def connect(self, place: Place, context: Context) -> LibvirtConnection:
        """Open the host's libvirt. Raises `ServiceAbsent`, `HostUnreachable`, `VnetshError`."""
        assert isinstance(place, Host)
        see_that_it_is_there(place, context)
        from vnetsh_libvirt.connection import LibvirtConnection

        def peer(name: str) -> LibvirtConnection:
            found = context.connection(context.host(name), NAME)
            assert isinstance(found, LibvirtConnection)
            return found

        def opened() -> list[LibvirtConnection]:
            return [found for found in context.opened(NAME) if isinstance(found, LibvirtConnection)]

        return LibvirtConnection(place, context, peer, opened)
