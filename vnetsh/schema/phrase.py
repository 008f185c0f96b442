"""A sentence with its meaning: its schema, and each value with the place where it was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vnetsh.diagnostics import Span
from vnetsh.model import Value
from vnetsh.schema.sentence import SentenceSchema


@dataclass(frozen=True, slots=True)
class Said:
    """A value and the place where it was said; of a list or link, each word's place too."""

    value: Value
    span: Span
    words: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Phrase:
    """A sentence, or a part of one, with its meaning: schema, name, operands, attributes, parts."""

    schema: SentenceSchema
    name: str
    name_span: Span
    operands: Mapping[str, Said]
    attributes: Mapping[str, Said]
    parts: tuple[Phrase, ...]
    span: Span

    def value(self, name: str) -> Value:
        """An operand's or attribute's value; None when it was not said, or said to be `none`."""
        said = self.operands.get(name) or self.attributes.get(name)
        return said.value if said else None

    def names(self, name: str) -> tuple[str, ...]:
        """A list's or link's values."""
        value = self.value(name)
        return value if isinstance(value, tuple) else ()

    def place(self, name: str) -> Span:
        """Where an operand or attribute was said; the whole phrase when it was not."""
        said = self.operands.get(name) or self.attributes.get(name)
        return said.span if said else self.span
