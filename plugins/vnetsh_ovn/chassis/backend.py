"""The backend `chassis`: zones, by what their hosts' own Open vSwitch says to ovn-controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.backend import Assessment, Backend, Context
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet, Host, Impact, Place
from vnetsh_ovn.chassis.facts import ChassisFacts
from vnetsh_ovn.nouns.zone import TAKEN
from vnetsh_ovn.sort import CHASSIS, SORT

if TYPE_CHECKING:
    from vnetsh_ovn.chassis.connection import ChassisConnection


class ChassisBackend(Backend):
    """Makes hosts chassis."""

    name = CHASSIS
    kinds = frozenset({"zone"})
    preferred = True
    attributes = {"zone": frozenset({"cluster", "encap", "bridges", "remote"})}  # noqa: RUF012 - as the base class says
    daemons = ("ovn-controller",)
    beside = SORT

    def serves(self, place: Place) -> bool:
        """Real hosts, and the lab's."""
        return isinstance(place, Host) and place.world in ("", "lab")

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """To become one disturbs nobody; who is one no longer loses all networks."""
        zone = change.resource
        facts = fleet.facts_of(zone.place, CHASSIS, ChassisFacts)
        if change.before is None:
            if facts.remote and not zone.record:
                problem = Diagnostic(
                    TAKEN,
                    f"host `{zone.place}` is a chassis already, of {facts.remote}, and not by vnetsh",
                    zone.at("on", "name"),
                    help="take it out there first: `ovs-vsctl remove open . external_ids ovn-remote`",
                )
                return Assessment(problem=problem)
            return Assessment(Impact.NONE, how="ovn-controller is told")
        if change.after is None:
            held = [a for a in fleet.of_kind("attachment") if a.get("at") == (zone.place,)]
            return Assessment(Impact.BRIEF, hits=tuple(sorted({a.text("vm") for a in held})))
        differing = change.differing()
        how = f"its controller goes to {zone.text('remote')}" if "remote" in differing else ""
        return Assessment(Impact.BRIEF if "encap" in differing else Impact.LIVE, how=how)

    def connect(self, place: Place, context: Context) -> ChassisConnection:
        """Reach the host's Open vSwitch. Raises `ServiceAbsent`, `HostUnreachable`."""
        from vnetsh_ovn.chassis.connection import ChassisConnection

        assert isinstance(place, Host)
        return ChassisConnection(place, context)
