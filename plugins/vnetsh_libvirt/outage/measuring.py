"""The measuring of one move: a prober on each host, from before the VM leaves until it answers at its other host."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from functools import cached_property
from types import TracebackType
from typing import Self

import libvirt

from vnetsh.backend import JobState
from vnetsh.errors import BackendRefused, VnetshError
from vnetsh.hosts.workers import begin
from vnetsh.model import Change, ProbePort, probe_port
from vnetsh_libvirt.definition import Nic
from vnetsh_libvirt.journey import Journey
from vnetsh_libvirt.outage import addresses, announcing
from vnetsh_libvirt.outage.at_hand import prober_on
from vnetsh_libvirt.outage.findings import Findings, Seen, joined
from vnetsh_libvirt.outage.judging import BACK, CutOff, answered, silent, unplugged
from vnetsh_libvirt.outage.probe import ARRIVING, OFTEN, Probe, Target
from vnetsh_libvirt.outage.switches import Plugged
from vnetsh_libvirt.outage.wishes import Wish

ANSWER = 3.0
"""Seconds that a VM gets to answer before it moves, where its outage is to be within a limit."""

READY = 1.0
"""Seconds in which an answer counts as one from before the move, where that does not wait for its probes."""

AT_ONCE = 0.3
"""Seconds after that end in which it answers by itself; then it is announced once more."""

_RESULT = 2.0  # seconds that a prober gets to say what it saw


class Measuring:
    """Of one move. Use as a context manager: however that ends, the probers are ended."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._wish = Wish.of(change)
        self._journey: Journey | None = None
        self._probes: list[Probe] = []
        self._probers = ExitStack()
        self._arrived = 0.0
        self._counting: Future[None] | None = None
        self._unplugged: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for probe in self._probes:
            probe.end()
        self._probers.close()

    def begin(self, journey: Journey) -> None:
        """Have a VM that runs probed on both of its hosts, where it is not said that it shall not be.

        Of its journey the files need not be known yet.
        """
        self._journey = journey
        if not self._wish.measured:
            return
        for host in (journey.source, journey.target):
            targets = [self._target(nic, host.name) for nic in journey.definition.nics]
            for target in targets:
                what = f"the probe's port {target.name} on {target.bridge} of {host.name}"
                journey.files.note(host, what, probe=target.name)
            if targets:
                prober = self._probers.enter_context(prober_on(host))
                interval = OFTEN if host is journey.source else ARRIVING
                self._probes.append(Probe(prober, targets, interval=interval))

    def _target(self, nic: Nic, host: str) -> Target:
        found, name = place_of(nic), f"vnetsh-{secrets.token_hex(4)[:7]}"
        mac = found.mac.lower()
        address = self._wish.address or self._wish.known.get(mac) or self._known.get(mac, "")
        port = probe_port(nic.interface, host) if mac in self._wish.known else ProbePort("", "")
        return Target(name, found.bridge, found.mac, found.vlan, address, *port)

    @cached_property
    def _known(self) -> dict[str, str]:
        assert self._journey
        return addresses.known(self._journey.source, self._journey.definition)

    @property
    def _must(self) -> bool:
        """Whether it may not move unmeasured."""
        return self._wish.measured and self._wish.limit is not None and not self._change.undo

    def ready(self) -> None:
        """Wait until the VM answers, where it must, for a while. Raises `BackendRefused` where it does not."""
        if self._journey is None or not self._must:
            return
        until = time.monotonic() + ANSWER
        for probe in self._probes:
            while not probe.wait(lambda probe=probe: probe.settled(seeking=True), 0.1):  # type: ignore[misc]
                self._journey.tell(JobState(f"{self._journey.name}: waiting for its answer to a probe"))
                if time.monotonic() > until or any(probe.answers for probe in self._probes):
                    break
        if not any(probe.answers for probe in self._probes):
            raise self._unmeasurable()

    def _unmeasurable(self) -> BackendRefused:
        assert self._journey
        vm, target = self._journey.name, self._journey.target.name
        why = "; ".join(joined(self._reasons())) or "it has no NIC on a bridge"
        say = f"`migrate {vm} to {target} outage {self._wish.said} address 192.0.2.5`, with its address"
        return BackendRefused(
            f"{vm}: its outage cannot be measured: {why}", help=f"say where it answers: {say}"
        )

    def _reasons(self) -> Iterator[str]:
        """Why probes saw nothing, in words."""
        for probe in self._probes:
            if probe.why:
                yield f"{probe.host}: {probe.why}"
                continue
            for target in probe.targets:
                found = probe.found.get(target.name, {})
                address = str(found.get("address") or target.address)
                if why := probe.refused.get(target.name):
                    yield f"{target.bridge} on {probe.host}: {why}"
                elif not address:
                    yield f"no address of {target.mac} is known"
                elif target.name not in probe.answers:
                    yield f"{address} does not answer on {target.bridge}"
                elif found and not found["covered"]:
                    yield f"{address} gave {probe.host} its first answer when it was moving already"

    def moves(self) -> None:
        """It begins to move: what counts is from now on.

        Where it is measured by the way it waits for nobody: until the other QEMU runs and data goes the probes are
        there, too.
        """
        if self._probes and not self._must:
            self._counting = begin("probes count", self._count)
        else:
            self._count()

    def _count(self) -> None:
        until = time.monotonic() + (0 if self._must else READY)
        for probe in self._probes:
            settled = lambda probe=probe: probe.settled(seeking=False)  # noqa: E731
            probe.wait(settled, max(0.0, until - time.monotonic()))
            probe.moves()

    def pace(self, *, far: bool) -> None:
        """Whether its end is far: then it is asked seldom, for its guest has enough to do."""
        for probe in self._probes:
            probe.pace(seldom=far)

    def moved(self) -> None:
        """It is at its other host."""
        self._arrived = time.monotonic()
        if self._counting:
            self._counting.result()
        for probe in self._probes:
            probe.moved()

    def conclude(self) -> None:
        """See that it is found and answers again, and write down what was measured. Raises `CutOff`, nothing else."""
        journey = self._journey
        if journey is None:
            return
        self._answering(AT_ONCE)
        notes = self._found_again(journey)
        self._answering(BACK - (time.monotonic() - self._arrived))
        self._unplugged = set(unplugged(self._probes))  # is it the VM that is cut off, or who asks?
        for probe in self._probes:
            probe.end()
        for probe in self._probes:
            if not probe.wait(lambda probe=probe: probe.told, _RESULT):  # type: ignore[misc]
                probe.give_up("it does not answer any more")
        cut_off = silent(self._probes, journey.target.name, self._unplugged)
        findings = self._findings(journey, notes)
        if not (self._wish.measured or notes):
            return
        thing = {"measured": json.dumps(findings.data), "says": findings.sentence}
        if not (cut_off or self._change.undo) and (unmet := self._unmet(findings)):
            thing["unmet"] = unmet
        with suppress(VnetshError):  # the VM has moved, whatever can be written down
            journey.files.note(journey.target, f"the gap of {journey.name}", **thing)
        if cut_off and not self._change.undo:
            raise CutOff(journey.name, journey.source.name, journey.target.name, cut_off)

    def _answering(self, seconds: float) -> None:
        """Wait until all that answered before do so again, so long at most."""
        until = time.monotonic() + seconds
        for probe in self._probes:
            left = max(0.0, until - time.monotonic())
            probe.wait(lambda probe=probe: bool(probe.why) or probe.answers.keys() <= probe.again, left)  # type: ignore[misc]

    def _found_again(self, journey: Journey) -> list[str]:
        """Have switches find it where it is now, those that do not by themselves; what was done, in sentences."""
        target = journey.target
        with suppress(VnetshError):
            domain = target.domain(journey.name)
            nics = [place_of(nic) for nic in target.live(domain).nics] if domain is not None else []
            if not nics:
                return []
            known = answered(self._probes)
            if silent(self._probes, target.name):
                sent = announcing.Announcer(journey.name, target, nics, known).announce()
                return [f"it did not answer at once on {target.name}: announced again by {sent}"]
            return announcing.mend(journey.name, target, journey.files.hosts(), nics, known, self._arrived)
        return []

    def _unmet(self, findings: Findings) -> str:
        """What is not as the sentence wishes; empty where nothing is."""
        limit, gap = self._wish.limit, findings.gap
        if limit is None or (gap is not None and gap <= limit):
            return ""
        how = "is not known: its probes were lost" if gap is None else f"was {gap} ms"
        return f"{findings.vm}: its outage {how}, and was to be {self._wish.said} at most"

    def _findings(self, journey: Journey, notes: Sequence[str]) -> Findings:
        seen = [
            Seen(
                probe.host,
                target.bridge,
                target.mac,
                found["address"],
                found["gap"],
                found["late"],
                found["began"],
                found["sent"],
                found["lost"],
                found["ended"],
                probe.ahead,
            )
            for probe in self._probes
            for target in probe.targets
            if (found := probe.found.get(target.name)) and found["covered"]
            if target.name not in self._unplugged
        ]
        why = joined(self._reasons()) if self._wish.measured else ["`outage none` was said"]
        return Findings(journey.name, seen, why, _downtime(journey), [*notes, *self._said()])

    def _said(self) -> Sequence[str]:
        """What else is to be told."""
        return [
            f"the probe on {probe.host} was lost: {probe.why}"
            for probe in self._probes
            if probe.why and probe.answers
        ] + [
            f"the probe's port on {target.bridge} of {probe.host} was removed, or its switch does not run"
            for probe in self._probes
            for target in probe.targets
            if target.name in self._unplugged
        ]


def place_of(nic: Nic) -> Plugged:
    """Where a NIC is, by its definition."""
    _, trunk = nic.vlans
    untagged = nic.tags.untagged
    return Plugged(nic.bridge, nic.name, nic.mac, None if untagged is None and trunk else untagged or 0)


def _downtime(journey: Journey) -> int | None:
    """For how long libvirt says that it was paused, in milliseconds."""
    with suppress(VnetshError):
        domain = journey.target.domain(journey.name)
        if domain is not None:
            flags = libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED
            found = journey.target.link.call(domain.jobStats, flags).get("downtime")
            return None if found is None else int(found)
    return None
