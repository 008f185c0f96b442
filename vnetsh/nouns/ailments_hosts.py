"""What is wrong with hosts, by what each told of itself: for `doctor`. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from statistics import median_low

from vnetsh.errors import ServiceAbsent, VnetshError
from vnetsh.hosts.examining import Diagnosis, Examined
from vnetsh.model import Finding, Key, Severity
from vnetsh.nouns.ailments import cards
from vnetsh.plain_text import shell_word

CLOCKS = 1.0
"""Seconds by which clocks may differ."""

ERRORS = 1e-4
"""Of a card's packets such a part may be in error."""


def of_hosts(found: Diagnosis, daemons: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """What hosts told, and why some did not; `daemons` are by backend the programs of its service."""
    yield from _silent(found, daemons)
    for name, told in found.hosts.items():
        if not told.failed:
            yield from _told(name, told)
    yield from _clocks(found.hosts)
    for host, nic in cards(found.fleet):
        errors, packets = found.hosts.get(host, Examined()).errors.get(nic, (0, 0))
        if errors and errors >= ERRORS * packets:
            yield Finding(
                ("uplink", host, nic),
                f"{errors} of its {packets} packets were in error since its host was started",
                command=f"ethtool -S {shell_word(nic)}",
                advice="its cable, its transceiver, or the duplex of its other end",
                severity=Severity.WARNING,
            )
    for run in found.cut_off:
        says = f"{run.what}, of {run.time:%Y-%m-%d %H:%M}, was cut off before it came to its end"
        command = "vnetsh recover"
        yield Finding(("run", "", str(run.number)), says, command=command, severity=Severity.WARNING)


def at(host: str) -> Key:
    """A host as a thing."""
    return "host", host, host


def _silent(found: Diagnosis, daemons: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """Hosts, and daemons of theirs, that do not answer: each reason once."""
    known: set[tuple[str, str]] = set()
    lost = {name: told.failed[0] for name, told in found.hosts.items() if told.failed}
    reasons = [(name, "", error) for name, error in lost.items()]
    reasons += [(place, backend, e) for (place, backend), e in found.silent.items() if place not in lost]
    for place, backend, error in reasons:
        if (place, error.message) in known:
            continue
        known.add((place, error.message))
        yield _reason(place, backend, error, found, daemons)


def _reason(
    place: str, backend: str, error: VnetshError, found: Diagnosis, daemons: Mapping[str, Collection[str]]
) -> Finding:
    says, severity = error.message.removeprefix(f"{place}: "), Severity.ERROR
    if isinstance(error, ServiceAbsent):
        installed = found.hosts.get(place, Examined()).has.intersection(daemons.get(backend, ()))
        says = says.removeprefix(f"{place} has ")
        if installed:
            says = f"{' and '.join(sorted(installed))} is installed there, and does not run: {says}"
        else:
            severity = Severity.NOTE
    return Finding(at(place), says, advice=error.help, severity=severity)


def _told(name: str, told: Examined) -> Iterator[Finding]:
    way = "this machine" if told.local else f"a login by ssh takes {told.login:.2f} s"
    who = f"as {told.user}"
    if told.user != "root":
        who += f" ({', '.join(told.groups)})" + (", who may use sudo" if told.sudo else "")
    clock = f"clock {told.clock:+.2f} s" if told.clock is not None else ""
    for says in filter(None, (f"{way}, {who}", told.kernel, told.python, clock)):
        yield Finding(at(name), says, severity=Severity.NOTE)
    if not told.python:
        says = "it has no python3: `expect`, `capture` and what tries ways cannot run there"
        yield Finding(at(name), says, command="apt-get install python3-minimal", severity=Severity.WARNING)
    if told.locked:
        says = f"its lock is held by {told.locked}: whoever changes something waits for that"
        yield Finding(at(name), says, advice="wait until it is done, or end it", severity=Severity.NOTE)


def _clocks(hosts: Mapping[str, Examined]) -> Iterator[Finding]:
    """Those whose clock is otherwise than most clocks, this machine's among them."""
    clocks = {name: told.clock for name, told in hosts.items() if told.clock is not None and not told.local}
    if not clocks:
        return
    right = median_low([0.0, *clocks.values()])
    if len(clocks) == 1:
        right = 0.0
    for name, clock in clocks.items():
        apart = clock - right
        if abs(apart) > CLOCKS + hosts[name].unsure:
            than = "this machine's" if len(clocks) == 1 else "most others"
            says = f"its clock is {abs(apart):.1f} s {'before' if apart > 0 else 'behind'} {than}"
            command = "chronyc makestep"
            advice = "is chrony or systemd-timesyncd running there?"
            yield Finding(at(name), says, command=command, advice=advice, severity=Severity.WARNING)
    if len(clocks) > 1 and abs(right) > CLOCKS + max(told.unsure for told in hosts.values()):
        says = f"this machine's clock is {abs(right):.1f} s {'behind' if right > 0 else 'before'} most hosts'"
        yield Finding(("host", "", "here"), says, command="chronyc makestep", severity=Severity.WARNING)
