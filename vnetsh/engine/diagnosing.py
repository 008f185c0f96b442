"""What is wrong at places, as their backends and hosts tell: all are asked at once, and each has its time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vnetsh.backend import Backend
from vnetsh.engine.connections import Connections
from vnetsh.engine.observe import completed, merged, places, seen
from vnetsh.errors import HostUnreachable, ServiceAbsent, VnetshError
from vnetsh.hosts.examining import Diagnosis, Examined, examine
from vnetsh.hosts.workers import Workers
from vnetsh.model import Finding, Fleet, Host, Inventory, Severity, hosts_in

SLACK = 5.0
"""Seconds that a place gets for all questions together beyond what one of them may take."""


def diagnose(inventory: Inventory, connections: Connections, *, real: bool) -> Diagnosis:
    """Look at all places, and have each tell what is wrong with it."""
    at = places(inventory, inventory, connections.backends)
    programs = tuple(name for backend in connections.backends.values() for name in backend.daemons)
    workers = Workers("examine")
    connections.know(inventory)

    def ask(host: Host) -> Examined:
        return examine(connections.transport(host), host, programs, connections.timeout)

    asked = {name: workers.submit(ask, host) for name, host in hosts_in(inventory).items() if real}
    workers.stop()
    found = seen(inventory, at, connections)
    told = {at: one for at, one in found.items() if not isinstance(one, VnetshError)}
    silent = {at: one for at, one in found.items() if isinstance(one, VnetshError)}
    usual = {at: one for at, one in silent.items() if isinstance(one, (HostUnreachable, ServiceAbsent))}
    fleet = completed(merged(Fleet(inventory), {**told, **usual}), connections.backends)
    others = {at[0]: one for at, one in silent.items() if at not in usual}
    fleet = replace(fleet, unreachable={**others, **fleet.unreachable})

    until = time.monotonic() + connections.timeout + SLACK
    hosts = {}
    for name, future in asked.items():
        try:
            hosts[name] = future.result(max(0.0, until - time.monotonic()))
        except TimeoutError:
            hosts[name] = Examined(failed=(_unanswered(name, connections.timeout + SLACK),))
    asking = ((place, connections.backends[backend]) for place, backend in told)
    findings = list(_told(asking, fleet, inventory, connections))
    return Diagnosis(fleet, silent, hosts, findings)


def _told(
    at: Iterable[tuple[str, Backend]], fleet: Fleet, inventory: Inventory, connections: Connections
) -> Iterator[Finding]:
    """What the backends' connections find."""

    def ask(place: str, backend: Backend) -> Sequence[Finding]:
        # That another of its services hangs is no matter.
        opened = connections.open(place, backend.name)
        connection = opened or connections.connection(inventory[place], backend.name)
        found = list(connection.diagnose(fleet, connections.progress(place)))
        if not all(isinstance(one, Finding) for one in found):
            raise TypeError("diagnose gives what is no Finding")
        return found

    workers, seconds = Workers("diagnose"), connections.timeout + SLACK
    begun = [(place, backend, workers.submit(ask, place, backend)) for place, backend in at]
    workers.stop()
    until = time.monotonic() + seconds
    for place, backend, answer in begun:
        try:
            yield from answer.result(max(0.0, until - time.monotonic()))
        except TimeoutError:
            yield _not_asked(place, backend, f"no answer in {seconds:g} s")
        except VnetshError as error:
            yield _not_asked(place, backend, error.message, error.help)
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            yield _not_asked(place, backend, f"it failed: {type(error).__name__}: {error}")


def _not_asked(place: str, backend: Backend, why: str, help: str = "") -> Finding:
    says = f"its {backend.name} could not be asked what is wrong with it: {why.removeprefix(f'{place}: ')}"
    return Finding(("host", place, place), says, advice=help, severity=Severity.WARNING)


def _unanswered(name: str, seconds: float) -> HostUnreachable:
    return HostUnreachable(f"{name}: gave no answer in {seconds:g} s", help=f"is {name} overloaded or hung?")
