"""Values as the words of a sentence, along its schema: what binding does, backwards. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from vnetsh.diagnostics import Source, Span
from vnetsh.language.syntax import Item, Link, Sentence, Word, WordList, text_of
from vnetsh.model import Value
from vnetsh.plain_text import plain
from vnetsh.schema import Attribute, BadValue, SentenceSchema, ValueType

_NOWHERE = Span(Source("<export>", ""), 0, 0)


def sentence_text(schema: SentenceSchema, values: Mapping[str, Value], name: str = "") -> str:
    """A sentence, or a part, that says these values in the schema's order; what it has no key for is left out.

    An empty tuple says `none`. Raises `BadValue` when an operand is not among them, or a value cannot be written.
    """
    items = [
        *(_word(word) for word in schema.words),
        *_subject(schema.subject, name),
        *_items(schema, values),
    ]
    return text_of(Sentence(_word(schema.name.split()[0]), tuple(items), _NOWHERE))


def _subject(type: ValueType | None, name: str) -> Iterator[Item]:
    if type is None:
        return
    ends = name.split("<->") if type.link else name.split(" -> ") if type.way else [name]
    yield _item(type, tuple(ends)) if len(ends) > 1 else _word(name, type)


def _items(schema: SentenceSchema, values: Mapping[str, Value]) -> Iterator[Item]:
    for operand in schema.operands:
        if values.get(operand.name) is None:
            if operand.required:
                raise BadValue(f"its {operand.name} is not known")
            break
        yield _item(operand.type, values[operand.name])
    for attribute in schema.attributes:
        value = values.get(attribute.name)
        if attribute.settable and value is not None and value is not False:
            yield from _pair(attribute, value)


def _pair(attribute: Attribute, value: Value) -> Iterator[Item]:
    yield Word(attribute.name, _NOWHERE)
    if attribute.type.flag:
        return
    if value == ():
        yield Word("none", _NOWHERE)
        return
    item = _item(attribute.type, value)
    if isinstance(item, Word) and item.text == "none" and attribute.clearable:
        item = replace(item, quoted=True)  # unquoted it would clear the attribute
    yield item


def _item(type: ValueType, value: Value) -> Item:
    if not isinstance(value, tuple):
        return _word(type.show(value), type)
    words = tuple(_word(text, type) for text in type.texts(value))
    if type.link or type.way:
        return Link(words[0], words[1], _NOWHERE, arrow=type.way)
    return WordList(words, _NOWHERE)


def _word(text: str, type: ValueType | None = None) -> Word:
    if not text.isprintable():
        raise BadValue(f"`{plain(text)}` has characters that cannot be written")
    return Word(text, _NOWHERE, quoted=type is not None and not type.bare(text))


def word_text(text: str, type: ValueType | None, *, quoted: bool = False) -> str:
    """A word as it is written in a slot of that type: in quotes where it needs them, or where they are asked for."""
    if quoted or (type is not None and not type.bare(text)):
        return text_of(Sentence(Word(text, _NOWHERE, quoted=True), (), _NOWHERE))
    return text
