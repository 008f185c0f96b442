"""What goes with a resource without being a part of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.model import Fleet, Resource
from vnetsh.schema import Vocabulary


def riding(resource: Resource, fleet: Fleet, vocabulary: Vocabulary) -> Sequence[Resource]:
    """What rides on a resource by name: a bridge's tunnels."""

    def rides(other: Resource) -> bool:
        kind = vocabulary.kinds[other.kind]
        named = (attribute for name in kind.rides_on if (attribute := kind.attribute(name)))
        return any(a.type.ref == resource.kind and other.get(a.name) == resource.name for a in named)

    return [other for other in fleet.resources.values() if other.place == resource.place and rides(other)]
