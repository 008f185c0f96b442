"""OVN of the demo: tenants, networks and zones in memory, by the same nouns and checks, with no daemon behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vnetsh.backend import Assessment, Backend, Connection, Context, Observation, Progress
from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import CannotTell
from vnetsh.model import Change, Facts, Fleet, Host, Key, Packet, Place, Resource, Traced, imagine, listed
from vnetsh.schema import attributes_of
from vnetsh_ovn.chassis.backend import ChassisBackend
from vnetsh_ovn.chassis.facts import ChassisFacts
from vnetsh_ovn.gateways import Chassis, OvnFacts
from vnetsh_ovn.nouns import KINDS
from vnetsh_ovn.nouns.members import with_ports
from vnetsh_ovn.sort import CLUSTER, IN_MEMORY, NOT_ASKED, SORT

WORLD = "demo"


class OvnInMemory(Backend):
    """OVN's kinds and zones, at places of the world `demo`."""

    name = IN_MEMORY
    kinds = frozenset({"zone", *(kind.name for kind in KINDS)})
    preferred = True
    traces_packets = True
    attributes = {  # noqa: RUF012 - as the base class says
        **ChassisBackend.attributes,
        **attributes_of(KINDS, CLUSTER),
    }

    def __init__(self) -> None:
        self._places: dict[str, dict[Key, Resource]] = {}

    def serves(self, place: Place) -> bool:
        """Whatever is in the demo, that OVN would serve."""
        return place.world == WORLD and (place.sort == SORT or isinstance(place, Host))

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """What a change would cost."""
        from vnetsh_ovn.assessing import assess

        return assess(change, fleet)

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """What would stand on something that is to go."""
        from vnetsh_ovn.openings import foresee

        return foresee(change, after)

    def forbids(self, changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterable[Diagnostic]:
        """What would be left behind."""
        from vnetsh_ovn.left_behind import left_behind

        return left_behind(changes, before, after)

    def connect(self, place: Place, context: Context) -> Connection:
        """What is there of a place."""
        return _Memory(place, self._places)


class _Memory(Connection):
    def __init__(self, place: Place, all: dict[str, dict[Key, Resource]]) -> None:
        self._place, self._all, self._things = place, all, all.setdefault(place.name, {})

    def observe(self, progress: Progress) -> Observation:
        things = tuple(self._things.values())
        return Observation([with_ports(one, things) for one in things], self._facts())

    def _facts(self) -> Facts:
        if isinstance(self._place, Host):
            return ChassisFacts(name=self._place.name)
        things = [one for there in [*self._all.values()] for one in [*there.values()]]
        zones = [one for one in things if (one.kind, one.text("cluster")) == ("zone", self._place.name)]
        return OvnFacts(
            {one.place: Chassis(one.place, one.place, frozenset(listed(one.get("bridges")))) for one in zones}
        )

    def trace_packet(self, packet: Packet, fleet: Fleet, progress: Progress) -> Traced | None:
        """Nobody traces here: that is said rather than guessed."""
        raise CannotTell(
            f"{self._place.name} is in memory only: it has no `ovn-trace` that could tell where packets go",
            help="`vnetsh lab up --ovn` has one",
            code=NOT_ASKED,
        )

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        imagine(self._things, changes)

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """It is so at once."""
