"""An item of a sentence as the value of its slot: one word, a list, a link or a way, read by the slot's type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.language import binding_problems as problems
from vnetsh.language.open_phrase import Items
from vnetsh.language.syntax import SIGNS, Item, Word, WordList
from vnetsh.schema import Attribute, BadValue, ValueType
from vnetsh.schema.phrase import Said


class Spread(Exception):
    """A range or a list stands where one word fits: the sentence is meant for each of its words."""

    def __init__(self, item: WordList) -> None:
        super().__init__("spread")
        self.item = item


def said_as(type: ValueType, item: Item) -> tuple[Said, list[Diagnostic]]:
    """The value of an item, None where it has none, and what is wrong with it. Raises `Spread`."""
    words = _words(type, item)
    if words is None and isinstance(item, WordList) and _spreads(type, item):
        raise Spread(item)
    if words is None:
        return Said(None, item.span), [problems.wrong_shape(type, item)]
    told: list[Diagnostic] = []
    values: list[str | int] = []
    spans: list[Span] = []
    for word in words:
        try:
            value = type.parse_quoted(word.text) if word.quoted else type.parse(word.text)
        except BadValue as bad:
            told.append(problems.bad_value(type, word, bad))
            continue
        found = value if isinstance(value, tuple) else (value,)
        values += found
        spans += [word.span] * len(found)
    if type.several:
        return _listed(type, values, spans, item), told
    return Said(values[0] if values else None, item.span, tuple(spans)), told


def said_of(attribute: Attribute, item: Item, lead: str) -> tuple[Said, list[Diagnostic]]:
    """The value of an attribute, behind a word that leads to it; `none` clears it. As `said_as`. Raises `Spread`."""
    if (
        isinstance(item, Word)
        and item.text == "none"
        and not item.quoted
        and attribute.clearable
        and not lead
    ):
        return Said(None, item.span), []
    said, told = said_as(attribute.type, item)
    return replace(said, lead=lead), told


def _listed(type: ValueType, values: Sequence[str | int], spans: Sequence[Span], item: Item) -> Said:
    """Several values, in the order that their type gives them, each with the place of its word."""
    said = tuple(values)
    value = type.normal(said)
    if value != said and isinstance(value, tuple):
        place = dict(zip(reversed(said), reversed(spans), strict=True))
        spans = [place[one] for one in value]
    return Said(value, item.span, tuple(spans))


def lead_of(attribute: Attribute, items: Items) -> str | Diagnostic:
    """The word before a value that says how it is meant, taken away; or the problem of one that cannot stand there."""
    item = items.peek()
    if not isinstance(item, Word) or item.quoted:
        return ""
    if item.text in attribute.type.leads:
        items.take()
        return item.text
    return problems.no_order(attribute, item) if item.text in SIGNS else ""


def fits(type: ValueType, item: Item) -> bool:
    """Whether an item has the shape that a type takes, or stands for a sentence for each of its words."""
    return _words(type, item) is not None or _spreads(type, item)


def _words(type: ValueType, item: Item) -> Sequence[Word] | None:
    if isinstance(item, Word):
        return None if type.link or type.way else [item]
    if isinstance(item, WordList):
        return item.words if type.many else None
    return [item.left, item.right] if (type.way if item.arrow else type.link) else None


def _spreads(type: ValueType, item: Item) -> bool:
    """Whether the sentence is meant for each word of an item: a range where one word fits, or a list of such."""
    return isinstance(item, WordList) and (item.spread or type.each) and not (type.link or type.way)


def comma_before_key(item: Item, keys: set[str]) -> str:
    """The key that a list has swallowed: `on kvm1, memory 512M`."""
    words = item.words if isinstance(item, WordList) and not item.spread else ()
    return next((word.text for word in words[1:] if word.text in keys), "")
