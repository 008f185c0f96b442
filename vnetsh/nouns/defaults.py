"""Observed resources as what their sentences will say: a bridge of several hosts, a vm. Pure.

A plugin's kind needs nothing of this when its sentence is a noun, a name, `on` and attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from vnetsh.model import Fleet, Place, Resource, Value
from vnetsh.schema import Part
from vnetsh.schema.lent import Resolving
from vnetsh.schema.phrase import Phrase

if TYPE_CHECKING:
    from vnetsh.schema import Kind
from vnetsh.schema.declared import Declared, Exported, Unsaid


def settable(kind: Kind, resource: Resource) -> dict[str, Value]:
    """What a sentence can say, with its observed value; where the resource is, is not among it."""
    words = (*kind.operands, *kind.attributes)
    found = {word.name: resource.get(word.name) for word in words if word.settable and word.name != "on"}
    return {name: value for name, value in found.items() if value is not None and value is not False}


def export_on_hosts(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterable[Exported]:
    """One sentence for all the hosts that have it with the same attributes. `resources` come by name and host."""
    where = kind.attribute("on")
    together: dict[tuple[object, ...], list[Resource]] = {}
    for resource in resources:
        apart = "" if where and where.type.many else resource.place
        key = (resource.name, apart, *settable(kind, resource).items())
        together.setdefault(key, []).append(resource)
    for same in together.values():
        first = same[0]
        hosts: Value = (
            tuple(resource.place for resource in same) if where and where.type.many else first.place
        )
        values = {**({"on": hosts} if where else {}), **settable(kind, first)}
        parts = sorted((part for r in same for part in fleet.parts(r)), key=lambda part: part.name)
        yield Declared(first.name, values, tuple(same), tuple(parts))


def export_fleet_wide(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterable[Exported]:
    """One sentence a name: of several that bear it, the one that a plan would take."""
    for resource in resources:
        first = fleet.named(kind.name, resource.name)[0]
        if resource.place != first.place:
            yield Unsaid(resource, f"`{first.place}` has a {kind.name} of that name too", whole=True)
            continue
        values = {**({"on": resource.place} if kind.attribute("on") else {}), **settable(kind, resource)}
        # Not sorted: a vm's first port is its guest's first NIC.
        yield Declared(resource.name, values, (resource,), tuple(fleet.parts(resource)))


def expand_on_hosts(declaration: Phrase, resolver: Resolving) -> Sequence[Resource]:
    """A kind's usual expansion: one resource on each host of `on`, and its parts there."""
    attributes = {name: said.value for name, said in declaration.attributes.items() if name != "on"}
    whole = (declaration.schema.name, declaration.name)
    parts = []
    for part in declaration.parts:
        values = {name: said.value for name, said in (*part.operands.items(), *part.attributes.items())}
        name = str(values.pop("name"))
        values[declaration.schema.name] = declaration.name
        assert isinstance(part.schema, Part)
        parts.append((part.schema.kind, name, values, part.span))
    resources = []
    for host in declaration.names("on"):
        resources.append(Resource(*whole, host, attributes, span=declaration.span))
        resources += [
            Resource(kind, name, host, values, whole, span=span) for kind, name, values, span in parts
        ]
    return resources


def make_place(declaration: Phrase, resolver: Resolving) -> Place:
    """The place that a noun of the inventory declares: reached through the hosts of `on`."""
    attributes = {name: said.value for name, said in declaration.attributes.items() if name != "on"}
    noun = declaration.schema.name
    hosts = declaration.names("on")
    return Place(
        declaration.name, attributes=attributes, sort=noun, noun=noun, hosts=hosts, span=declaration.span
    )
