"""All that can be told of one thing, as a document: its attributes, its parts, what it is on and what is on it. Pure.

It is made from the schema: parts by `parent`, references by the attributes that name things of a kind, both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vnetsh.model import Fleet, Key, Resource, Value
from vnetsh.nouns.columns import columns_of, value_of
from vnetsh.schema import Kind, Scope, Vocabulary

Row = Mapping[str, Value]


@dataclass(frozen=True)
class Section:
    """A heading, and what stands below: resources of a kind, rows of words, or lines of text."""

    title: str
    kind: str = ""
    resources: Sequence[Resource] = ()
    rows: Sequence[Row] = ()
    lines: Sequence[str] = ()

    def as_json(self, vocabulary: Vocabulary) -> object:
        """The same for a program."""
        if self.resources:
            return [values_of(vocabulary.kinds[self.kind], one) for one in self.resources]
        return [dict(row) for row in self.rows] if self.rows else list(self.lines)


@dataclass(frozen=True)
class Page:
    """What is told of one resource."""

    kind: str
    resource: Resource
    sections: Sequence[Section] = field(default=())
    everywhere: bool = False
    """Whether it is told of what is at several places as one: then its own place says nothing."""

    @property
    def title(self) -> str:
        """What it is, and where."""
        nowhere = self.everywhere or self.resource.place in ("", self.resource.name)
        place = "" if nowhere else f" on {self.resource.place}"
        return f"{self.kind} {self.resource.name}{place}"

    def as_json(self, vocabulary: Vocabulary) -> Mapping[str, object]:
        """The stable JSON form: its attributes, and each section by its title, with `_` for blanks."""
        told = {section.title.replace(" ", "_"): section.as_json(vocabulary) for section in self.sections}
        return {"kind": self.kind, **values_of(vocabulary.kinds[self.kind], self.resource), **told}


def values_of(kind: Kind, resource: Resource) -> Mapping[str, object]:
    """What a resource has in each of its kind's columns, as JSON has it."""
    values = {column.name: value_of(resource, column.name) for column in columns_of(kind)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def topology(
    kind: Kind,
    resource: Resource,
    own: Sequence[Resource],
    fleet: Fleet,
    vocabulary: Vocabulary,
    besides: Sequence[Resource] = (),
) -> Iterator[Section]:
    """Its own parts, what it and they are on, what is on it, and what its kind tells besides, kind by kind."""
    needed = _referred([resource, *own], fleet, vocabulary)
    told, titles = {resource.key}, set[str]()
    for found in (own, needed, [*_referring(kind, resource, fleet, vocabulary), *besides]):
        new = {one.key: one for one in found if one.key not in told}
        for section in _by_kind(new.values(), vocabulary):
            title = section.title if section.title not in titles else f"further {section.title}"
            titles.add(title)
            yield replace(section, title=title)
            told |= {one.key for one in section.resources}


def parts_of(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> list[Resource]:
    """What resources consist of: their parts, or what they stand for; each once."""
    some = (kind.members(one, fleet) if kind.members else fleet.parts(one) for one in resources)
    found = {part.key: part for parts in some for part in parts}
    return sorted(found.values(), key=lambda one: (one.kind, one.place, one.name))


def _by_kind(found: Iterable[Resource], vocabulary: Vocabulary) -> Iterator[Section]:
    kinds: dict[str, list[Resource]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    for kind in vocabulary.kinds.values():
        if some := kinds.get(kind.name):
            ordered = sorted(some, key=lambda one: (one.place, one.name))
            yield Section(kind.plural, kind.name, ordered)


def names_of(kind: Kind, resource: Resource) -> Iterator[tuple[str, str]]:
    """The things that a resource names, each with its kind."""
    for column in columns_of(kind)[1:]:
        value = value_of(resource, column.name)
        for name in value if isinstance(value, tuple) else () if value is None else (value,):
            yield from ((ref, str(name)) for ref in column.type.kinds)


def _referred(resources: Sequence[Resource], fleet: Fleet, vocabulary: Vocabulary) -> Sequence[Resource]:
    """What these name, where they are."""
    found: dict[Key, Resource] = {}
    for one in resources:
        for ref, name in names_of(vocabulary.kinds[one.kind], one) if one.kind in vocabulary.kinds else ():
            if there := fleet.get(ref, one.place, name):
                found[there.key] = there
    return [*found.values()]


def _referring(kind: Kind, resource: Resource, fleet: Fleet, vocabulary: Vocabulary) -> Iterator[Resource]:
    """What names it, where it is; of a place (a host, a cluster) what is there and no part of anything."""
    me = kind.name, resource.name
    for one in fleet.resources.values():
        if kind.scope is Scope.INVENTORY:
            if one.place == resource.name and not one.parent:
                yield one
        elif one.place == resource.place and (noun := vocabulary.kinds.get(one.kind)):
            yield from [one] if me in names_of(noun, one) else ()
