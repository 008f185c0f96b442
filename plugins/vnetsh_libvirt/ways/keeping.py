"""A way that is watched while a script is made: by probers beside the source, on each host where it may come to be."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from vnetsh.backend import Progress
from vnetsh.errors import CannotTell, VnetshError
from vnetsh.model import Fleet, Trial, Tried, Watching
from vnetsh.model.power import OFF
from vnetsh_libvirt import leftovers
from vnetsh_libvirt.libvirt_host import HostNamed, LibvirtHost
from vnetsh_libvirt.outage.at_hand import prober_on
from vnetsh_libvirt.outage.probe import Probe, Target
from vnetsh_libvirt.ways.tried import answering

READY = 3.0
"""Seconds that the probers get until the target answers them."""

_RESULT = 2.0  # seconds that a prober gets to say what it saw


def watch_way(trial: Trial, fleet: Fleet, at: HostNamed, progress: Progress) -> Watching:
    """Begin to watch. Raises `CannotTell` where the target does not answer now, or nobody can tell."""
    source = at(trial.source.place)
    now = answering(trial, source, at, progress)
    if not now:
        raise CannotTell(
            f"{trial.target} does not answer {trial.source} now: there is nothing to be kept",
            help="see to it first: `expect ping` tells more",
            code="E479",
        )
    kept = Kept(trial, source, at)
    for host in _hosts(fleet, {str(one["bridge"]) for one in now}, source, at):
        leftovers.sweep_ports(host)
        targets = [_target(one) for one in now if fleet.get("bridge", host.name, str(one["bridge"]))]
        kept.watch(host, targets)
    kept.begin()
    return Watching(f"watched from {', '.join(kept.probes)}", kept.end)


def _hosts(fleet: Fleet, bridges: set[str], source: LibvirtHost, at: HostNamed) -> Sequence[LibvirtHost]:
    """The source's host, and all others that have its bridges: it may move there."""
    found = [source]
    for name in fleet.hosts:
        if name != source.name and any(fleet.get("bridge", name, bridge) for bridge in bridges):
            with suppress(VnetshError):  # nothing moves there
                found.append(at(name))
    return found


def _target(seen: Mapping[str, Any]) -> Target:
    tag = str(seen["tag"])
    vlan = int(tag) if tag else None
    return Target(f"vnetsh-{secrets.token_hex(4)[:7]}", seen["bridge"], seen["mac"], vlan, seen["address"])


@dataclass(frozen=True)
class _Seen:
    """The longest time without an answer, in milliseconds, on a host; `why` where it is not known."""

    host: str
    gap: int
    sent: int
    lost: int
    why: str = ""


class Kept:
    """A way, and its probers by host."""

    def __init__(self, trial: Trial, source: LibvirtHost, at: HostNamed) -> None:
        self._trial, self._source, self._at = trial, source, at
        self.probes: dict[str, Probe] = {}
        self._probers = ExitStack()

    def watch(self, host: LibvirtHost, targets: Sequence[Target]) -> None:
        """Have it probed from a host."""
        self.probes[host.name] = Probe(self._probers.enter_context(prober_on(host)), targets)

    def begin(self) -> None:
        """Wait until the target answers, for a while; what counts is from then on. Raises `CannotTell`."""
        until = time.monotonic() + READY
        for probe in self.probes.values():
            left = max(0.0, until - time.monotonic())
            probe.wait(lambda probe=probe: probe.settled(seeking=False), left)  # type: ignore[misc]
        here = self.probes[self._source.name]
        if not here.answers:
            for probe in self.probes.values():
                probe.end()
            self._probers.close()
            why = here.why or next(iter(here.refused.values()), f"{self._trial.target} does not answer it")
            raise CannotTell(f"{here.host}: it cannot be watched: {why}")
        for probe in self.probes.values():
            probe.moves()

    def end(self) -> Tried:
        """End the probers; what they saw where the source was, and where it is."""
        for probe in self.probes.values():
            probe.end()
        for probe in self.probes.values():
            probe.wait(lambda probe=probe: probe.told, _RESULT)  # type: ignore[misc]
        self._probers.close()
        seen = [_seen(self.probes[name]) for name in {self._source.name: 0, **dict.fromkeys(self._where())}]
        known = [one for one in seen if not one.why]
        worst = max(known, key=lambda one: one.gap, default=None)
        said = [f"{one.host}: {one.why}" for one in seen if one.why]
        if worst:
            said.insert(
                0,
                f"its longest gap was {worst.gap} ms (seen from {worst.host}; {worst.lost} of {worst.sent} probes "
                f"lost), {self._trial.outage} ms at most were to be",
            )
        holds = len(known) == len(seen) and all(one.gap <= self._trial.outage for one in known)
        data = {
            "by": "arp",
            "outage_ms": self._trial.outage,
            "seen": [{"host": o.host, "gap_ms": o.gap, "sent": o.sent, "lost": o.lost} for o in known],
            "not_known": [f"{one.host}: {one.why}" for one in seen if one.why],
        }
        return Tried(holds, "; ".join(said), data)

    def _where(self) -> list[str]:
        """The hosts where the source is now, of those that were watched from."""
        found = []
        for name in self.probes:
            with suppress(VnetshError):
                host = self._at(name)
                domain = host.domain(self._trial.source.name)
                if domain is not None and host.state(domain) not in OFF:
                    found.append(name)
        return found


def _seen(probe: Probe) -> _Seen:
    """What a prober saw: of several ports the best, for the source would have it so."""
    if not probe.found:
        return _Seen(probe.host, 0, 0, 0, f"its prober was lost: {probe.why or 'it says nothing'}")
    told = [
        found
        for target in probe.targets
        if target.name in probe.answers and (found := probe.found.get(target.name))
    ]
    if not told:
        return _Seen(probe.host, 0, 0, 0, "nobody has answered there")
    best = min(told, key=lambda one: float(one["gap"]))
    return _Seen(probe.host, round(best["gap"] * 1000), best["sent"], best["lost"])
