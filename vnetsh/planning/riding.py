"""What goes with a resource without being a part of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.model import Fleet, Resource
from vnetsh.schema import Vocabulary


def riding(resource: Resource, fleet: Fleet, vocabulary: Vocabulary) -> Sequence[Resource]:
    """What rides on a resource by name: a bridge's tunnels; at places of other sorts, too: a network's part of a vm."""
    sort = vocabulary.kinds[resource.kind].sort

    def rides(other: Resource) -> bool:
        kind = vocabulary.kinds[other.kind]
        named = (word for name in kind.rides_on if (word := kind.word(name)))
        return any(a.type.ref == resource.kind and other.get(a.name) == resource.name for a in named)

    def meets(other: Resource) -> bool:
        return other.place == resource.place or vocabulary.kinds[other.kind].sort != sort

    return [other for other in fleet.resources.values() if meets(other) and rides(other)]
