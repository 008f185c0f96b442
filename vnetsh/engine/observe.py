"""Look at all hosts at once: what is there, what is absent, who does not answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vnetsh.backend import Backend, Observation
from vnetsh.engine.connections import Connections
from vnetsh.errors import HostUnreachable, PluginBroken, ServiceAbsent, VnetshError
from vnetsh.hosts.workers import at_once
from vnetsh.model import Fleet, Host, Inventory
from vnetsh.model.change import Change

Place = tuple[str, str]
"""A host's name and a backend's."""


def touched(changes: Iterable[Change]) -> list[Place]:
    """Where changes are made; of a move, both its hosts."""
    return sorted({(r.host, r.backend) for c in changes for r in (c.before, c.after) if r})


def places(
    inventory: Inventory,
    hosts: Iterable[str],
    backends: Mapping[str, Backend],
    kinds: frozenset[str] | None = None,
) -> list[Place]:
    """Where to look: at these hosts, by the backends that serve them (and know any of the kinds)."""
    return [
        (name, backend.name)
        for name in hosts
        for backend in backends.values()
        if backend.serves(inventory[name]) and (kinds is None or backend.kinds & kinds)
    ]


def observe(
    inventory: Inventory, at: Sequence[Place], connections: Connections, known: Fleet | None = None
) -> Fleet:
    """The fleet as it is at these places, all looked at at once; elsewhere as it is `known`."""
    fleet = known or Fleet(inventory)
    if not at:
        return fleet
    found = at_once("observe", lambda place: _observe_one(inventory[place[0]], place[1], connections), at)
    return _merged(fleet, dict(zip(at, found, strict=True)))


def _observe_one(host: Host, backend: str, connections: Connections) -> Observation | VnetshError:
    try:
        return connections.connection(host, backend).observe()
    except VnetshError as error:
        connections.drop(host.name, backend)
        return error
    except (Exception, SystemExit) as error:  # a plugin can raise anything
        connections.drop(host.name, backend)
        broken = PluginBroken(f"{host.name}: backend {backend} failed: {type(error).__name__}: {error}")
        broken.__cause__ = error
        return broken


def _merged(known: Fleet, found: Mapping[Place, Observation | VnetshError]) -> Fleet:
    """A fleet with these places as they were found now."""
    resources = {key: r for key, r in known.resources.items() if (r.host, r.backend) not in found}
    facts = {place: values for place, values in known.facts.items() if place not in found}
    absent = {place: why for place, why in known.absent.items() if place not in found}
    unreachable = dict(known.unreachable)
    for place, result in found.items():
        if isinstance(result, Observation):
            resources.update((resource.key, resource) for resource in result.resources)
            facts[place] = result.facts
        elif isinstance(result, ServiceAbsent):
            absent[place] = result
        elif isinstance(result, HostUnreachable):
            unreachable.setdefault(place[0], result)
        else:
            raise result
    return Fleet(known.hosts, resources, facts, absent, unreachable)
