"""How nouns of OVN are exported of which others may have made what no sentence says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from vnetsh.schema.declared import Declared, Exported, Unsaid
from vnetsh_ovn.sort import CLUSTER

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema import Kind


def export(
    kind: Kind, resources: Sequence[Resource], unsaid: Callable[[Resource], str]
) -> Iterator[Exported]:
    """A sentence each, or why there is none."""
    words = [word for word in (*kind.operands, *kind.attributes) if word.settable and word is not CLUSTER]
    for resource in resources:
        if reason := unsaid(resource):
            yield Unsaid(resource, reason, whole=True)
            continue
        values = {word.name: word.type.normal(resource.get(word.name)) for word in words}
        yield Declared(resource.name, {CLUSTER.name: resource.place, **values}, (resource,))
