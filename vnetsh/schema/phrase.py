"""Phrases: sentences with their meaning, each word in its slot and at its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vnetsh.diagnostics import Span
from vnetsh.model import Value
from vnetsh.schema.sentence import SentenceSchema


@dataclass(frozen=True, slots=True)
class Said:
    """A value and the place where it was said; of a list or link, each word's place too.

    `lead` is the word that stood before it, of those of its type that may.
    """

    value: Value
    span: Span
    words: tuple[Span, ...] = ()
    lead: str = ""


@dataclass(frozen=True)
class Phrase:
    """A sentence, or a part of one, with its meaning: schema, name, operands, attributes, parts.

    `subject` is what its name was said as: of a list, a link or a way its words. `inner` are the sentences of its
    block, where its schema says that there are such; `within` are those whose blocks it stands in, the outermost
    first, each without its `inner`.
    """

    schema: SentenceSchema
    name: str
    name_span: Span
    operands: Mapping[str, Said]
    attributes: Mapping[str, Said]
    parts: tuple[Phrase, ...]
    span: Span
    subject: Said | None = None
    inner: tuple[Phrase, ...] = ()
    within: tuple[Phrase, ...] = ()

    def value(self, name: str) -> Value:
        """An operand's or attribute's value; None when it was not said, or said to be `none`."""
        said = self.operands.get(name) or self.attributes.get(name)
        return said.value if said else None

    @property
    def subjects(self) -> tuple[str, ...]:
        """All that the sentence is about: the words of a list, a link or a way, or its one name."""
        value = self.subject.value if self.subject else None
        return tuple(map(str, value)) if isinstance(value, tuple) else (self.name,)

    def names(self, name: str) -> tuple[str, ...]:
        """The words of a list, a link or a way."""
        value = self.value(name)
        return tuple(map(str, value)) if isinstance(value, tuple) else ()

    def texts(self, name: str) -> tuple[str, ...]:
        """All words of a value, of however many: none when it was not said."""
        value = self.value(name)
        return self.names(name) if isinstance(value, tuple) or value is None else (str(value),)

    @property
    def words(self) -> Mapping[str, Span]:
        """Where its name was said, and its attributes' values."""
        return {
            "": self.span,
            "name": self.name_span,
            **{key: said.span for key, said in self.attributes.items()},
        }

    def word(self, name: str, word: str) -> Span:
        """Where a word of a list, a link or a way was said, the last time; the whole of it when it was not."""
        said = self.operands.get(name) or self.attributes.get(name)
        spans = dict(zip(self.names(name), said.words, strict=False)) if said else {}
        return spans.get(word, self.place(name))

    def place(self, name: str) -> Span:
        """Where an operand or attribute was said; the whole phrase when it was not."""
        said = self.operands.get(name) or self.attributes.get(name)
        return said.span if said else self.span
