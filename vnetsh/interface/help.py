"""`help` and `help WORD` in the shell, and `vnetsh help`: what words mean, from the schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from vnetsh.diagnostics import did_you_mean
from vnetsh.errors import UsageError
from vnetsh.interface.explain import explanation_text, find
from vnetsh.interface.render import Style
from vnetsh.schema import CONTROL, Attribute, Block, Kind, SentenceSchema, ValueType, Vocabulary

_CODE = re.compile(r"[A-Za-z][0-9]+\Z")


def help_text(word: str, vocabulary: Vocabulary, commands: Mapping[str, str]) -> str:
    """What a noun, a verb, a key or the code of an error means; without a word, which words there are.

    `commands` are the words that a shell has besides, with their help. Raises `UsageError`.
    """
    if not word:
        return "\n".join(_overview(vocabulary, commands))
    if _CODE.match(word) and not vocabulary.schema(word):
        return explanation_text(find(word, vocabulary.explanations), Style())
    if word in commands:
        return commands[word]
    schema = vocabulary.schema(word)
    if schema is None:
        kind = vocabulary.kind_of_word(word)
        schema = kind if kind and kind.sayable else None
    if schema:
        return "\n".join(_details(schema))
    lines = list(_places(word, vocabulary, settable=True)) or list(_places(word, vocabulary, settable=False))
    if not lines:
        known = [*vocabulary.heads(), *_keys(vocabulary), *commands]
        raise UsageError(f"no help on `{word}`", help=did_you_mean(word, known, "`help` lists all words"))
    return "\n".join(lines)


def _overview(vocabulary: Vocabulary, commands: Mapping[str, str]) -> Iterator[str]:
    groups: Mapping[str, Mapping[str, str]] = {
        "nouns declare what there should be:": {
            k.name: k.help for k in vocabulary.kinds.values() if k.sayable
        },
        "verbs act:": {verb.name: verb.help for verb in vocabulary.verbs.values()},
        "the language's own:": {schema.name: schema.help for schema in CONTROL.values()},
        "the shell's own:": commands,
    }
    for title, words in groups.items():
        if words:
            yield title
            yield from (f"  {word:<10} {help}" for word, help in words.items())


def _details(schema: SentenceSchema) -> Iterator[str]:
    yield schema.help
    if schema.bare:
        yield f"  {usage(schema)}"
        yield from _lines(schema)
    for inner in (*schema.parts, *schema.forms):
        yield f"  {usage(inner)}: {inner.help}"
        yield from ("  " + line for line in _lines(inner))
    if schema.example:
        yield f"for example: {schema.example}"


def _lines(schema: SentenceSchema) -> Iterator[str]:
    for operand in schema.operands:
        yield _line(slot(operand.type), operand)
    for attribute in schema.attributes:
        yield _line(attribute.name, attribute)


def _line(name: str, attribute: Attribute) -> str:
    return f"    {name:<14} {_about(attribute)}"


def _about(attribute: Attribute) -> str:
    notes = [attribute.type.describe(), *attribute.notes()]
    if attribute.unsaid():
        notes.append(f"default: {attribute.unsaid()}")
    if attribute.backends:
        notes.append(f"with {', '.join(attribute.backends)} only")
    return f"{attribute.help} ({'; '.join(notes)})"


def _places(word: str, vocabulary: Vocabulary, *, settable: bool) -> Iterator[str]:
    """Where a word is a key or begins a part."""
    for schema in _schemas(vocabulary):
        part = schema.part(word)
        if part:
            yield f"in `{schema.name}`: {usage(part)}: {part.help}"
            yield from _lines(part)
        if word in schema.words:
            yield f"{usage(schema)}: {schema.help}"
        for where, phrase in (
            (schema.name, schema),
            *((f"{schema.name} … {p.name}", p) for p in schema.parts),
        ):
            attribute = phrase.attribute(word)
            if attribute and attribute.settable is settable:
                yield f"in `{where}`: {_about(attribute)}"


def _keys(vocabulary: Vocabulary) -> list[str]:
    schemas = [phrase for schema in _schemas(vocabulary) for phrase in (schema, *schema.parts)]
    return [name for s in schemas for name in (*(a.name for a in s.attributes), *(p.name for p in s.parts))]


def _schemas(vocabulary: Vocabulary) -> Iterator[SentenceSchema]:
    """Everything that can be said as a sentence."""
    found = (schema for head in vocabulary.heads() if (schema := vocabulary.schema(head)))
    yield from (sentence for schema in found for sentence in schema.sentences)


def usage(schema: SentenceSchema) -> str:
    """The shape of a sentence: its head, its name, what must follow; `…` where more may."""
    words = [schema.name]
    if schema.subject:
        words.append("NAME" if isinstance(schema, Kind) else slot(schema.subject))
    words += [slot(o.type) if o.required else f"[{slot(o.type)}]" for o in schema.operands]
    words += [f"{a.name} {slot(a.type)}" for a in schema.attributes if a.required]
    optional = any(a.settable and not a.required for a in schema.attributes)
    block = ["{ … }"] if schema.block is Block.SENTENCES and schema.name not in CONTROL else []
    return " ".join([*words, *(["…"] if optional or schema.parts else []), *block])


def slot(type: ValueType) -> str:
    """A value's placeholder: `HOST`, `HOSTS`, `VM, …`, `HOST<->HOST`, `VM -> VM`."""
    word = type.what.split()[-1].upper()
    if type.link or type.way:
        return ("<->" if type.link else " -> ").join([type.ref.upper() or word] * 2)
    return f"{word}, …" if type.each else word
