"""Look at all hosts at once: what is there, what is absent, who does not answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from vnetsh.backend import Backend, Observation
from vnetsh.connections import Connections
from vnetsh.errors import HostUnreachable, PluginBroken, ServiceAbsent, VnetshError
from vnetsh.model import Fleet, Host, Inventory, Key, Resource

WORKERS = 32
"""Hosts that are worked on at the same time, at most."""


def observe(
    inventory: Inventory,
    hosts: Iterable[str],
    backends: Mapping[str, Backend],
    connections: Connections,
    kinds: frozenset[str] | None = None,
) -> Fleet:
    """The fleet as it is, of these hosts; `kinds` limits it to backends that know any of them."""
    jobs = [
        (inventory[name], backend)
        for name in hosts
        for backend in backends.values()
        if backend.serves(inventory[name]) and (kinds is None or backend.kinds & kinds)
    ]
    if not jobs:
        return Fleet(inventory)
    if len(jobs) == 1:
        results = [_observe_one(jobs[0][0], jobs[0][1], connections)]
    else:
        with ThreadPoolExecutor(min(WORKERS, len(jobs)), "observe") as pool:
            results = list(pool.map(lambda job: _observe_one(job[0], job[1], connections), jobs))
    return _collect(inventory, jobs, results)


def _observe_one(host: Host, backend: Backend, connections: Connections) -> Observation | VnetshError:
    try:
        return connections.connection(host, backend.name).observe()
    except VnetshError as error:
        connections.drop(host.name, backend.name)
        return error
    except Exception as error:
        connections.drop(host.name, backend.name)
        broken = PluginBroken(f"{host.name}: backend {backend.name} failed: {type(error).__name__}: {error}")
        broken.__cause__ = error
        return broken


def _collect(
    inventory: Inventory,
    jobs: list[tuple[Host, Backend]],
    results: list[Observation | VnetshError],
) -> Fleet:
    resources: dict[Key, Resource] = {}
    facts: dict[tuple[str, str], Mapping[str, object]] = {}
    absent: dict[tuple[str, str], VnetshError] = {}
    unreachable: dict[str, VnetshError] = {}
    for (host, backend), result in zip(jobs, results, strict=True):
        if isinstance(result, Observation):
            resources.update((resource.key, resource) for resource in result.resources)
            facts[host.name, backend.name] = result.facts
        elif isinstance(result, ServiceAbsent):
            absent[host.name, backend.name] = result
        elif isinstance(result, HostUnreachable):
            unreachable.setdefault(host.name, result)
        else:
            raise result
    return Fleet(inventory, resources, facts, absent, unreachable)
