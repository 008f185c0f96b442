"""What may come next at the end of a text: one function for the shell, hints and editors. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from vnetsh.language.binding import Slot
from vnetsh.language.cursor import open_string, slot_at
from vnetsh.language.writing import word_text
from vnetsh.schema import ROOT, Name, Vocabulary

# Matched from a text's end backwards: a search forwards would try every place before it.
_WORD = re.compile(r"[^\s,;<>\"{}]*")

_NONE, _CLEARS = "none", "clear it"

Names = Mapping[str, Collection[str] | Mapping[str, str]]
"""The known names of each kind; where it is a mapping, each with the place where it is."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that fits, how many characters before the cursor it replaces, and what it is."""

    text: str
    replaces: int
    meta: str = ""


def candidates(text: str, vocabulary: Vocabulary, names: Names) -> Iterator[Candidate]:
    """The words that fit at the end of `text`; `names` are the known names of each kind."""
    typed, slot = slot_of(text, vocabulary)
    fitting = _named if typed.startswith('"') else _fitting  # a word of the language stands in no quotes
    for candidate, meta in fitting(slot, vocabulary, names):
        written = word_text(candidate, slot.type, quoted=typed.startswith('"'))
        if candidate.startswith(typed) or (written != candidate and written.startswith(typed)):
            yield Candidate(written, len(typed), meta)


def slot_of(text: str, vocabulary: Vocabulary) -> tuple[str, Slot]:
    """What has been typed of the word at the end of a text, and the slot that it is to fill."""
    typed = open_string(text)
    if not typed:
        word = _WORD.match(text[::-1])
        typed = word[0][::-1] if word else ""
    return typed, slot_at(text[: len(text) - len(typed)], vocabulary)


def _fitting(slot: Slot, vocabulary: Vocabulary, names: Names) -> Iterator[tuple[str, str]]:
    for keyword in slot.keywords:
        yield keyword, _meaning(keyword, slot, vocabulary)
    if slot.type is None:
        return
    for lead in slot.type.leads:
        yield lead, "compares"
    for choice in slot.type.words():
        yield choice, slot.type.what
    yield from _named(slot, vocabulary, names)
    if slot.attribute and slot.attribute.clearable and not slot.attribute.required:
        yield _NONE, _CLEARS


def _named(slot: Slot, vocabulary: Vocabulary, names: Names) -> Iterator[tuple[str, str]]:
    if slot.type is None:
        return
    ref = slot.type.ref
    if ref == "kind":
        for kind in vocabulary.held():
            yield kind.name, "kind"
    elif ref == "kinds":
        for kind in vocabulary.seen():
            yield kind.plural, kind.help
    elif ref == "object":
        for kind_name, known in names.items():
            for name in known:
                yield name, _what(kind_name, name, known)
    else:
        offers = slot.type.offers
        if offers == "backend":
            for name in sorted({maker for makers in vocabulary.makers.values() for maker in makers}):
                yield name, offers
        for name in names.get(offers, ()):
            yield name, _what(offers, name, names[offers])
        known_as = {kind: _names_of(kind, slot, vocabulary, names) for kind in slot.type.kinds}
        for kind_name, known in known_as.items():
            others = {name for other, them in known_as.items() if other != kind_name for name in them}
            for name in known:
                yield (
                    (f"{kind_name}:{name}" if name in others else name),
                    _what(kind_name, name, names[kind_name]),
                )


def _what(kind: str, name: str, known: Collection[str]) -> str:
    """What is said beside a name: its kind, and where it is, if that is known."""
    where = known.get(name, "") if isinstance(known, Mapping) else ""
    return f"{kind} · {where}" if where else kind


def _names_of(kind: str, slot: Slot, vocabulary: Vocabulary, names: Names) -> Collection[str]:
    """The names of a kind as they are said at this place: in a block, without the name that it puts in front."""
    known = names.get(kind, ())
    if not (isinstance(slot.type, Name) and slot.type.qualified and slot.inside):
        return known
    subject = vocabulary.kinds[kind].subject if kind in vocabulary.kinds else None
    if isinstance(subject, Name) and subject.qualified:
        own = f"{slot.inside}/"
        return [name.removeprefix(own) if "/" in name else f"{ROOT}{name}" for name in known]
    return [f"{kind}:{name}" for name in known] if slot.type.refs else known


def _meaning(keyword: str, slot: Slot, vocabulary: Vocabulary) -> str:
    if keyword == _NONE:
        return _CLEARS
    if slot.schema is None:
        head = vocabulary.schema(keyword)
        return head.help if head else ""
    for form in slot.schema.forms:
        if keyword in form.words:
            return form.help
    for schema in (*slot.schema.parts, slot.schema):
        attribute = schema.attribute(keyword)
        if attribute:
            return attribute.help
        if schema.name == keyword:
            return schema.help
    return ""
