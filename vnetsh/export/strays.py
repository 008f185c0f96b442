"""What none of the exported sentences says. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.model import Fleet, Resource
from vnetsh.schema import Vocabulary
from vnetsh.schema.declared import Unsaid


def strays(fleet: Fleet, exported: Sequence[Resource], vocabulary: Vocabulary) -> Iterator[Unsaid]:
    """What is neither exported nor said by what is: a vm's port on a network is said by its NIC."""
    told = {resource.key for resource in exported}
    parts = {(resource.parent, resource.name) for resource in exported if resource.parent}
    for _, resource in sorted(fleet.resources.items()):
        kind = vocabulary.kinds[resource.kind]
        ridden = ((kind.attribute(name), resource.text(name)) for name in kind.rides_on)
        by_part = any((((a.type.ref, of), resource.name) in parts) for a, of in ridden if a)
        if resource.key not in told and not resource.inherent and (kind.sayable or not by_part):
            yield Unsaid(resource, _stray(resource), whole=True)


def _stray(resource: Resource) -> str:
    return f"there is no {' '.join(resource.parent)}" if resource.parent else "no sentence has a place for it"
