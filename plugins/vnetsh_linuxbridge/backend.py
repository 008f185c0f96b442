"""The backend `linux`: the kernel's own bridges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.backend import (
    ApplyFailed,
    Assessment,
    Backend,
    Connection,
    Context,
    HostCommand,
    Observation,
    Progress,
)
from vnetsh.errors import BackendRefused, VerificationFailed, VnetshError
from vnetsh.model import Finding, Fleet, Host, Place, Resource, Route
from vnetsh.model.change import Change
from vnetsh_linuxbridge.links import NAME

if TYPE_CHECKING:
    from vnetsh.hosts.links import Entry
    from vnetsh.hosts.transport import Completed, Transport
    from vnetsh_linuxbridge.fleet_index import FleetIndex
    from vnetsh_linuxbridge.links import Links
    from vnetsh_linuxbridge.steps import Step
    from vnetsh_linuxbridge.watching import LinkWatch
    from vnetsh_linuxbridge.way import StepFailed, Way

_NOT_PERMITTED = "Operation not permitted"


class LinuxBridgeBackend(Backend):
    """Bridges, their ports, and tunnels of VXLAN."""

    name = NAME
    kinds = frozenset({"bridge", "port", "tunnel"})

    def __init__(self) -> None:
        self._index: FleetIndex | None = None

    @property
    def attributes(self) -> Mapping[str, frozenset[str]]:  # read when it is asked for
        """Those that have a field."""
        from vnetsh_linuxbridge.fields import ATTRIBUTES

        return ATTRIBUTES

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
        """Whether the packets of a bridge fit through its uplink and tunnels, and a tunnel's key is its alone."""
        from vnetsh.nouns.mtu import foresee
        from vnetsh_linuxbridge.refusals import key_taken

        return key_taken(change, after) or foresee(change, after)

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The `ip` commands that come to the same."""
        from vnetsh_linuxbridge.commands import commands

        return commands(change, after)

    def left_out(self, resource: Resource) -> Sequence[str]:
        """What a bridge, port or tunnel has that no sentence says."""
        from vnetsh_linuxbridge.observing import unsaid

        return unsaid(resource)

    def connect(self, place: Place, context: Context) -> LinuxBridgeConnection:
        """Netlink on this machine, `ip` over the transport on others."""
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


class LinuxBridgeConnection(Connection):
    """A link to one host's bridges.

    Changes are first made to the links that were just read, in memory; then the difference is done. The
    kernel has no transaction over several links: when a step fails, the difference back is done as well.
    """

    def __init__(self, host: Host, transport: Transport, way: Way, timeout: float) -> None:
        self._at = host
        self._host = host.name
        self._transport = transport
        self._way = way
        self._timeout = timeout
        self._watch: LinkWatch | None = None

    def _entries(self) -> Sequence[Entry]:
        """All links as they are now. Raises `HostUnreachable`, `ServiceAbsent`, `BackendRefused`."""
        from vnetsh.hosts.links import read_links

        return read_links(self._host, self._transport, self._timeout)

    def _read(self) -> Links:
        return self._links(self._entries())

    def _links(self, entries: Sequence[Entry]) -> Links:
        """Those links, with what the forwarding tables of tunnels say. Raises as `_entries`."""
        from vnetsh.hosts.links import kind_of
        from vnetsh.hosts.vxlans import read_forwarding
        from vnetsh_linuxbridge.links import links_of
        from vnetsh_linuxbridge.vxlan import VXLAN

        if not any("master" in entry and kind_of(entry) == VXLAN for entry in entries):
            return links_of(entries)
        return links_of(entries, read_forwarding(self._host, self._transport, self._timeout))

    def observe(self, progress: Progress) -> Observation:
        """All bridges and their ports."""
        from vnetsh.hosts.links import down_of, hardware_of, kinds_of, macs_of, veth_pairs
        from vnetsh_linuxbridge.facts import KernelFacts
        from vnetsh_linuxbridge.observing import observation

        entries = self._entries()
        found = observation(self._links(entries), kinds_of(entries), veth_pairs(entries), self._at)
        assert isinstance(found.facts, KernelFacts)
        facts = replace(
            found.facts, macs=macs_of(entries), hardware=hardware_of(entries), down=down_of(entries)
        )
        return replace(found, facts=facts)

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make the changes, all or nothing. Raises `ApplyFailed`, `HostUnreachable`."""
        from vnetsh_linuxbridge.making import make
        from vnetsh_linuxbridge.steps import steps
        from vnetsh_linuxbridge.wanted_links import WantedLinks
        from vnetsh_linuxbridge.way import StepFailed

        before = self._read()
        wanted = WantedLinks(before)
        for change in changes:
            try:
                make(wanted, change)
            except BackendRefused as error:
                raise ApplyFailed(f"{self._host}: {error.message}", change=change) from error
        planned = steps(before, wanted.links)
        progress(f"{len(planned)} changes of links")
        try:
            self._way.run(planned)
        except StepFailed as error:
            raise self._failed(error, planned, before, changes) from error
        except BackendRefused as error:
            raise ApplyFailed(f"{self._host}: {error.message}", help=error.help) from error

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Read the links again and see that nothing is left to do. Raises `VerificationFailed`.

        The kernel has done a step when it acknowledges it, so there is nothing to wait for.
        """
        from vnetsh_linuxbridge.making import links_with
        from vnetsh_linuxbridge.steps import steps, unseen

        links = self._read()
        try:
            left = [step for step in steps(links, links_with(links, changes)) if not unseen(links, step)]
        except BackendRefused as error:
            raise VerificationFailed(f"{self._host}: {error.message}") from error
        if left:
            names = ", ".join(dict.fromkeys(step.name for step in left))
            raise VerificationFailed(
                f"{self._host}: {names} did not come out as asked",
                help="does something else (NetworkManager, ifupdown) manage it?",
            )

    def trace(self, route: Route, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """By the states of bridges' ports, and what their bridges have learned. Raises `HostUnreachable`."""
        from vnetsh_linuxbridge.tracing import Tracer

        def ask(argv: Sequence[str]) -> Completed:
            return self._transport.ask(argv, timeout=self._timeout)

        return list(Tracer(self._host, ask, fleet).findings(route))

    def watch(self, tell: Callable[[], None]) -> bool:
        """The kernel tells of this machine's links; no way of a transport keeps `ip monitor` running on others."""
        from vnetsh_linuxbridge.watching import LinkWatch

        if not self._transport.local:
            return False
        try:
            self._watch = self._watch or LinkWatch(tell)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """End the watch; the transport is not ours."""
        if self._watch:
            self._watch.close()

    def _failed(
        self, error: StepFailed, planned: Sequence[Step], before: Links, changes: Sequence[Change]
    ) -> ApplyFailed:
        """Undo what was done of these steps, and say what failed."""
        leftovers = self._restore(before, planned)
        failed = error.step.name if error.step else ""
        change = next((c for c in changes if failed in (c.resource.name, c.resource.get("uplink"))), None)
        help = "changing links needs root on the host" if _NOT_PERMITTED in str(error) else ""
        return ApplyFailed(f"{self._host}: {error}", change=change, leftovers=leftovers, help=help)

    def _restore(self, before: Links, planned: Sequence[Step]) -> list[str]:
        """Get the links of these steps back to what they were; sentences about what resists."""
        from vnetsh_linuxbridge.steps import restricted, steps, taken_back
        from vnetsh_linuxbridge.way import StepFailed

        names = {step.name for step in planned}
        try:
            self._way.run(steps(restricted(self._read(), names), taken_back(before, planned)))
        except (StepFailed, VnetshError) as error:
            return [f"{self._host}: not all of {', '.join(sorted(names))} is as it was: {error}"]
        return []
