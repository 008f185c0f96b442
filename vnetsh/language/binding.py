"""A sentence and its schema: every word gets its slot. What comes of it is a phrase, or problems.

The same walk says what may come next, which is what completion, hints and editors ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from vnetsh.diagnostics import Diagnostic, Span, Via, did_you_mean
from vnetsh.language import other_tools as habits
from vnetsh.language.characters import strange_characters
from vnetsh.language.syntax import Item, Link, Sentence, Word, WordList
from vnetsh.model import Value
from vnetsh.schema import Attribute, BadValue, Kind, SentenceSchema, ValueType, Verb, Vocabulary
from vnetsh.schema.phrase import Phrase, Said


@dataclass(frozen=True)
class Slot:
    """What may come next: one of some keywords (of `schema`; without one, of the language), or a value."""

    keywords: tuple[str, ...] = ()
    schema: SentenceSchema | None = None
    type: ValueType | None = None
    attribute: Attribute | None = None


@dataclass
class _Open:
    """A phrase that is still being read."""

    schema: SentenceSchema
    start: Span
    end: Span
    name: str = ""
    name_span: Span | None = None
    operands: dict[str, Said] = field(default_factory=dict)
    attributes: dict[str, Said] = field(default_factory=dict)
    parts: list[_Open] = field(default_factory=list)

    def close(self) -> Phrase:
        return Phrase(
            self.schema,
            self.name,
            self.name_span or self.start,
            self.operands,
            self.attributes,
            tuple([part.close() for part in self.parts]) if self.parts else (),
            self.start.to(self.end),
        )


class _Problem(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Spread(Exception):
    """A range stands where one word fits: the sentence is meant for each of its words."""

    def __init__(self, item: WordList) -> None:
        super().__init__("spread")
        self.item = item


class Binder:
    """Walks one sentence along its schema."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._all_keys = {
            name
            for kind in vocabulary.kinds.values()
            for name in (*(a.name for a in kind.attributes), *(p.name for p in kind.parts))
        }
        self._slot: Callable[[], Slot] = Slot
        self._problems: list[Diagnostic] = []

    def bind(self, sentence: Sentence) -> tuple[Phrase | None, list[Diagnostic]]:
        """The phrase a sentence stands for, and its problems; None when it makes no sense at all."""
        self._problems = []
        self._slot = partial(Slot, keywords=tuple(self._vocabulary.heads()))
        try:
            whole = self._walk(sentence.head, iter(sentence.items))
        except _Problem as problem:
            return None, [*self._problems, problem.diagnostic]
        return (whole.close() if not self._problems else None), self._problems

    def next_slot(self, sentence: Sentence | None) -> Slot:
        """What may follow the words of a sentence (None: at its beginning)."""
        self._problems = []
        self._slot = partial(Slot, keywords=tuple(self._vocabulary.heads()))
        if sentence:
            with suppress(_Problem, _Spread):
                self._walk(sentence.head, iter(sentence.items))
        return self._slot()

    def _walk(self, head: Word, items: Iterator[Item]) -> _Open:
        schema = self._vocabulary.schema(head.text)
        if schema is None:
            self._slot = Slot
            raise _Problem(self._unknown_head(head, items))
        whole = _Open(schema, head.span, head.span)
        if schema.subject:
            self._slot = partial(Slot, type=schema.subject)
            noun = isinstance(schema, Kind)
            missing = f"the {schema.name}'s name" if noun else schema.subject.what
            word = self._next(whole, items, schema.subject, missing)
            if isinstance(word, WordList) and word.spread:
                raise _Spread(word)
            if not isinstance(word, Word):
                raise _Problem(self._wrong_shape(schema.subject, word))
            whole.name = str(self._said(schema.subject, word).value or "")
            whole.name_span = word.span
        self._operands(whole, items)
        self._tail(whole, items)
        return whole

    def _operands(self, phrase: _Open, items: Iterator[Item]) -> None:
        for operand in phrase.schema.operands:
            self._slot = partial(Slot, type=operand.type, attribute=operand)
            item = next(items, None)
            if item is None:
                if operand.required:
                    raise _Problem(self._missing(phrase, operand.type, operand.type.what))
                return
            phrase.end = item.span
            phrase.operands[operand.name] = self._said(operand.type, item)

    def _tail(self, whole: _Open, items: Iterator[Item]) -> None:
        """Attributes and parts: a key belongs to the part it follows, else to the whole."""
        part: _Open | None = None

        def slot() -> Slot:
            return Slot(self._keys(whole, part), whole.schema)

        while True:
            self._slot = slot
            item = next(items, None)
            if item is None:
                break
            key = item.text if isinstance(item, Word) and not item.quoted else ""
            new = whole.schema.part(key)
            if new:
                part = _Open(new, item.span, item.span)
                whole.parts.append(part)
                self._operands(part, items)
                whole.end = part.end
                continue
            phrase = part if part and part.schema.attribute(key) else whole
            attribute = phrase.schema.attribute(key)
            if attribute and attribute.settable:
                self._attribute(phrase, attribute, item, items)
                whole.end = phrase.end
            else:
                raise _Problem(self._unknown_key(whole, part, item, key, items))
        for phrase in (whole, *whole.parts):
            for attribute in phrase.schema.attributes:
                if attribute.required and attribute.name not in phrase.attributes:
                    self._problems.append(self._lacking(phrase, attribute))

    @staticmethod
    def _keys(whole: _Open, part: _Open | None) -> tuple[str, ...]:
        phrases = [part, whole] if part else [whole]
        keys = [
            a.name for p in phrases for a in p.schema.attributes if a.settable and a.name not in p.attributes
        ]
        return (*keys, *(p.name for p in whole.schema.parts))

    def _attribute(self, phrase: _Open, attribute: Attribute, key: Item, items: Iterator[Item]) -> None:
        phrase.end = key.span
        if attribute.name in phrase.attributes:
            first = phrase.attributes[attribute.name].span.source.position(
                phrase.attributes[attribute.name].span.start
            )
            self._problems.append(
                Diagnostic(
                    "E106",
                    f"`{attribute.name}` is said twice",
                    key.span,
                    help=f"the first is in line {first[0]}, column {first[1]}: keep one",
                )
            )
        if attribute.type.flag:
            phrase.attributes[attribute.name] = Said(True, key.span)
            return
        self._slot = partial(Slot, type=attribute.type, attribute=attribute)
        item = self._next(phrase, items, attribute.type, f"a value for `{attribute.name}`")
        comma = _comma_before_key(item, self._all_keys) if not attribute.type.many else ""
        if comma or (isinstance(item, Word) and item.text == "=" and not item.quoted):
            help = f"no comma before `{comma}`: pairs are separated by blanks" if comma else habits.NO_EQUALS
            text = item.span.source.text[item.span.start : item.span.end]
            message = f"`{attribute.name}` cannot be `{text}`"
            raise _Problem(Diagnostic("E104", message, item.span, help=help))  # what follows makes no sense
        if isinstance(item, Word) and item.text == "none" and not item.quoted and attribute.clearable:
            phrase.attributes[attribute.name] = Said(None, item.span)
        else:
            phrase.attributes[attribute.name] = self._said(attribute.type, item)

    def _next(self, phrase: _Open, items: Iterator[Item], type: ValueType, what: str) -> Item:
        item = next(items, None)
        if item is None:
            raise _Problem(self._missing(phrase, type, what))
        phrase.end = item.span
        return item

    def _said(self, type: ValueType, item: Item) -> Said:
        """The value of an item in a slot; a wrong one is a problem and counts as nothing."""
        words = self._words(type, item)
        if words is None and isinstance(item, WordList) and item.spread and not type.link:
            raise _Spread(item)
        if words is None:
            self._problems.append(self._wrong_shape(type, item))
            return Said(None, item.span)
        values: list[Value] = []
        for word in words:
            try:
                values.append(type.parse(word.text))
            except BadValue as bad:
                near = strange_characters(word.text) or did_you_mean(word.text, type.words())
                help = ". ".join(part for part in (near, bad.help) if part).replace("?. ", "? ")
                self._problems.append(Diagnostic("E104", bad.message, word.span, help=help))
        value: Value = tuple(map(str, values)) if type.many or type.link else values[0] if values else None
        return Said(value, item.span, tuple([word.span for word in words]))

    @staticmethod
    def _words(type: ValueType, item: Item) -> Sequence[Word] | None:
        if isinstance(item, Word):
            return None if type.link else [item]
        if isinstance(item, WordList):
            return item.words if type.many else None
        return [item.left, item.right] if type.link and not item.arrow else None

    def _unknown_head(self, head: Word, items: Iterator[Item]) -> Diagnostic:
        following = [item.text for item in items if isinstance(item, Word)]
        help = habits.of_head(head.text, following) or strange_characters(head.text)
        if not help:
            heads = self._vocabulary.heads()
            help = did_you_mean(head.text, heads, "`help` lists what a sentence can begin with")
        message = f"vnetsh knows no `{head.text}`"
        return Diagnostic("E101", message, head.span, "neither a noun nor a verb", help)

    def _unknown_key(
        self, whole: _Open, part: _Open | None, item: Item, key: str, items: Iterator[Item]
    ) -> Diagnostic:
        keys = self._keys(whole, part)
        name = (part or whole).schema.name
        text = item.span.source.text[item.span.start : item.span.end]
        if whole.schema.attribute(key):
            known = f"`{key}` is observed, it cannot be set"
        else:
            known = "it takes " + ", ".join(f"`{k}`" for k in keys) if keys else "nothing more fits here"
        following = next(items, None)
        after = following.text if isinstance(following, Word) else ""
        unsaid = [a.name for a in whole.schema.attributes if a.required and a.name not in whole.attributes]
        listing = next(
            (a for a in whole.attributes.values() if a.words and a.span.end == whole.end.end), None
        )
        said = listing.span.source.text[listing.words[-1].start : listing.span.end] if listing else ""
        last = next((n for n, a in whole.attributes.items() if a is listing), "")
        many = getattr(whole.schema.attribute(last), "type", ValueType()).many
        help = (
            strange_characters(text)
            or habits.of_key(text, keys, after, unsaid, said if many else "")
            or did_you_mean(key, keys, known)
        )
        message = (
            f"`{name}` takes no `{text}`" if isinstance(whole.schema, Verb) else f"a {name} has no `{text}`"
        )
        return Diagnostic("E103", message, item.span, help=help)

    @staticmethod
    def _missing(phrase: _Open, type: ValueType, what: str) -> Diagnostic:
        example = getattr(phrase.schema, "example", "")
        return Diagnostic(
            "E105",
            f"{what} is missing",
            phrase.start.to(phrase.end),
            f"{type.what} should follow",
            f"for example `{example}`" if example else "",
        )

    @staticmethod
    def _lacking(phrase: _Open, attribute: Attribute) -> Diagnostic:
        return Diagnostic(
            "E105",
            f"`{attribute.name}` is missing",
            phrase.start.to(phrase.end),
            f"`{attribute.name}` and {attribute.type.what} should follow",
            f"for example `{phrase.schema.example}`" if phrase.schema.example else "",
        )

    @staticmethod
    def _wrong_shape(type: ValueType, item: Item) -> Diagnostic:
        said = {Word: "one word", WordList: "a list", Link: "a pair"}[item.__class__]
        help = "two hosts are joined by `<->`: `kvm1<->kvm2`" if type.link else ""
        if isinstance(item, Link) and item.arrow and type.link:
            said, help = "`->`", "a tunnel has two equal ends: `kvm1<->kvm2`"
        return Diagnostic("E104", f"{type.what} should stand here, not {said}", item.span, help=help)


