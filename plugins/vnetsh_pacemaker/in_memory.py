"""A cluster of the demo: what it keeps up, in memory, by the same nouns and checks, with no daemon behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vnetsh.backend import Assessment, Backend, Connection, Context, HostCommand, Observation, Progress
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet, Key, Place, Resource, imagine
from vnetsh_pacemaker.backend import PacemakerBackend
from vnetsh_pacemaker.facts import ONLINE, ClusterFacts
from vnetsh_pacemaker.sort import IN_MEMORY, MEMBER, SORT

WORLD = "demo"


class PacemakerInMemory(Backend):
    """Pacemaker's kinds, at places of the world `demo`. Vms move as those of the demo do."""

    name = IN_MEMORY
    kinds = PacemakerBackend.kinds
    preferred = True
    governs = PacemakerBackend.governs
    completes = PacemakerBackend.completes
    beside = SORT
    attributes = PacemakerBackend.attributes

    def __init__(self) -> None:
        self._real = PacemakerBackend()
        self._places: dict[str, dict[Key, Resource]] = {}

    def serves(self, place: Place) -> bool:
        """Clusters of the demo."""
        return place.world == WORLD and place.sort == SORT

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """What a change would cost."""
        return self._real.assess(change, fleet)

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """Whether what it would keep up has all that it needs."""
        return self._real.foresee(change, after)

    def forbids(self, changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterable[Diagnostic]:
        """Fencing that would go while something needs it."""
        return self._real.forbids(changes, before, after)

    def governed(self, change: Change, fleet: Fleet) -> Change | Diagnostic | None:
        """What a cluster would refuse."""
        from vnetsh_pacemaker.governing import governed

        found = governed(change, fleet) if fleet.places[change.place].world == WORLD else None
        return found if isinstance(found, Diagnostic) else None

    def completed(self, resource: Resource, fleet: Fleet) -> Resource:
        """A vm, with the cluster that has it."""
        from vnetsh_pacemaker.governing import completed

        return completed(resource, fleet) if fleet.places[resource.place].world == WORLD else resource

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The change by `pcs`."""
        return self._real.commands(change, before, after)

    def connect(self, place: Place, context: Context) -> Connection:
        """What is there of a place."""
        return _Memory(place, self._places.setdefault(place.name, {}))


class _Memory(Connection):
    def __init__(self, place: Place, things: dict[Key, Resource]) -> None:
        self._place, self._things = place, things

    def observe(self, progress: Progress) -> Observation:
        facts = ClusterFacts(nodes=dict.fromkeys(self._place.hosts, ONLINE))
        for host in self._place.hosts if self._things else ():  # one that nobody uses is of no interest
            member = Resource(MEMBER, host, self._place.name, {"state": ONLINE}, backend=IN_MEMORY)
            self._things.setdefault(member.key, member)
        return Observation(tuple(self._things.values()), facts)

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        imagine(self._things, changes)

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """It is so at once."""
