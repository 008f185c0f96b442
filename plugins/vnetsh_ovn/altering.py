"""Rows that are no longer as vnetsh made them: somebody has changed what their things do, not what they say. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vnetsh.model import Resource, Value
from vnetsh.schema import Attribute, Text
from vnetsh_ovn.pieces import Piece, Shape
from vnetsh_ovn.rows import Index
from vnetsh_ovsdb.operations import as_list, as_map

ALTERED = "altered"
"""Attribute: the columns that say otherwise; where there are such, the thing is to be put right."""
RIGHT: Mapping[str, Value] = {ALTERED: None}
"""What settling says of a thing."""
ALTERED_ATTRIBUTE = Attribute(
    ALTERED,
    Text(what="a list of columns", many=True),
    "What others have changed of its rows, by their columns: it goes back to what is said.",
    settable=False,
    column=False,
)


_STRICT = frozenset({"group", "allow", "deny", "loadbalancer"})
"""Kinds whose rows are compared with what they were made: who reaches whom hangs on each of their columns."""


def as_it_is(resource: Resource, shape: Shape, index: Index) -> Resource:
    """A thing with the columns in which its rows are not what they were made, each once; `row` of one that is gone."""
    if shape.kind not in _STRICT or not resource.marked:
        return resource
    words = {word for piece in shape.pieces(resource, index) for word in _differing(piece, index)}
    return resource.with_attributes(**{ALTERED: tuple(sorted(words))}) if words else resource


def is_altered(resource: Resource | None) -> bool:
    """Whether rows of a thing say otherwise."""
    return resource is not None and bool(resource.get(ALTERED))


def _differing(piece: Piece, index: Index) -> Iterator[str]:
    row = index.row(piece.ref)
    if not row:
        yield "row"
        return
    for column, value in piece.columns.items():
        if not isinstance(value, tuple) and not same(row.get(column), value):
            yield column
    for column, keys in piece.keys.items():
        there = as_map(row.get(column))
        if any(there.get(key) != value for key, value in keys.items()):
            yield column


def same(one: object, other: object) -> bool:
    """Whether two values of a column are equal; what is left out has its default value."""
    return _plain(one) == _plain(other)


def _plain(value: object) -> object:
    if isinstance(value, list) and value[:1] == ["map"]:
        return frozenset(as_map(value).items()) or None
    found = frozenset(str(one) for one in as_list(value))
    return None if found in (frozenset(), frozenset({""}), frozenset({"0"}), frozenset({"False"})) else found
