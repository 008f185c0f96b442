"""Places, resources and changes as JSON and back, for the journal. Spans are left out: the script may be gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vnetsh.model import Attributes, Host, Place, Resource, Value
from vnetsh.model.change import ActionKind, Change, Impact

Json = dict[str, Any]


def place_to_json(place: Place) -> Json:
    """A place's sentence; `address` is of hosts only."""
    return {
        "name": place.name,
        **(
            {"address": place.address}
            if isinstance(place, Host)
            else {"sort": place.sort, "noun": place.noun, "hosts": place.hosts}
        ),
        "attributes": dict(place.attributes),
        "world": place.world,
    }


def place_from_json(data: Mapping[str, Any]) -> Place:
    """The place again."""
    name, attributes, world = data["name"], _attributes(data["attributes"]), data["world"]
    if "address" in data:
        return Host(name, data["address"], attributes=attributes, world=world)
    hosts = tuple(data["hosts"])
    return Place(name, attributes=attributes, world=world, sort=data["sort"], noun=data["noun"], hosts=hosts)


def change_to_json(change: Change) -> list[Any]:
    """A change, whole: with what a backend wants back to restore its resource.

    A list, not an object: a plan may have ten thousand, and each is written before it is made.
    """
    return [
        change.action,
        _resource_to_json(change.before),
        _resource_to_json(change.after),
        change.because,
        change.impact,
        change.hits,
        change.how,
        *([[dict(thing) for thing in change.made]] if change.made or change.wishes else []),
        *([dict(change.wishes)] if change.wishes else []),
    ]


def change_from_json(data: Sequence[Any]) -> Change:
    """The change again."""
    action, before, after, because, impact, hits, how, *more = data
    return Change(
        ActionKind(action),
        _resource_from_json(before),
        _resource_from_json(after),
        because,
        Impact(impact),
        tuple(hits),
        how,
        made=tuple(more[0]) if more else (),
        wishes=_attributes(more[1]) if more[1:] else {},
    )


def _resource_to_json(resource: Resource | None) -> list[Any] | None:
    if resource is None:
        return None
    return [
        resource.kind,
        resource.name,
        resource.place,
        dict(resource.attributes),
        resource.parent,
        resource.backend,
        resource.marked,
        resource.because,
        None if resource.record is None else dict(resource.record),
        resource.owner,
    ]


def _resource_from_json(data: Sequence[Any] | None) -> Resource | None:
    if data is None:
        return None
    kind, name, host, attributes, parent, backend, marked, because, record, owner = data
    return Resource(
        kind,
        name,
        host,
        _attributes(attributes),
        tuple(parent) if parent else None,
        backend,
        marked,
        because,
        record=record,
        owner=owner,
    )


def _attributes(data: Mapping[str, Any]) -> Attributes:
    """Attributes as they were: JSON makes lists of tuples."""
    found: dict[str, Value] = {}
    for name, value in data.items():
        found[name] = tuple(value) if isinstance(value, list) else value
    return found
