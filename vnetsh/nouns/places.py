"""Where the objects of a noun live: at the hosts that are said, or at a place of its sort. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Inventory, Place
from vnetsh.schema import FLAG, Attribute, Kind, Scope
from vnetsh.schema.lent import Resolving
from vnetsh.schema.phrase import Phrase

_SAY_IT = "the hosts file says which there are"
KEPT = (
    Attribute("readonly", FLAG, "Look, never change."),
    Attribute("protected", FLAG, "Never delete anything here."),
)
"""What a place may be spared, whatever a script says."""
NOWHERE = ("",)
"""Of an object that is one in all: where it is, only the fleet tells."""


def places_of(declaration: Phrase, kind: Kind, resolver: Resolving) -> Sequence[str]:
    """The places that a declaration is about; refuses and gives none when that is not clear."""
    if kind.sort:
        return _of_sort(declaration, kind, resolver)
    said = declaration.value("on")
    if said is not None:
        return tuple(map(str, said)) if isinstance(said, tuple) else (str(said),)
    if kind.scope is Scope.FLEET:
        return NOWHERE
    return _the_only_one(declaration, list(resolver.hosts), "host", "on", resolver)


def naming_place(kind: Kind) -> str:
    """The key by which a sentence says where its objects are: `on`, or what names a place of the sort; or none."""
    if kind.scope is Scope.INVENTORY:  # a place is nowhere: `on` says how it is reached
        return ""
    words = (*kind.operands, *kind.attributes)
    if kind.sort:
        return next((word.name for word in words if word.type.ref == kind.sort), "")
    return "on" if kind.attribute("on") else ""


def says_where(kind: Kind) -> set[str]:
    """The keys of a sentence that say where its objects are, and nothing of them."""
    if kind.scope is Scope.INVENTORY:
        return set()
    on = kind.attribute("on")  # of a noun of another sort it may be what it is on there: a link
    return {naming_place(kind), *([] if on and on.type.ref != "host" else ["on"])}


def _of_sort(declaration: Phrase, kind: Kind, resolver: Resolving) -> Sequence[str]:
    there = [place.name for place in resolver.inventory.values() if place.sort == kind.sort]
    key = naming_place(kind)
    said = declaration.value(key) if key else None
    if said is None:
        return _the_only_one(declaration, there, kind.sort, key, resolver)
    problems = unknown_places(declaration, key, kind.sort, resolver.inventory)
    for problem in problems:
        resolver.refuse(problem)
    return () if problems else declaration.texts(key)


def unknown_places(phrase: Phrase, key: str, sort: str, inventory: Inventory) -> Sequence[Diagnostic]:
    """The problems of places of a sort that a phrase names by a key, and that there are not."""
    there = [place.name for place in inventory.values() if place.sort == sort]
    known = ", ".join(f"`{one}`" for one in there)
    return [
        Diagnostic(
            "E220",
            f"unknown {sort} `{name}`",
            phrase.place(key),
            "not in the inventory",
            did_you_mean(name, there, f"there is {known}" if known else _SAY_IT),
        )
        for name in phrase.texts(key)
        if name not in there
    ]


def _the_only_one(
    declaration: Phrase, there: Sequence[str], sort: str, key: str, resolver: Resolving
) -> Sequence[str]:
    """The one place that it can be; refuses and gives none where there are several, or there is none."""
    if len(there) == 1:
        return there
    what = f"{declaration.schema.name} `{declaration.name}`"
    if there:
        message = f"{what} could be at " + " or ".join(f"`{name}`" for name in there)
        help = f"say where: `{key} {there[0]}`" if key else "take the others out of the hosts file"
    else:
        message, help = f"there is no {sort} for {what}", _SAY_IT
    resolver.refuse(Diagnostic("E220", message, declaration.name_span, "where?" if there else "", help))
    return ()


def make_place(declaration: Phrase, resolver: Resolving) -> Place:
    """The place that a noun of the inventory declares: reached through the hosts of `on`."""
    attributes = {name: said.value for name, said in declaration.attributes.items() if name != "on"}
    noun = declaration.schema.name
    hosts = declaration.names("on")
    return Place(
        declaration.name,
        attributes=attributes,
        sort=noun,
        noun=noun,
        hosts=hosts,
        span=declaration.span,
        words=declaration.words,
    )
