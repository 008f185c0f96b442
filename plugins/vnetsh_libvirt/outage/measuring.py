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
from vnetsh_libvirt.outage import addresses
from vnetsh_libvirt.outage.findings import Findings, Seen, joined
from vnetsh_libvirt.outage.probe import Probe, Target
from vnetsh_libvirt.outage.wishes import Wish

ANSWER = 3.0
"""Seconds that a VM gets to answer before it moves, where its outage is to be within a limit."""

READY = 1.0
"""Seconds at most that a move waits for its probes, where it is measured by the way."""

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for probe in self._probes:
            probe.end()

    def begin(self, journey: Journey) -> None:
        """Have the VM probed on both of its hosts, where it is not said that it shall not be."""
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
        assert self._journey
        tags, trunk = nic.vlans
        vlan = tags[0] if len(tags) == 1 and not trunk else None
        return Target(f"vnetsh-{secrets.token_hex(4)[:7]}", nic.bridge, nic.mac, vlan, self._address(nic))

    def _address(self, nic: Nic) -> str:
        return self._wish.address or self._known.get(nic.mac.lower(), "")

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
        for probe in self._probes:
            probe.moved()

    def conclude(self) -> None:
        """See that it answers again, and write down what was measured."""
        journey = self._journey
        if journey is None or not self._wish.measured:
            return
        until = time.monotonic() + BACK
        for probe in self._probes:
            left = until - time.monotonic()
            probe.wait(lambda probe=probe: bool(probe.why) or probe.answers.keys() <= probe.again, left)  # type: ignore[misc]
        silent = self._silent()
        for probe in self._probes:
            probe.end()
        for probe in self._probes:
            probe.wait(lambda probe=probe: bool(probe.why or probe.found), _RESULT)  # type: ignore[misc]
        findings = self._findings(journey)
        thing = {"measured": json.dumps(findings.data), "says": findings.sentence}
        if not (silent or self._change.undo) and (unmet := self._unmet(findings)):
            thing["unmet"] = unmet
        journey.files.note(journey.target, f"the gap of {journey.name}", **thing)
        if silent and not self._change.undo:
            raise self._cut_off(silent)

    def _silent(self) -> dict[str, str]:
        """Where it answered before it moved and does not now, when nobody is left whom it answers: address by host.

        Those who are beside it where it is now do not count, unless there is nobody else: one port of a switch that is
        joined to nothing reaches the other.
        """
        assert self._journey
        judges = [probe for probe in self._probes if probe.answers and not probe.why]
        far = [probe for probe in judges if probe.host != self._journey.target.name]
        judges = far or judges
        if any(probe.again for probe in judges):
            return {}
        return {probe.host: next(iter(probe.answers.values())) for probe in judges}

    def _cut_off(self, silent: Mapping[str, str]) -> CutOff:
        assert self._journey
        vm, source, target = self._journey.name, self._journey.source.name, self._journey.target.name
        where = ", ".join(f"{address} from {host}" for host, address in silent.items())
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

    def _findings(self, journey: Journey) -> Findings:
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
        why = joined(self._reasons())
        return Findings(journey.name, seen, why, _downtime(journey), self._said())

    def _said(self) -> Sequence[str]:
        """What else is to be told."""
        return [
            f"the probe on {probe.host} was lost: {probe.why}"
            for probe in self._probes
            if probe.why and probe.answers
        ]


def _downtime(journey: Journey) -> int | None:
    """For how long libvirt says that it was paused, in milliseconds."""
    with suppress(VnetshError):
        domain = journey.target.domain(journey.name)
        if domain is not None:
            flags = libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED
            found = journey.target.link.call(domain.jobStats, flags).get("downtime")
            return None if found is None else int(found)
    return None
