"""The backend `ovs`. What is behind it is imported when it is asked for the first time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh.backend import Assessment, Backend, Context, HostCommand
from vnetsh.model import Attributes, Change, Fleet, Host, Place, Resource
from vnetsh_ovs.fields import ATTRIBUTES

if TYPE_CHECKING:
    from vnetsh_ovs.connection import OvsConnection


class OvsBackend(Backend):
    """Open vSwitch by its database."""

    name = "ovs"
    kinds = frozenset(ATTRIBUTES)
    preferred = True
    attributes = ATTRIBUTES
    appraises = frozenset({"flow", "tunnel", "port"})
    daemons = ("ovs-vswitchd",)

    def further(self, resource: Resource, fleet: Fleet) -> Attributes:
        """That what needs a NIC survives a reboot, where the host can be told that."""
        if resource.kind in ("tunnel", "flow"):
            return {}
        from vnetsh_ovs.starting import lasting

        return lasting(resource, fleet)

    def serves(self, place: Place) -> bool:
        """Real hosts, and the lab's."""
        return isinstance(place, Host) and place.world in ("", "lab")

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """What a change of a bridge, tunnel or port costs."""
        from vnetsh_ovs.assessing import assess

        return assess(change, fleet)

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """Whether packets of a bridge fit through uplink and tunnels, these have where to end, a flow its ports."""
        if change.resource.kind == "flow":
            from vnetsh_ovs.flow_judging import foresee as of_flow

            return of_flow(change, after)
        from vnetsh.nouns.mtu import foresee
        from vnetsh_ovs.flow_judging import still_named
        from vnetsh_ovs.taking import still_uplink
        from vnetsh_ovs.tunnels import problem_foreseen

        problem = problem_foreseen(change, after) or still_uplink(change, after) or still_named(change, after)
        if problem:
            from vnetsh_ovs.assessing import refused

            return refused(change, problem)
        return foresee(change, after)

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The calls of `ovs-vsctl` that come to the same."""
        from vnetsh_ovs.commands import commands

        return commands(change, before)

    def alone(self, change: Change, fleet: Fleet) -> str:
        """Why a host cannot take a change back alone: it can what its database says."""
        from vnetsh_ovs.going_back import alone

        return alone(change, fleet)

    def left_out(self, resource: Resource) -> Sequence[str]:
        """What a bridge, port or tunnel has that no sentence says."""
        from vnetsh_ovs.left_out import left_out

        return left_out(resource)

    def connect(self, place: Place, context: Context) -> OvsConnection:
        """Reach a host's database. Raises `ServiceAbsent`, `HostUnreachable`."""
        from vnetsh_ovs.connection import OvsConnection

        assert isinstance(place, Host)
        return OvsConnection(place, context)