def _comma_before_key(item: Item, keys: set[str]) -> str:
    """The key that a list has swallowed: `on kvm1, memory 512M`."""
    words = item.words if isinstance(item, WordList) and not item.spread else ()
    return next((word.text for word in words[1:] if word.text in keys), "")


def bind(sentences: Sequence[Sentence], vocabulary: Vocabulary) -> tuple[list[Phrase], list[Diagnostic]]:
    """All sentences of a source, and the problems of those that make no sense."""
    binder = Binder(vocabulary)
    phrases: list[Phrase] = []
    problems: list[Diagnostic] = []
    for sentence in sentences:
        try:
            phrase, found = binder.bind(sentence)
        except _Spread as spread:
            many, found = _bind_each(sentence, spread.item, binder)
            phrases += many
        else:
            phrases += [phrase] if phrase else []
        problems += found
    return phrases, problems


def _bind_each(sentence: Sentence, range: WordList, binder: Binder) -> tuple[list[Phrase], list[Diagnostic]]:
    """A sentence with a range in it, once for each of the range's words; with problems only of the first."""
    phrases: list[Phrase] = []
    for word in range.words:
        via = Via(f"in this range, {word.text}", range.span)
        one = Word(word.text, replace(word.span, via=via))
        items = tuple(one if item is range else item for item in sentence.items)
        try:
            phrase, found = binder.bind(Sentence(sentence.head, items, replace(sentence.span, via=via)))
        except _Spread as second:
            help = "`for` makes a sentence for each of them"
            return [], [
                Diagnostic("E113", "two ranges in one sentence", second.item.span, "the second", help)
            ]
        if found:
            return [], found
        if phrase:
            phrases.append(phrase)
    return phrases, []
