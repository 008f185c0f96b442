"""A phrase that is still being read, word by word, and what may follow its last word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vnetsh.diagnostics import Span
from vnetsh.language.syntax import Item, Word
from vnetsh.schema import Attribute, Part, SentenceSchema, ValueType
from vnetsh.schema.phrase import Phrase, Said


class Items:
    """What follows a head, one item after the other."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._at = 0

    def peek(self, further: int = 0) -> Item | None:
        """The next one, or one further on, which stays there; None at the end."""
        at = self._at + further
        return self._items[at] if at < len(self._items) else None

    def take(self) -> Item | None:
        """The next one; None at the end."""
        at = self._at
        self._at = at + 1
        return self._items[at] if at < len(self._items) else None


@dataclass(frozen=True)
class Slot:
    """What may come next: some keywords (of `schema`; without one, of the language), a value, or either of them."""

    keywords: tuple[str, ...] = ()
    schema: SentenceSchema | None = None
    type: ValueType | None = None
    attribute: Attribute | None = None
    inside: str = ""
    """The name that stands in front of `qualified` ones here: what has it is said without."""


@dataclass
class OpenPhrase:
    """A phrase that is still being read."""

    schema: SentenceSchema
    start: Span
    end: Span
    name: str = ""
    name_span: Span | None = None
    subject: Said | None = None
    operands: dict[str, Said] = field(default_factory=dict)
    attributes: dict[str, Said] = field(default_factory=dict)
    parts: list[OpenPhrase] = field(default_factory=list)
    pending: Attribute | None = None
    """An optional operand that may still follow."""
    perhaps: SentenceSchema | None = None
    """A part that may have been begun: its head is the key that was said last."""

    flag: Attribute | None = None
    """A flag that is the last word so far, and that `none` would clear."""

    def say_flag(self, attribute: Attribute, key: Item, items: Items) -> None:
        """A flag, which is said by its name alone; `none` behind it clears it."""
        said, after = Said(True, key.span), items.peek()
        if attribute.clears:
            self.flag = attribute if after is None else None
            if isinstance(after, Word) and after.text == "none" and not after.quoted:
                items.take()
                said = Said(None, after.span)
        self.attributes[attribute.name] = said
        self.end = said.span

    def close(self) -> Phrase:
        """The phrase as it stands when all of it has been read."""
        return Phrase(
            self.schema,
            self.name,
            self.name_span or self.start,
            self.operands,
            self.attributes,
            tuple([part.close() for part in self.parts]) if self.parts else (),
            self.start.to(self.end),
            self.subject,
        )

    @property
    def full(self) -> bool:
        """Whether it has said the one thing that it may."""
        schema = self.schema
        return isinstance(schema, Part) and schema.one and bool(self.attributes.keys() - {"not"})

    def takes(self, key: str, part: OpenPhrase | None) -> bool:
        """Whether a word is a key that could follow, or begins a part."""
        schemas = (part.schema, self.schema) if part else (self.schema,)
        attributes = [found for schema in schemas if (found := schema.attribute(key))]
        return bool(self.schema.part(key)) or any(attribute.settable for attribute in attributes)

    def part_at(self, key: str, items: Items) -> SentenceSchema | None:
        """The part that a word begins, before `items`. One that is a key as well begins it where one of the part's own
        keys follows its operands: `disk data size 5G`, and not `disk data.qcow2`.
        """
        found = self.schema.part(key)
        if found and found.follows and not (self.parts and self.parts[-1].schema.name in found.follows):
            return None
        self.perhaps = found if found and self.schema.attribute(key) else None
        if self.perhaps is None or found is None:
            return found
        after = items.peek(len(found.operands))
        told = isinstance(after, Word) and not after.quoted and found.attribute(after.text) is not None
        return found if told else None

    def keys(self, part: OpenPhrase | None) -> tuple[str, ...]:
        """The keys and parts that may follow, where `part` is the one that was begun last."""
        phrases = [part, self] if part and not part.full else [self]
        keys = [
            a.name for p in phrases for a in p.schema.attributes if a.settable and a.name not in p.attributes
        ]
        keys += [a.name for a in self.perhaps.attributes if a.settable] if self.perhaps else []
        keys += ["none"] if any(p.flag for p in phrases) else []
        before = self.parts[-1].schema.name if self.parts else ""
        parts = [p for p in self.schema.parts if not p.follows or before in p.follows]
        if part and isinstance(part.schema, Part) and part.schema.one and not part.full:
            return tuple(a.name for a in part.schema.attributes if a.name not in part.attributes)
        return (*keys, *(p.name for p in parts if not self.schema.attribute(p.name)))
