"""The backend `pacemaker`. What is behind it is imported when it is asked for the first time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from vnetsh.backend import FREE, Assessment, Backend, Connection, Context, HostCommand
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet, Host, Place, Resource, listed
from vnetsh.model.power import STATE
from vnetsh.schema import attributes_of
from vnetsh_pacemaker.nouns import KINDS
from vnetsh_pacemaker.sort import CLUSTER, NAME, SORT


class PacemakerBackend(Backend):
    """What a cluster keeps up, by its CIB."""

    name = NAME
    kinds = frozenset(kind.name for kind in KINDS)
    preferred = True
    appraises = frozenset({"ha", "fence"})
    governs = frozenset({"vm", "port", "disk", "snapshot"})
    completes = frozenset({"vm"})
    beside = SORT
    attributes: ClassVar = {**attributes_of(KINDS, CLUSTER), "vm": frozenset({STATE, "drained"})}

    def serves(self, place: Place) -> bool:
        """Clusters of the type `pacemaker` and, for the vms that these have, hosts; the lab's, too."""
        return (place.sort == SORT or isinstance(place, Host)) and place.world in ("", "lab")

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """What a change costs."""
        if change.resource.kind in self.governs:
            from vnetsh_pacemaker.governing import assess as assess_move

            return assess_move(change, fleet)
        from vnetsh_pacemaker.assessing import assess

        return assess(change, fleet)

    def governed(self, change: Change, fleet: Fleet) -> Change | Diagnostic | None:
        """What is asked of a vm that a cluster keeps up."""
        from vnetsh_pacemaker.governing import governed

        return governed(change, fleet) if self.serves(fleet.places[change.place]) else None

    def completed(self, resource: Resource, fleet: Fleet) -> Resource:
        """A vm, with the cluster that has it."""
        from vnetsh_pacemaker.governing import completed

        return completed(resource, fleet) if self.serves(fleet.places[resource.place]) else resource

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """Whether what it is to keep up has all that it needs."""
        if change.resource.kind in self.governs:
            return FREE
        from vnetsh_pacemaker.assessing import foresee

        return foresee(change, after)

    def forbids(self, changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterable[Diagnostic]:
        """Fencing that goes while something needs it."""
        from vnetsh_pacemaker.assessing import forbids

        return forbids(changes, before, after)

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The change by `pcs`."""
        if change.resource.kind in self.governs:
            from vnetsh_pacemaker.governing import commands as commands_of_move

            return commands_of_move(change)
        from vnetsh_pacemaker.commands import commands

        return commands(change, before)

    def left_out(self, resource: Resource) -> Sequence[str]:
        """What others made that names it, and secrets."""
        from vnetsh_pacemaker.reading import SECRET

        found = [f"what others made: {name}" for name in listed(resource.get("named-by"))]
        return [*found, *(["a secret in the CIB"] if (resource.record or {}).get(SECRET) else [])]

    def connect(self, place: Place, context: Context) -> Connection:
        """Reach the cluster, or that of a host's vms; whoever answers is found when it is asked."""
        if isinstance(place, Host):
            from vnetsh_pacemaker.moving import VmConnection

            return VmConnection(place, context)
        from vnetsh_pacemaker.connection import PacemakerConnection

        return PacemakerConnection(place, context)
