"""The kinds that the subject of a verb names: `show vms, ports`, `delete bridge`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.language.open_phrase import Items, OpenPhrase
from vnetsh.language.syntax import Item, Word, WordList
from vnetsh.schema import Attribute, Kind, Verb, Vocabulary, naming
from vnetsh.schema.phrase import Said


def side_by_side(item: Item, items: Items, vocabulary: Vocabulary) -> Item:
    """A subject with the plurals that follow it without commas between, as on the command line: `vms ports`."""
    words = [item] if isinstance(item, Word) else list(item.words) if isinstance(item, WordList) else []
    plurals = {kind.plural for kind in vocabulary.seen()}
    while words and isinstance(word := items.peek(), Word) and not word.quoted and word.text in plurals:
        words.append(word)
        items.take()
    return WordList(tuple(words), words[0].span.to(words[-1].span)) if len(words) > 1 else item


def kinds_said(whole: OpenPhrase, vocabulary: Vocabulary) -> Sequence[Kind] | Diagnostic:
    """The kinds; none where a word is none, or the problem of it, of a verb that must have kinds."""
    said = whole.subject
    if said is None or said.value is None:
        return []
    words = [str(word) for word in said.value] if isinstance(said.value, tuple) else [str(said.value)]
    shows = isinstance(whole.schema, Verb) and whole.schema.fit
    seen = vocabulary.seen()
    found: list[Kind] = []
    for number, word in enumerate(words):
        kind = vocabulary.kind_of_word(word)
        if kind and (kind in seen or not shows):
            found.append(kind)
        elif not shows:
            return []
        else:
            plurals = [one.plural for one in seen]
            span = said.words[number] if len(said.words) == len(words) else said.span
            help = did_you_mean(word, plurals, ", ".join(plurals))
            return Diagnostic("E542", f"there is nothing called `{word}` to show", span, help=help)
    return found


def name_object(whole: OpenPhrase, kind: Kind, operand: Attribute) -> None:
    """Have the object's name as the operand's value, whatever it was said with."""
    said, subject = whole.operands.get(operand.name), kind.subject
    if kind.identity:
        name = identity_said(whole, kind)
        if name:
            whole.operands[operand.name] = Said(name, whole.start.to(whole.end))
    elif said and isinstance(said.value, tuple) and subject and (subject.link or subject.way):
        whole.operands[operand.name] = replace(said, value=subject.show(said.value))


def identity_said(whole: OpenPhrase, kind: Kind) -> str:
    """The name of an object that has no single one, by what was said of it."""
    said = {**whole.operands, **whole.attributes}
    return naming.identity_of(kind, {name: one.value for name, one in said.items()})
