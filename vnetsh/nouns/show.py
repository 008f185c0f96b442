"""The verb `show`: what there is of some kinds, of it what fits, with the columns and in the order that are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from vnetsh.diagnostics import did_you_mean
from vnetsh.errors import UsageError
from vnetsh.language.syntax import CONDITION
from vnetsh.model import Resource, Value
from vnetsh.nouns.columns import columns_of, value_of
from vnetsh.schema import FLAG, HOSTS, Answer, Attribute, Choice, Kind, Name, Part, SentenceSchema, Verb
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase
from vnetsh.schema.wanted import Wanted, holds

_NOT = Attribute("not", FLAG, "What is not so.", clearable=False)
_EXAMPLE = "show ports on kvm1 where vlan 10"
_CONDITIONS = (
    Part(
        CONDITION,
        help="Only what has an attribute with this value: `vlan 10`, `not state running`, `memory > 1G` or `above 1G`, "
        "`trunk 20` of a list, `name web*`, `uplink none`.",
        attributes=(_NOT,),
        one=True,
        example=_EXAMPLE,
    ),
    Part(
        "and",
        help="Only what has this, too.",
        attributes=(_NOT,),
        one=True,
        follows=(CONDITION, "and"),
        example=_EXAMPLE,
    ),
)
_BY = Attribute("by", Choice(what="a column", others="a column"), "By this column.", required=True)
_SORT = Part(
    "sort",
    help="In this order.",
    attributes=(
        replace(_BY, clearable=False),
        Attribute("descending", FLAG, "The largest first.", clearable=False),
    ),
    example="show vms sort by memory descending",
)


def _fit(schema: SentenceSchema, kinds: Sequence[Kind]) -> SentenceSchema:
    """The schema with the attributes that all these kinds have; of columns, with all that any of them has."""
    columns = [columns_of(kind) for kind in kinds]
    names = set.intersection(*({one.name for one in some} for some in columns))
    known = [one for one in columns[0] if one.name in names]
    of_parts = {part.name for part in schema.parts} | {_NOT.name}
    conditions = [
        Attribute(one.name, Wanted.like(one.type), one.help) for one in known if one.name not in of_parts
    ]
    every = dict.fromkeys(one.name for some in columns for one in some)
    parts = [
        replace(part, attributes=(_NOT, *conditions))
        if part.one
        else replace(part, attributes=_choosing(part.attributes, [one.name for one in known]))
        for part in schema.parts
    ]
    return replace(schema, parts=tuple(parts), attributes=_choosing(schema.attributes, every))


def _choosing(attributes: Sequence[Attribute], columns: Iterable[str]) -> tuple[Attribute, ...]:
    """Attributes, of which those that name columns take these."""
    types = ((one, one.type) for one in attributes)
    return tuple(
        replace(one, type=replace(type, choices=tuple(columns))) if isinstance(type, Choice) else one
        for one, type in types
    )


def _show(action: Phrase, asking: Asking) -> Answer:
    """What there is of the kinds; of one thing that is named by its noun, all that can be told of it."""
    words = action.subjects
    kinds = list(dict.fromkeys(asking.kind_of_word(word) for word in words))
    hosts, names = action.names("on"), action.texts("name")
    plain = not action.parts and not action.value("columns")
    whole = list(words) == kinds and len(kinds) == len(names) == 1 and plain
    fleet = asking.observe(partly=True) if whole else None
    found = {}
    for kind in kinds:
        there = asking.look(kind, hosts, seen=fleet, partly=True)
        there = [one for one in there if not names or one.name in names]
        tells = kind == "host" or (whole and kind == "cluster")
        found[kind] = chosen(_told(there, asking) if tells else there, action)
    if fleet and not found[kinds[0]]:
        known = sorted({one.name for one in asking.look(kinds[0], seen=fleet, partly=True)})
        help = did_you_mean(
            names[0], known, f"there is {', '.join(known[:10])}" if known else "there is none"
        )
        raise UsageError(f"there is no {kinds[0]} `{names[0]}`", help=help)
    return Answer(found=found, columns=action.texts("columns"), fleet=fleet)


def _told(places: Sequence[Resource], asking: Asking) -> Sequence[Resource]:
    """Places with what they tell of themselves."""
    told = asking.about(place.name for place in places)
    return [place.with_attributes(**told.get(place.name, {})) for place in places]


def chosen(resources: Sequence[Resource], action: Phrase) -> Sequence[Resource]:
    """Those that fit what a sentence says of them, in its order."""
    conditions = [part for part in action.parts if part.schema.name != _SORT.name]
    found = [one for one in resources if all(_fits(one, condition) for condition in conditions)]
    for order in reversed([part for part in action.parts if part.schema.name == _SORT.name]):
        by, back = str(order.value("by")), bool(order.value("descending"))
        valued = [one for one in found if value_of(one, by) not in (None, "", ())]
        empty = [one for one in found if value_of(one, by) in (None, "", ())]
        found = sorted(valued, key=lambda one: _rank(value_of(one, by)), reverse=back) + empty
    return found


def _fits(resource: Resource, condition: Phrase) -> bool:
    (name, said), *_ = ((name, said) for name, said in condition.attributes.items() if name != _NOT.name)
    return holds(value_of(resource, name), said) is not bool(condition.value(_NOT.name))


def _rank(value: Value) -> list[tuple[int, int, str]]:
    """A key by which values are in the order that people expect: `web2` stands before `web10`."""
    if isinstance(value, int):
        return [(0, value, "")]
    texts = map(str, value) if isinstance(value, tuple) else [str(value)]
    pieces = [piece for text in texts for piece in re.split(r"(\d+)", text)]
    return [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces]


_COLUMNS = Attribute(
    "columns",
    Choice(what="a column", others="names of columns", many=True),
    "Only these columns, in this order.",
    otherwise="all that hold something",
    clearable=False,
)

SHOW = Verb(
    "show",
    help="Show what the hosts hold; of one thing that is named, all that can be told of it.",
    subject=Name(what="a kind", ref="kinds", many=True),
    operands=(
        Attribute("name", Name(what="names", ref="object", many=True), "Only these.", otherwise="all"),
    ),
    attributes=(
        Attribute("on", HOSTS, "Only on these hosts.", otherwise="on all", clearable=False),
        _COLUMNS,
    ),
    parts=(*_CONDITIONS, _SORT),
    answer=_show,
    fit=_fit,
    example="show vms on kvm1 where state running sort by memory",
)
