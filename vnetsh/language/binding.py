"""A sentence and its schema: every word gets its slot. What comes of it is a phrase, or problems.

The same walk says what may come next, which is what completion, hints and editors ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from vnetsh.diagnostics import Diagnostic, Span, Via
from vnetsh.language import binding_problems as problems
from vnetsh.language.kinds_said import identity_said, kinds_said, name_object, side_by_side
from vnetsh.language.limits import MOST_PROBLEMS, too_much
from vnetsh.language.open_phrase import Items, OpenPhrase, Slot
from vnetsh.language.slot_values import Spread, comma_before_key, fits, lead_of, said_as, said_of
from vnetsh.language.syntax import Item, Sentence, Word, WordList, size_of
from vnetsh.schema import Attribute, Kind, SentenceSchema, ValueType, Vocabulary, naming
from vnetsh.schema.phrase import Phrase, Said

__all__ = ["Binder", "Phrase", "Said", "Slot", "bind"]

_MOST_WORDS = 1_000_000
"""Words that a sentence may stand for which is read once for each word of a list."""


class _Problem(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Binder:
    """Walks one sentence along its schema."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._heads = tuple(vocabulary.heads())
        self._all_keys = {
            name
            for kind in vocabulary.kinds.values()
            for name in (*(a.name for a in kind.attributes), *(p.name for p in kind.parts))
        }
        self._about: dict[tuple[str, ...], SentenceSchema] = {}
        self._slot: Callable[[], Slot] = Slot
        self._problems: list[Diagnostic] = []

    def bind(self, sentence: Sentence) -> tuple[Phrase | None, list[Diagnostic]]:
        """The phrase a sentence stands for, and its problems; None when it makes no sense at all."""
        self._problems = []
        self._slot = Slot
        phrase = None
        try:
            whole = self._walk(sentence)
            phrase = None if self._problems else whole.close()
        except _Problem as problem:
            self._problems.append(problem.diagnostic)
        told = self._problems
        if sentence.block:
            inner, found = self._inner(sentence, sentence.block)
            told = [*told, *found]
            phrase = replace(phrase, inner=tuple(inner)) if phrase else None
        return phrase, told

    def _inner(self, sentence: Sentence, block: Sequence[Sentence]) -> tuple[list[Phrase], list[Diagnostic]]:
        """The sentences of a block, and what is wrong with them."""
        schema = self._vocabulary.schema(sentence.head.text)
        allowed = self._vocabulary.heads_inside(schema) if schema else self._heads
        told: list[Diagnostic] = []
        own: list[Sentence] = []
        for one in block:
            if one.head.text in self._heads and one.head.text not in allowed:
                told.append(problems.foreign(one.head, sentence.head.text, allowed))
            else:
                own.append(one)
        phrases, found = _bind_all(own, self)
        return phrases, told + found

    def next_slot(self, sentence: Sentence | None) -> Slot:
        """What may follow the words of a sentence (None: at its beginning)."""
        self._problems = []
        self._slot = partial(Slot, keywords=self._heads)
        if sentence:
            with suppress(_Problem, Spread):
                self._walk(sentence)
        return self._slot()

    def _walk(self, sentence: Sentence) -> OpenPhrase:
        head, items = sentence.head, Items(sentence.items)
        schema = self._vocabulary.schema(head.text)
        if schema is None:
            self._slot = Slot
            raise _Problem(problems.unknown_head(head, sentence.items, self._heads))
        end = head.span
        if schema.forms:
            schema, end = self._form(schema, head.span, items)
        if hiding := problems.hiding(sentence):
            raise _Problem(hiding)
        whole = OpenPhrase(schema, head.span, end)
        if schema.subject:
            self._subject(whole, schema.subject, items)
        kind, named = self._object(whole)
        self._operands(whole, None, items)
        self._tail(whole, items)
        if kind and named:
            name_object(whole, kind, named)
        elif isinstance(schema, Kind) and schema.identity:
            whole.name, whole.name_span = identity_said(whole, schema), whole.start.to(whole.end)
        return whole

    # What stands first

    def _form(self, schema: SentenceSchema, head: Span, items: Items) -> tuple[SentenceSchema, Span]:
        """The schema of the form that the next words say, and where they end."""
        said: tuple[str, ...] = ()
        end = head
        while True:
            begun = [form for form in schema.forms if form.words[: len(said)] == said]
            offered = tuple(dict.fromkeys(form.words[len(said)] for form in begun if form.words != said))
            chosen = next((form for form in begun if form.words == said), None)
            if not said and schema.bare:
                chosen = schema
            self._slot = partial(Slot, keywords=offered, schema=schema)
            item = items.peek()
            if isinstance(item, Word) and not item.quoted and item.text in offered:
                said, end = (*said, item.text), item.span
                items.take()
            elif chosen:
                return chosen, end
            else:
                raise _Problem(problems.no_form(schema, said, begun, item, head.to(end)))

    def _subject(self, whole: OpenPhrase, type: ValueType, items: Items) -> None:
        begun = self._slot().keywords if whole.schema.forms else ()
        self._slot = partial(Slot, keywords=begun, schema=whole.schema if begun else None, type=type)
        noun = isinstance(whole.schema, Kind)
        item = self._next(whole, items, type, f"the {whole.schema.name}'s name" if noun else type.what)
        if type.ref == "kinds":
            item = side_by_side(item, items, self._vocabulary)
        if not fits(type, item):
            wrong = problems.wrong_shape(type, item)
            several = noun and isinstance(item, WordList)
            raise _Problem(replace(wrong, help=problems.SEVERAL) if several else wrong)
        said = whole.subject = self._said(type, item)
        whole.name = "" if said.value is None else type.show(said.value) if type.several else str(said.value)
        whole.name_span = item.span

    def _operands(self, phrase: OpenPhrase, whole: OpenPhrase | None, items: Items) -> None:
        """The operands of a sentence, or of a part of the `whole`; no optional one is a key that could stand there."""
        outer, part = (whole, phrase) if whole else (phrase, None)
        for operand in phrase.schema.operands:
            self._slot = partial(Slot, type=operand.type, attribute=operand)
            item = items.peek()
            if item is None and operand.required:
                raise _Problem(problems.missing(phrase, operand.type, operand.type.what))
            key = item.text if isinstance(item, Word) and not item.quoted else ""
            if item is None or (not operand.required and outer.takes(key, part)):
                phrase.pending = operand
                return
            items.take()
            phrase.end = item.span
            phrase.operands[operand.name] = self._said(operand.type, item)

    # Objects that are named by the words of their own sentence

    def _object(self, whole: OpenPhrase) -> tuple[Kind | None, Attribute | None]:
        """The kind that the sentence is about and the operand that names one of it; the schema is made to fit."""
        operand = naming.object_operand(whole.schema)
        found = kinds_said(whole, self._vocabulary) if operand else ()
        if isinstance(found, Diagnostic):
            raise _Problem(found)
        if operand is None or not found:
            return None, None
        key = whole.schema.name, *(kind.name for kind in found)
        if key not in self._about:
            self._about[key] = naming.fitted(whole.schema, found, self._vocabulary)
        whole.schema = self._about[key]
        held = len(found) == 1 and found[0] in self._vocabulary.held()
        return (found[0], operand) if held else (None, None)

    # Keys and their values

    def _tail(self, whole: OpenPhrase, items: Items) -> None:
        """Attributes and parts: a key belongs to the part it follows, else to the whole."""
        part: OpenPhrase | None = None

        first = self._slot().keywords if whole.schema.forms and not whole.schema.subject else ()

        def slot() -> Slot:
            pending, begun = (part or whole).pending, () if whole.attributes else first
            return Slot((*begun, *whole.keys(part)), whole.schema, pending.type if pending else None)

        while True:
            self._slot = slot
            item = items.take()
            if item is None:
                break
            (part or whole).pending = None
            key = item.text if isinstance(item, Word) and not item.quoted else ""
            new = whole.part_at(key, items)
            if new:
                part = OpenPhrase(new, item.span, item.span)
                whole.parts.append(part)
                self._operands(part, whole, items)
                whole.end = part.end
                continue
            phrase = part if part and not part.full and part.schema.attribute(key) else whole
            attribute = phrase.schema.attribute(key)
            if attribute and attribute.settable:
                self._attribute(phrase, attribute, item, items)
                whole.end = phrase.end
            else:
                raise _Problem(problems.unknown_key(whole, part, item, key, items.take()))
        for phrase in (whole, *whole.parts):
            self._problems += problems.of_all(phrase)

    def _attribute(self, phrase: OpenPhrase, attribute: Attribute, key: Item, items: Items) -> None:
        phrase.end = key.span
        if attribute.name in phrase.attributes:
            first = phrase.attributes[attribute.name].span
            self._problems.append(problems.said_twice(attribute.name, first, key.span))
        if attribute.type.flag:
            return phrase.say_flag(attribute, key, items)
        lead = self._lead(attribute, items)
        item = self._next(phrase, items, attribute.type, f"a value for `{attribute.name}`")
        comma = comma_before_key(item, self._all_keys) if not attribute.type.many else ""
        if comma or (isinstance(item, Word) and item.text == "=" and not item.quoted):
            raise _Problem(problems.no_value(attribute, item, comma))  # what follows makes no sense
        phrase.attributes[attribute.name], told = said_of(attribute, item, lead)
        self._problems += told

    def _lead(self, attribute: Attribute, items: Items) -> str:
        """The word before a value that says how it is meant; empty when none of those that may stands there."""
        self._slot = partial(Slot, type=attribute.type, attribute=attribute)
        lead = lead_of(attribute, items)
        if isinstance(lead, Diagnostic):
            raise _Problem(lead)
        if lead:
            self._slot = partial(Slot, type=replace(attribute.type, leads=()))
        return lead

    def _next(self, phrase: OpenPhrase, items: Items, type: ValueType, what: str) -> Item:
        if (item := items.take()) is None:
            raise _Problem(problems.missing(phrase, type, what))
        phrase.end = item.span
        return item

    def _said(self, type: ValueType, item: Item) -> Said:
        """The value of an item in a slot; a wrong one is a problem and counts as nothing. Raises `Spread`."""
        said, told = said_as(type, item)
        self._problems += told
        return said


