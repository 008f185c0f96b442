"""What a noun does that has no function of its own for it: expanding, settling, exporting. Pure.

A plugin's kind needs nothing of this when its sentence is a noun, a name, `on` and attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Resource, Value
from vnetsh.nouns.places import naming_place, places_of, says_where
from vnetsh.schema import Kind, Part
from vnetsh.schema.declared import Declared, Exported, Unsaid
from vnetsh.schema.lent import Resolving, Settling
from vnetsh.schema.phrase import Phrase


def settable(kind: Kind, resource: Resource) -> dict[str, Value]:
    """What a sentence can say, with its observed value; where the resource is, is not among it."""
    words = (*kind.operands, *kind.attributes)
    where = says_where(kind)
    found = {
        word.name: word.type.normal(resource.get(word.name))
        for word in words
        if word.settable and word.name not in where
    }
    return {name: value for name, value in found.items() if value is not None and value is not False}


def export_on_hosts(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterable[Exported]:
    """One sentence for all the places that have it with the same attributes. `resources` come by name and place."""
    key_of_place = naming_place(kind)
    where = kind.word(key_of_place)
    together: dict[tuple[object, ...], list[Resource]] = {}
    for resource in resources:
        apart = "" if where and where.type.many else resource.place
        key = (resource.name, apart, *settable(kind, resource).items())
        together.setdefault(key, []).append(resource)
    for same in together.values():
        first = same[0]
        places: Value = (
            tuple(resource.place for resource in same) if where and where.type.many else first.place
        )
        values = {**({key_of_place: places} if where else {}), **settable(kind, first)}
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


def expand(declaration: Phrase, resolver: Resolving) -> Sequence[Resource]:
    """A kind's usual expansion: one resource at each place that is said, and its parts there."""
    kind = declaration.schema
    assert isinstance(kind, Kind)
    apart = says_where(kind)
    said = (*declaration.operands.items(), *declaration.attributes.items())
    attributes = {name: one.value for name, one in said if name not in apart}
    whole = (kind.name, declaration.name)
    parts = []
    for part in declaration.parts:
        values = {name: one.value for name, one in (*part.operands.items(), *part.attributes.items())}
        name = str(values.pop("name"))
        values[kind.name] = declaration.name
        assert isinstance(part.schema, Part)
        words = {**part.words, **{key: said.span for key, said in part.operands.items()}}
        parts.append((part.schema.kind, name, values, part.span, words))
    resources = []
    for place in places_of(declaration, kind, resolver):
        resources.append(Resource(*whole, place, attributes, span=declaration.span, words=declaration.words))
        resources += [
            Resource(of, name, place, values, whole, span=span, words=words)
            for of, name, values, span, words in parts
        ]
    return resources


def settle(resource: Resource, settler: Settling) -> Sequence[Resource]:
    """A kind's usual settling: what is one in all stays where it is, and is made at the only place there is."""
    if resource.place:
        return [resource]
    there = settler.fleet.named(resource.kind, resource.name)
    places = [one.place for one in there] or list(settler.hosts)
    if len(places) == 1:
        return [replace(resource, place=places[0])]
    settler.refuse(
        Diagnostic(
            "E220",
            f"{resource.kind} `{resource.name}` could be at " + " or ".join(f"`{name}`" for name in places)
            if places
            else f"there is no host for {resource.kind} `{resource.name}`",
            resource.at("name"),
            "where?",
            "say where it is to be made",
        )
    )
    return []
