"""Hosts, resources and changes as JSON and back, for the journal. Spans are left out: the script may be gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vnetsh.model import Attributes, Host, Resource, Value
from vnetsh.model.change import ActionKind, Change, Impact

Json = dict[str, Any]


def host_to_json(host: Host) -> Json:
    """A host's sentence."""
    return {
        "name": host.name,
        "address": host.address,
        "attributes": dict(host.attributes),
        "world": host.world,
    }


def host_from_json(data: Mapping[str, Any]) -> Host:
    """The host again."""
    return Host(data["name"], data["address"], _attributes(data["attributes"]), data["world"])


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
    ]


def change_from_json(data: Sequence[Any]) -> Change:
    """The change again."""
    action, before, after, because, impact, hits, how = data
    return Change(
        ActionKind(action),
        _resource_from_json(before),
        _resource_from_json(after),
        because,
        Impact(impact),
        tuple(hits),
        how,
    )


def _resource_to_json(resource: Resource | None) -> list[Any] | None:
    if resource is None:
        return None
    return [
        resource.kind,
        resource.name,
        resource.host,
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
