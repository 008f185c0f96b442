"""The backend `ovn`. What is behind it is imported when it is asked for the first time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from vnetsh.backend import Assessment, Backend, Context, HostCommand
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet, Place, Resource
from vnetsh.schema import attributes_of
from vnetsh_ovn.nouns import KINDS
from vnetsh_ovn.sort import CLUSTER, NAME, SORT

if TYPE_CHECKING:
    from vnetsh_ovn.connection import OvnConnection


class OvnBackend(Backend):
    """OVN by its northbound database."""

    name = NAME
    kinds = frozenset(kind.name for kind in KINDS)
    preferred = True
    traces_packets = True
    attributes = attributes_of(KINDS, CLUSTER)

    def serves(self, place: Place) -> bool:
        """Clusters of the type `ovn`; the lab's, too."""
        return place.sort == SORT and place.world in ("", "lab")

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """What a change costs."""
        from vnetsh_ovn.assessing import assess

        return assess(change, fleet)

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """What stands on something that is to go."""
        from vnetsh_ovn.openings import foresee

        return foresee(change, after)

    def forbids(self, changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterable[Diagnostic]:
        """What would be left behind."""
        from vnetsh_ovn.left_behind import left_behind

        return left_behind(changes, before, after)

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The change by `ovn-nbctl`."""
        from vnetsh_ovn.commands import commands

        return commands(change, before)

    def left_out(self, resource: Resource) -> Sequence[str]:
        """What a router or an eip has that no sentence says, as it was observed."""
        found = resource.get("beyond")
        return tuple(map(str, found)) if isinstance(found, tuple) else ()

    def connect(self, place: Place, context: Context) -> OvnConnection:
        """Reach whoever leads. Raises `ServiceAbsent`, `HostUnreachable`."""
        from vnetsh_ovn.connection import OvnConnection

        return OvnConnection(place, context)