def bind(sentences: Sequence[Sentence], vocabulary: Vocabulary) -> tuple[list[Phrase], list[Diagnostic]]:
    """All sentences of a source, and the problems of those that make no sense."""
    return _bind_all(sentences, Binder(vocabulary))


def _bind_all(sentences: Sequence[Sentence], binder: Binder) -> tuple[list[Phrase], list[Diagnostic]]:
    phrases: list[Phrase] = []
    told: list[Diagnostic] = []
    for sentence in sentences:
        try:
            phrase, found = binder.bind(sentence)
        except Spread as spread:
            many, found = _bind_each(sentence, spread.item, binder)
            phrases += many
        else:
            phrases += [phrase] if phrase else []
        told += found
        if len(told) > MOST_PROBLEMS:
            told.append(too_much(f"more than {MOST_PROBLEMS} mistakes", sentence.span))
            break
    return phrases, told


def _bind_each(sentence: Sentence, item: WordList, binder: Binder) -> tuple[list[Phrase], list[Diagnostic]]:
    """A sentence with a range or a list in it, once for each of its words; of a range the first problems only."""
    if not item.spread and size_of(sentence, lists=True) > _MOST_WORDS:
        return [], [problems.too_long_a_list(item.span, _MOST_WORDS)]
    phrases: list[Phrase] = []
    told: list[Diagnostic] = []
    for word in item.words:
        via = Via(f"in this {'range' if item.spread else 'list'}, {word.text}", item.span)
        one = Word(word.text, replace(word.span, via=via)) if item.spread else word
        items = tuple(one if other is item else other for other in sentence.items)
        try:
            phrase, found = binder.bind(replace(sentence, items=items, span=replace(sentence.span, via=via)))
        except Spread as second:
            return [], [problems.two_ranges(second.item)]
        told += found
        if found and item.spread:
            return [], found
        if phrase:
            phrases.append(phrase)
    return phrases, told
