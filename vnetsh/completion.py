"""What may come next at the end of a text: one function for the shell, hints and editors. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vnetsh.binding import Binder, Slot
from vnetsh.diagnostics import Source
from vnetsh.parsing import parse
from vnetsh.schema import Vocabulary
from vnetsh.splitting import split

_WORD = re.compile(r"[^\s,;<>\"]*\Z")
_UNFINISHED = re.compile(r"[^\s,;<>\"]+\s*(?:,|<->|<-|<)\s*\Z")

Names = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that fits, how many characters before the cursor it replaces, and what it is."""

    text: str
    replaces: int
    meta: str = ""


def candidates(text: str, vocabulary: Vocabulary, names: Names) -> Iterator[Candidate]:
    """The words that fit at the end of `text`; `names` are the known names of each kind."""
    word = _WORD.search(text)
    typed = word[0] if word else ""
    slot = slot_at(text[: len(text) - len(typed)], vocabulary)
    for candidate, meta in _fitting(slot, vocabulary, names):
        if candidate.startswith(typed):
            yield Candidate(candidate, len(typed), meta)


def slot_at(text: str, vocabulary: Vocabulary) -> Slot:
    """The slot that a new word at the end of `text` would fill."""
    while unfinished := _UNFINISHED.search(text):  # of `a, b,` the list's slot is the one before `a`
        text = text[: unfinished.start()]
    source = Source("", text)
    spans = list(split(source))
    binder = Binder(vocabulary)
    rest = text[spans[-1].end :] if spans else ""
    if not spans or ";" in rest or "\n" in rest.replace("\\\n", ""):
        return binder.next_slot(None)
    last = parse(Source("", text[spans[-1].start :])).sentences
    return binder.next_slot(last[-1]) if last else Slot()


def _fitting(slot: Slot, vocabulary: Vocabulary, names: Names) -> Iterator[tuple[str, str]]:
    for keyword in slot.keywords:
        yield keyword, _meaning(keyword, slot, vocabulary)
    if slot.type is None:
        return
    for choice in slot.type.words():
        yield choice, slot.type.what
    ref = slot.type.ref
    if ref == "kind":
        for kind in vocabulary.kinds.values():
            yield kind.name, "kind"
    elif ref == "kinds":
        for kind in vocabulary.kinds.values():
            yield kind.plural, kind.help
    elif ref == "object":
        for kind_name, known in names.items():
            for name in known:
                yield name, kind_name
    else:
        for name in names.get(ref, ()):
            yield name, ref
    if slot.attribute and slot.attribute.clearable and not slot.attribute.required:
        yield "none", "clear it"


def _meaning(keyword: str, slot: Slot, vocabulary: Vocabulary) -> str:
    if slot.schema is None:
        head = vocabulary.schema(keyword)
        return head.help if head else ""
    for schema in (*slot.schema.parts, slot.schema):
        attribute = schema.attribute(keyword)
        if attribute:
            return attribute.help
        if schema.name == keyword:
            return schema.help
    return ""
