"""Look at all places at once: what is there, what is absent, who does not answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf

from vnetsh.backend import Backend, Observation
from vnetsh.engine.connections import Connections
from vnetsh.errors import HostHung, HostUnreachable, NoRights, PluginBroken, ServiceAbsent, VnetshError
from vnetsh.hosts.workers import in_time
from vnetsh.model import Fleet, Inventory, Key, LinkFacts, Place, Resource
from vnetsh.model.change import Change

At = tuple[str, str]
"""A place's name and a backend's."""


def touched(changes: Iterable[Change]) -> list[At]:
    """Where changes are made, by whom, and by whom what is changed was found; of a move, both its places."""
    return sorted(
        {(place, r.backend) for c in changes for r in (c.before, c.after) if r for place in c.places}
    )


def places(
    inventory: Inventory,
    names: Iterable[str],
    backends: Mapping[str, Backend],
    kinds: frozenset[str] | None = None,
) -> list[At]:
    """Where to look: at these places, by the backends that serve them (and know any of the kinds)."""
    sorts = {"", *(place.sort for place in inventory.values())}
    asked = [
        one
        for one in backends.values()
        if one.beside in sorts and (kinds is None or (one.kinds | one.governs) & kinds)
    ]
    return [(name, one.name) for name in names for one in asked if one.serves(inventory[name])]


def observe(
    inventory: Inventory,
    at: Sequence[At],
    connections: Connections,
    known: Fleet | None = None,
    patience: float = inf,
) -> Fleet:
    """The fleet as it is at these places, all looked at at once; elsewhere as it is `known`.

    A place that does not answer is waited for until all others have, and for the `patience` that there is with it.
    """
    fleet = known or Fleet(inventory)
    if not at:
        connections.know(inventory)
        return fleet
    return completed(merged(fleet, seen(inventory, at, connections, patience)), connections.backends)


def seen(
    inventory: Inventory, at: Sequence[At], connections: Connections, patience: float = inf
) -> Mapping[At, Observation | VnetshError]:
    """What is found at each of these places, or why nothing is; all at once, as `observe` does."""
    connections.know(inventory)
    busy = set(at)

    def look(where: At) -> Observation | VnetshError:
        tell = connections.progress(where[0])
        tell("looking")
        found = found_at(inventory[where[0]], where[1], connections)
        if isinstance(found, HostHung):
            connections.give_up(where[0], found)
        busy.discard(where)
        if all(place != where[0] for place, _ in list(busy)):
            tell("")
        return found

    try:
        found, seconds = in_time("observe", look, at, patience)
    except KeyboardInterrupt:
        # Nobody waits for those that still look: their connections are theirs from now on.
        for place, backend in list(busy):
            connections.leave(place, backend)
        raise
    late = {one: HostHung(f"{one[0]}: no answer in {seconds:.1f} s") for one in at if one not in found}
    for (place, backend), error in late.items():
        connections.leave(place, backend)
        connections.give_up(place, error)
        connections.progress(place)("")
    return {one: found.get(one) or late[one] for one in at}


def completed(fleet: Fleet, backends: Mapping[str, Backend]) -> Fleet:
    """The fleet with what backends tell of their own resources once all have told what they found."""
    changed: dict[Key, Resource] = {}
    sorts = {"", *(place.sort for place in fleet.places.values())}
    for backend in backends.values():
        for resource in fleet.resources.values() if backend.completes and backend.beside in sorts else ():
            if resource.kind in backend.completes and (
                resource.backend == backend.name or resource.kind in backend.governs
            ):
                try:
                    changed[resource.key] = backend.completed(changed.get(resource.key, resource), fleet)
                except (Exception, SystemExit) as error:  # a plugin can raise anything
                    what = f"backend {backend.name} failed: {type(error).__name__}: {error}"
                    raise PluginBroken(f"{resource.place}: {what}") from error
    return replace(fleet, resources={**fleet.resources, **changed}) if changed else fleet


def looked_at(changes: Sequence[Change], fleet: Fleet) -> list[At]:
    """Where to look after changes: where they were made, and at the links of those places.

    And, of what one backend has in its hands and another one found, with both: also at the cluster that has it.
    """
    places = {place for change in changes for place in change.places}
    finders = {
        (place, there.backend)
        for change in changes
        for one in (change.before, change.after)
        if one and (there := fleet.resources.get(one.key))
        for place in change.places
    }
    links = {at for at, facts in fleet.facts.items() if at[0] in places and isinstance(facts, LinkFacts)}
    clusters = {
        (place, change.backend) for change in changes for place in change.concerned if place not in places
    }
    return sorted(links.union(touched(changes), finders, clusters))


def found_at(place: Place, backend: str, connections: Connections) -> Observation | VnetshError:
    """What a backend finds at a place, or why it finds nothing; its connection is closed then.

    A connection that was lost while nobody used it is not worth a word: another one is made.
    """
    known = connections.has(place.name, backend)
    found = _found_at(place, backend, connections)
    lost = isinstance(found, HostUnreachable) and not isinstance(found, HostHung)
    return _found_at(place, backend, connections) if known and lost else found


def _found_at(place: Place, backend: str, connections: Connections) -> Observation | VnetshError:
    try:
        found = connections.connection(place, backend).observe(connections.progress(place.name))
        if not isinstance(found, Observation) or not all(isinstance(r, Resource) for r in found.resources):
            raise TypeError(f"observe gives {type(found).__name__}, and no Observation of resources")
        return found
    except VnetshError as error:
        connections.drop(place.name, backend)
        return error
    except (Exception, SystemExit) as error:  # a plugin can raise anything
        connections.drop(place.name, backend)
        broken = PluginBroken(f"{place.name}: backend {backend} failed: {type(error).__name__}: {error}")
        broken.__cause__ = error
        return broken


def merged(known: Fleet, found: Mapping[At, Observation | VnetshError]) -> Fleet:
    """A fleet with these places as they were found now. Raises what is neither of `Fleet.absent` nor `.unreachable`."""
    resources = {key: r for key, r in known.resources.items() if (r.place, r.backend) not in found}
    facts = {at: values for at, values in known.facts.items() if at not in found}
    absent = {at: why for at, why in known.absent.items() if at not in found}
    unreachable = dict(known.unreachable)
    for at, result in found.items():
        if isinstance(result, Observation):
            resources.update((r.key, r) for r in result.resources if _counts(r, resources.get(r.key)))
            facts[at] = result.facts
        elif isinstance(result, ServiceAbsent):
            absent[at] = result
        elif isinstance(result, HostUnreachable):
            before = unreachable.setdefault(at[0], result)
            if isinstance(before, NoRights) and isinstance(result, NoRights):
                unreachable[at[0]] = before.and_also(result)
        else:
            raise result
    return Fleet(known.places, resources, facts, absent, unreachable)


def _counts(found: Resource, other: Resource | None) -> bool:
    """Whether a resource counts beside one of the same name: of a vm's port that it left behind its own counts."""
    return other is None or other.backend == found.backend or "vm" in (found.parent or ())
