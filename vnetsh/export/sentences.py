"""A kind's observed resources as sentences with their blocks, and what has no sentence. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from vnetsh.language.writing import sentence_text
from vnetsh.model import Fleet, Resource
from vnetsh.nouns.defaults import export_fleet_wide, export_on_hosts
from vnetsh.nouns.places import naming_place
from vnetsh.schema import BadValue, Kind, Scope
from vnetsh.schema.declared import Declared, Unsaid

WITH_ITS_WHOLE = "what it is a part of is left out"


@dataclass(frozen=True, eq=False)
class Said:
    """A sentence or, in a block, a part: its text, the resources that it stands for, its block.

    `of` is empty where an earlier sentence says the same thing, and this one only has more parts.
    """

    text: str
    of: tuple[Resource, ...]
    parts: tuple[Said, ...] = ()


Tell = Callable[[Resource], Iterable[str]]


def chapter(kind: Kind, resources: Sequence[Resource], fleet: Fleet, tell: Tell) -> Iterator[Said | Unsaid]:
    """All sentences of a kind; after each what it does not say, to which `tell` adds what a backend knows."""
    default = export_fleet_wide if kind.scope is Scope.FLEET else export_on_hosts
    for one in (kind.export or default)(kind, resources, fleet):
        if isinstance(one, Declared):
            yield from _sentences(kind, one)
            for resource in (*one.of, *one.parts):
                yield from (Unsaid(resource, text) for text in tell(resource))
        else:
            yield one
            yield from _left_out(fleet.parts(one.resource) if one.whole else (), WITH_ITS_WHOLE)


def _sentences(kind: Kind, declared: Declared) -> Iterator[Said | Unsaid]:
    """A sentence with the parts that all its hosts have alike; then one for each other set of hosts."""
    same: dict[str, list[Resource]] = {}
    for part in declared.parts:
        try:
            same.setdefault(_part_text(kind, part), []).append(part)
        except BadValue as bad:
            yield from _left_out([part], bad.message)
    everywhere = tuple(resource.place for resource in declared.of)
    blocks: dict[tuple[str, ...], list[Said]] = {everywhere: []}
    for text, parts in same.items():
        blocks.setdefault(tuple(part.place for part in parts), []).append(Said(text, tuple(parts)))
    needed = {a.name: declared.values.get(a.name) for a in (*kind.operands, *kind.attributes) if a.required}
    try:
        for hosts, block in blocks.items():
            first = hosts == everywhere
            values = declared.values if first else {**needed, naming_place(kind): hosts}
            text = sentence_text(kind, values, declared.name)
            yield Said(text, declared.of if first else (), tuple(block))
    except BadValue as bad:
        yield from _left_out(declared.of, bad.message)
        yield from _left_out([part for parts in same.values() for part in parts], WITH_ITS_WHOLE)


def _part_text(kind: Kind, part: Resource) -> str:
    schema = next((schema for schema in kind.parts if schema.kind == part.kind), None)
    if schema is None:
        raise BadValue(f"a {kind.name}'s sentence has no word for it")
    return sentence_text(schema, {"name": part.name, **part.attributes})


def _left_out(resources: Iterable[Resource], reason: str) -> Iterator[Unsaid]:
    return (Unsaid(resource, reason, whole=True) for resource in resources)
