"""The backend `linux`: the kernel's own bridges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vnetsh.backend import Assessment, Backend, Context, HostCommand
from vnetsh.model import Attributes, Fleet, Host, Place, Resource
from vnetsh.model.change import Change
from vnetsh_linuxbridge.links import NAME

if TYPE_CHECKING:
    from vnetsh_linuxbridge.connection import LinuxBridgeConnection
    from vnetsh_linuxbridge.fleet_index import FleetIndex
    from vnetsh_linuxbridge.way import Way


class LinuxBridgeBackend(Backend):
    """Bridges, their ports, and tunnels of VXLAN and GRE."""

    name = NAME
    kinds = frozenset({"bridge", "port", "tunnel"})

    def __init__(self) -> None:
        self._index: FleetIndex | None = None

    @property
    def attributes(self) -> Mapping[str, frozenset[str]]:  # read when it is asked for
        """Those that have a field."""
        from vnetsh_linuxbridge.fields import ATTRIBUTES

        return ATTRIBUTES

    def further(self, resource: Resource, fleet: Fleet) -> Attributes:
        """That it survives a reboot, where the host has a network system that can be told of it."""
        from vnetsh.model.reboot import SURVIVES
        from vnetsh_linuxbridge.facts import KernelFacts

        system = fleet.facts_of(resource.place, NAME, KernelFacts).at_start.system
        return {SURVIVES: "yes"} if system else {}

    def serves(self, place: Place) -> bool:
        """Real hosts and the lab's."""
        return isinstance(place, Host) and place.world in ("", "lab")

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """What a change costs the vms on the bridge, or what a Linux bridge cannot do."""
        from vnetsh_linuxbridge.assessment import assess
        from vnetsh_linuxbridge.fleet_index import FleetIndex

        index = self._index
        if index is None or index.fleet is not fleet:  # another thread may plan on another one
            index = self._index = FleetIndex(fleet)
        return assess(change, index)

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """Whether a bridge's packets fit through its ways out, a tunnel's key is its alone, a port's VLANs are kept."""
        from vnetsh.nouns.mtu import foresee
        from vnetsh_linuxbridge.refusals import key_taken
        from vnetsh_linuxbridge.vlan_refusals import unfiltered

        return key_taken(change, after) or unfiltered(change, after) or foresee(change, after)

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The `ip` commands that come to the same."""
        from vnetsh_linuxbridge.commands import commands

        return commands(change, after)

    def alone(self, change: Change, fleet: Fleet) -> str:
        """Nothing: its links are known by their numbers, and so are the commands that have them as they were."""
        return ""

    def left_out(self, resource: Resource) -> Sequence[str]:
        """What a bridge, port or tunnel has that no sentence says."""
        from vnetsh_linuxbridge.observing import unsaid

        return unsaid(resource)

    def connect(self, place: Place, context: Context) -> LinuxBridgeConnection:
        """Netlink on this machine, `ip` over the transport on others."""
        from vnetsh_linuxbridge.connection import LinuxBridgeConnection

        assert isinstance(place, Host)
        transport = context.transport(place)
        way: Way
        if transport.local:
            from vnetsh_linuxbridge.way_netlink import NetlinkWay

            way = NetlinkWay(place.name, context.timeout)
        else:
            from vnetsh_linuxbridge.way_ip import IpWay

            way = IpWay(place.name, transport, context.timeout)
        return LinuxBridgeConnection(place, transport, way, context.timeout)
