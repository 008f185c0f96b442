"""The backend's connection to one host's links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.backend import ApplyFailed, Connection, Counters, Observation, Progress
from vnetsh.errors import BackendRefused, VerificationFailed, VnetshError
from vnetsh.hosts.boot import keeping
from vnetsh.hosts.boot.keeping import AtStart
from vnetsh.hosts.kernel import VLAN_FILTERING, abilities
from vnetsh.hosts.link_watch import TellsOfLinks
from vnetsh.hosts.links import (
    Entry,
    down_of,
    hardware_of,
    kinds_of,
    macs_of,
    read_links,
    veth_pairs,
)
from vnetsh.hosts.workers import begin
from vnetsh.model import Attributes, Finding, Fleet, Host, Key, Resource, Route
from vnetsh.model.change import Change
from vnetsh_linuxbridge import telling
from vnetsh_linuxbridge.facts import KernelFacts
from vnetsh_linuxbridge.filtering import can_filter, stacked, with_vlans
from vnetsh_linuxbridge.going_back import promised
from vnetsh_linuxbridge.links import BRIDGE, NAME, Links, links_of
from vnetsh_linuxbridge.making import links_with, make
from vnetsh_linuxbridge.mentions import boot_files
from vnetsh_linuxbridge.networks import networks_of
from vnetsh_linuxbridge.observing import observation
from vnetsh_linuxbridge.starting import stanzas, with_kept
from vnetsh_linuxbridge.steps import Step, restricted, steps, taken_back, unseen
from vnetsh_linuxbridge.wanted_links import WantedLinks
from vnetsh_linuxbridge.way import StepFailed, Way

if TYPE_CHECKING:
    from vnetsh.hosts.gated import Gated
    from vnetsh.hosts.transport import Completed, Transport

_NOT_PERMITTED = "Operation not permitted"


class LinuxBridgeConnection(TellsOfLinks, Connection):
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
        self._filters: bool | None = None

    def _entries(self) -> Sequence[Entry]:
        """All links as they are now. Raises `HostUnreachable`, `ServiceAbsent`, `BackendRefused`."""
        return read_links(self._host, self._transport, self._timeout)

    def _read(self) -> tuple[Sequence[Entry], Links, AtStart]:
        """All links as they are now, raw and with what is kept, and what the host does at each start.

        Raises as `_entries`.
        """
        asked = begin("start", lambda: keeping.read(self._transport, NAME, self._timeout))
        entries = self._entries()
        links, at_start = self._links(entries), asked.result()
        return entries, with_kept(links, at_start.stanzas), at_start

    def _write(self, links: Links, at_start: AtStart, by: Gated | None = None) -> AtStart:
        """Have the host bring about at each start the links that are kept.

        Raises `HostUnreachable`, `BackendRefused`.
        """
        wanted = stanzas(links)
        if at_start.system and wanted != at_start.stanzas:
            keeping.write(by or self._transport, NAME, at_start.system, wanted, self._timeout)
        return replace(at_start, stanzas=wanted)

    def _links(self, entries: Sequence[Entry]) -> Links:
        """Those links, with what tables of tunnels and bridges say of addresses and VLANs. Raises as `_entries`."""
        from vnetsh.hosts.bridge_vlans import read_vlans
        from vnetsh.hosts.vxlans import read_forwarding

        found = links_of(entries)
        if any(entry.get("linkinfo", {}).get("info_slave_kind") == BRIDGE for entry in entries):
            found = links_of(entries, read_forwarding(self._host, self._transport, self._timeout))
        if can_filter(entries):
            found = with_vlans(found, entries, read_vlans(self._host, self._transport, self._timeout))
        return found

    def observe(self, progress: Progress) -> Observation:
        """All bridges and their ports."""
        self.see_that_it_tells()
        asked = begin("kernel", lambda: abilities(self._transport, self._timeout, self._filters))
        entries, links, at_start = self._read()
        networks = networks_of(links.values(), self._transport, self._timeout)
        found = observation(links, kinds_of(entries), veth_pairs(entries), self._at, networks)
        assert isinstance(found.facts, KernelFacts)
        able = asked.result()
        self._filters = VLAN_FILTERING in able
        facts = replace(
            found.facts,
            macs=macs_of(entries),
            hardware=hardware_of(entries),
            down=down_of(entries),
            at_start=at_start,
            stacked=stacked(entries),
            abilities=able,
        )
        return replace(found, facts=facts)

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make the changes, all or nothing. Raises `ApplyFailed`, `HostUnreachable`.

        What goes is first no longer brought about at a start, and what is made is so last: whoever is cut short in
        between leaves what is seen to be half-made.
        """
        entries, before, at_start = self._read()
        wanted = WantedLinks(before)
        for change in changes:
            try:
                make(wanted, change)
            except BackendRefused as error:
                raise ApplyFailed(f"{self._host}: {error.message}", change=change) from error
        planned = steps(before, wanted.links)
        progress(f"{len(planned)} changes of links")
        way, by = self._way, None
        try:
            if self.guard and planned:
                known = self._host, self._transport, self._timeout
                way, by = promised(self.guard, *known, entries, before, wanted.links, planned, at_start)
            at_start.refuse(dict.fromkeys(step.name for step in planned))
            stays = {name: link for name, link in before.items() if link.kept and _kept(wanted.links, name)}
            if len(stays) < sum(link.kept for link in before.values()):
                at_start = self._write(stays, at_start, by)
            way.run(planned)
            self._write(wanted.links, at_start, by)
        except StepFailed as error:
            raise self._failed(error, planned, before, changes, at_start) from error
        except BackendRefused as error:
            leftovers = self._restore(before, planned, at_start)
            raise ApplyFailed(
                f"{self._host}: {error.message}", leftovers=leftovers, help=error.help
            ) from error

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Read the links again and see that nothing is left to do. Raises `VerificationFailed`.

        The kernel has done a step when it acknowledges it, so there is nothing to wait for.
        """
        _, links, _ = self._read()
        try:
            wanted = links_with(links, changes)
            left = [step for step in steps(links, wanted) if not unseen(links, step)]
        except BackendRefused as error:
            raise VerificationFailed(f"{self._host}: {error.message}") from error
        if left:
            names = ", ".join(dict.fromkeys(step.name for step in left))
            raise VerificationFailed(
                f"{self._host}: {names} did not come out as asked",
                help="does something else (NetworkManager, ifupdown) manage it?",
            )
        if unkept := [name for name, link in wanted.items() if link.kept and not links[name].kept]:
            raise VerificationFailed(
                f"{self._host}: {', '.join(unkept)} would not survive a reboot, as was asked"
            )

    def about(self) -> Attributes:
        """The kernel's version, and since when it is up. Raises `HostUnreachable`."""
        return telling.about(self._ask)

    def counters(self, resources: Sequence[Resource]) -> Mapping[Key, Counters]:
        """As the kernel counts. Raises `HostUnreachable`."""
        return telling.counters(resources, self._ask)

    def _ask(self, argv: Sequence[str]) -> Completed:
        return self._transport.ask(argv, timeout=self._timeout)

    def trace(self, route: Route, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """By the states of bridges' ports, and what their bridges have learned. Raises `HostUnreachable`."""
        from vnetsh_linuxbridge.tracing import Tracer

        return list(Tracer(self._host, self._ask, fleet).findings(route))

    def diagnose(self, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """Bridges that are down, and taps that nobody has open any more. Raises `HostUnreachable`."""
        from vnetsh_linuxbridge.diagnosing import findings, not_lasting, not_said, not_there

        entries = self._entries()
        texts = boot_files(self._transport, self._timeout)
        said = [
            *texts.values(),
            *(vip.name for vip in fleet.of_kind("vip")),
        ]  # a cluster gives these to hosts
        return [
            *findings(self._host, entries, fleet),
            *not_lasting(self._host, entries, self._links(entries), said),
            *not_said(self._host, entries, fleet, said),
            *not_there(self._host, entries, texts),
        ]

    def _failed(
        self,
        error: StepFailed,
        planned: Sequence[Step],
        before: Links,
        changes: Sequence[Change],
        at_start: AtStart,
    ) -> ApplyFailed:
        """Undo what was done of these steps, and say what failed."""
        leftovers = self._restore(before, planned, at_start)
        failed = error.step.name if error.step else ""
        change = next((c for c in changes if failed in (c.resource.name, c.resource.get("uplink"))), None)
        help = "changing links needs root on the host" if _NOT_PERMITTED in str(error) else ""
        return ApplyFailed(f"{self._host}: {error}", change=change, leftovers=leftovers, help=help)

    def _restore(self, before: Links, planned: Sequence[Step], at_start: AtStart) -> list[str]:
        """Get the links of these steps back to what they were; sentences about what resists.

        Where a guard waits the host does so itself.
        """
        if self.guard:
            return []
        names = {step.name for step in planned}
        try:
            self._way.run(steps(restricted(self._read()[1], names), taken_back(before, planned)))
            self._write(before, at_start)
        except (StepFailed, VnetshError) as error:
            return [f"{self._host}: not all of {', '.join(sorted(names))} is as it was: {error}"]
        return []


def _kept(links: Links, name: str) -> bool:
    return name in links and links[name].kept
