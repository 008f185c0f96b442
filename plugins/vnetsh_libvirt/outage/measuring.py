"""The measuring of one move: a prober on each host, from before the VM leaves until it answers at its other host."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from types import TracebackType
from typing import Self

import libvirt

from vnetsh.backend import JobState
from vnetsh.errors import BackendRefused, VnetshError
from vnetsh.model import Change
from vnetsh_libvirt.definition import Nic
from vnetsh_libvirt.journey import Journey
from vnetsh_libvirt.outage import addresses, announcing
from vnetsh_libvirt.outage.findings import Findings, Seen, joined
from vnetsh_libvirt.outage.probe import Probe, Target
from vnetsh_libvirt.outage.switches import Plugged
from vnetsh_libvirt.outage.wishes import Wish

ANSWER = 3.0
"""Seconds that a VM gets to answer before it moves, where its outage is to be within a limit."""

READY = 1.0
"""Seconds at most that a move waits for its probes, where it is measured by the way."""

AT_ONCE = 0.3
"""Seconds after that end in which it answers by itself; then it is announced once more."""

BACK = 2.0
"""Seconds after the end of a move in which it has to answer again."""

_RESULT = 2.0  # seconds that a prober gets to say what it saw


class CutOff(BackendRefused):
    """A VM has moved, and nobody reaches it there: it is to go back."""


class Measuring:
    """Of one move. Use as a context manager: however that ends, the probers are ended."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._wish = Wish.of(change)
        self._journey: Journey | None = None
        self._probes: list[Probe] = []
        self._arrived = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for probe in self._probes:
            probe.end()

    def begin(self, journey: Journey) -> None:
        """Have a VM that runs probed on both of its hosts, where it is not said that it shall not be.

        Of its journey the files need not be known yet.
        """
        self._journey = journey
        if not self._wish.measured:
            return
        for host in (journey.source, journey.target):
            targets = [self._target(nic) for nic in journey.definition.nics]
            for target in targets:
                what = f"the probe's port {target.name} on {target.bridge} of {host.name}"
                journey.files.note(host, what, probe=target.name)
            if targets:
                self._probes.append(probe := Probe(host.name, host.transport, targets))
                host.probes.append(probe)

    def _target(self, nic: Nic) -> Target:
        found = plugged(nic)
        address = self._wish.address or self._known.get(nic.mac.lower(), "")
        return Target(f"vnetsh-{secrets.token_hex(4)[:7]}", found.bridge, found.mac, found.vlan, address)

    @cached_property
    def _known(self) -> dict[str, str]:
        assert self._journey
        return addresses.known(self._journey.source, self._journey.domain, self._journey.definition)

    def ready(self) -> None:
        """Wait until the VM answers, for a while. Raises `BackendRefused` where it must and does not."""
        if self._journey is None or not self._wish.measured:
            return
        must = self._wish.limit is not None and not self._change.undo
        until = time.monotonic() + (ANSWER if must else READY)
        for probe in self._probes:
            while not probe.wait(lambda probe=probe: probe.settled(seeking=must), 0.1):  # type: ignore[misc]
                self._journey.tell(JobState(f"{self._journey.name}: waiting for its answer to a probe"))
                if time.monotonic() > until or (must and any(probe.answers for probe in self._probes)):
                    break
        if must and not any(probe.answers for probe in self._probes):
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
        """It begins to move: what counts is from now on."""
        for probe in self._probes:
            probe.moves()

    def moved(self) -> None:
        """It is at its other host."""
        self._arrived = time.monotonic()
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
        silent = self._silent()
        for probe in self._probes:
            probe.end()
        for probe in self._probes:
            probe.wait(lambda probe=probe: bool(probe.why or probe.found), _RESULT)  # type: ignore[misc]
        findings = self._findings(journey, notes)
        if not (self._wish.measured or notes):
            return
        thing = {"measured": json.dumps(findings.data), "says": findings.sentence}
        if not (silent or self._change.undo) and (unmet := self._unmet(findings)):
            thing["unmet"] = unmet
        journey.files.note(journey.target, f"the gap of {journey.name}", **thing)
        if silent and not self._change.undo:
            raise self._cut_off(silent)

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
            nics = [plugged(nic) for nic in target.live(domain).nics] if domain is not None else []
            if not nics:
                return []
            if self._silent():
                sent = announcing.Announcer(journey.name, target, nics, self._answered).announce()
                return [f"it did not answer at once on {target.name}: announced again by {sent}"]
            return announcing.mend(
                journey.name, target, journey.files.hosts(), nics, self._answered, self._arrived
            )
        return []

    @property
    def _answered(self) -> dict[str, str]:
        """The addresses that answered before, by MAC."""
        return {
            target.mac.lower(): probe.answers[target.name]
            for probe in self._probes
            for target in probe.targets
            if target.name in probe.answers
        }

    def _silent(self) -> dict[str, str]:
        """Of each NIC that answered before and now answers nobody: from where it did, by its address.

        Those who are beside it where it is now do not count, unless there is nobody else: one port of a switch that is
        joined to nothing reaches the other.
        """
        assert self._journey
        there, silent = self._journey.target.name, dict[str, str]()
        for mac, address in self._answered.items():
            asking = [
                (probe, target.name)
                for probe in self._probes
                for target in probe.targets
                if target.mac.lower() == mac and target.name in probe.answers and not probe.why
            ]
            judges = [one for one in asking if one[0].host != there] or asking
            if judges and not any(name in probe.again for probe, name in judges):
                silent[address] = " and ".join(probe.host for probe, _ in judges)
        return silent

    def _cut_off(self, silent: Mapping[str, str]) -> CutOff:
        assert self._journey
        vm, source, target = self._journey.name, self._journey.source.name, self._journey.target.name
        where = ", ".join(f"{address} from {hosts}" for address, hosts in silent.items())
        return CutOff(
            f"{vm} answered before it moved, and not within {BACK:g} s on {target} ({where}): back to {source}",
            help=f"is its bridge on {target} joined to the one on {source}? "
            f"Where it shall go all the same: `migrate {vm} to {target} outage none`",
        )

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
            )
            for probe in self._probes
            for target in probe.targets
            if (found := probe.found.get(target.name)) and found["covered"]
        ]
        why = joined(self._reasons()) if self._wish.measured else ["`outage none` was said"]
        return Findings(journey.name, seen, why, _downtime(journey), [*notes, *self._said()])

    def _said(self) -> Sequence[str]:
        """What else is to be told."""
        return [
            f"the probe on {probe.host} was lost: {probe.why}"
            for probe in self._probes
            if probe.why and probe.answers
        ]


def plugged(nic: Nic) -> Plugged:
    """Where a NIC is, by its definition."""
    tags, trunk = nic.vlans
    return Plugged(nic.bridge, nic.name, nic.mac, None if trunk else tags[0] if tags else 0)


def _downtime(journey: Journey) -> int | None:
    """For how long libvirt says that it was paused, in milliseconds."""
    with suppress(VnetshError):
        domain = journey.target.domain(journey.name)
        if domain is not None:
            flags = libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED
            found = journey.target.link.call(domain.jobStats, flags).get("downtime")
            return None if found is None else int(found)
    return None
