"""What there is to be said of each thing of a kind, as columns: for tables, conditions and pages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.model import Resource, Value
from vnetsh.nouns.places import says_where
from vnetsh.schema import HOST, Attribute, Kind, Name, Scope, Text

NAME = "name"
_PLACES = ("host", "place")


def place_column(kind: Kind) -> str:
    """The column that says where a thing is; empty where it is nowhere."""
    if kind.scope in (Scope.INVENTORY, Scope.RUN):
        return ""
    return _PLACES[bool(kind.sort)]


def columns_of(kind: Kind) -> Sequence[Attribute]:
    """Its name, where it is, and its attributes, in the order in which they are shown."""
    where, place = says_where(kind), place_column(kind)
    name = kind.subject if isinstance(kind.subject, Name) else Text()
    of_place = Name(what="a place", ref=kind.sort) if kind.sort else HOST
    first = [Attribute(NAME, Name(name.what, ref=kind.name, never=""), "Its name.")]
    first += [Attribute(place, of_place, "Where it is.")] if place else []
    told = (*(kind.operands if kind.identity else ()), *kind.attributes)
    return [*first, *(one for one in told if one.name not in {*where, NAME, place} and not one.apart)]


def value_of(resource: Resource, column: str) -> Value:
    """What a thing has in a column of its kind."""
    if column == NAME:
        return resource.name
    return resource.get(column, resource.place if column in _PLACES else None)
