"""`help` and `help WORD`, from the schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vnetsh.diagnostics import did_you_mean
from vnetsh.explain import explanation_text
from vnetsh.render import Style
from vnetsh.schema import Attribute, Kind, SentenceSchema, Verb, Vocabulary


def help_text(word: str, vocabulary: Vocabulary, commands: Mapping[str, str]) -> str:
    """What a word, or the code of an error, means; without one, which words there are."""
    if not word:
        return "\n".join(_overview(vocabulary, commands))
    if word.upper() in vocabulary.explanations:
        return explanation_text(vocabulary.explanations[word.upper()], Style())
    schema = vocabulary.schema(word) or vocabulary.kind_of_word(word)
    if schema is None:
        known = [*vocabulary.heads(), *commands]
        return f"no help on `{word}`: " + did_you_mean(word, known, "`help` lists all words")
    return "\n".join(_details(schema))


def _overview(vocabulary: Vocabulary, commands: Mapping[str, str]) -> Iterator[str]:
    yield "nouns declare what there should be:"
    for kind in vocabulary.kinds.values():
        if kind.sayable:
            yield f"  {kind.name:<10} {kind.help}"
    yield "verbs act:"
    for verb in vocabulary.verbs.values():
        yield f"  {verb.name:<10} {verb.help}"
    yield "the shell's own:"
    for name, help in commands.items():
        yield f"  {name:<10} {help}"


def _details(schema: SentenceSchema) -> Iterator[str]:
    yield schema.help
    yield f"  {usage(schema)}"
    for operand in schema.operands:
        yield _line(operand.type.what.upper(), operand)
    for attribute in schema.attributes:
        yield _line(attribute.name, attribute)
    for part in schema.parts:
        yield f"  {usage(part)}: {part.help}"
        for attribute in part.attributes:
            yield "  " + _line(attribute.name, attribute)
    if schema.example:
        yield f"for example: {schema.example}"


def usage(schema: SentenceSchema) -> str:
    """The shape of a sentence: its head, its name, its operands."""
    name = ["NAME" if isinstance(schema, (Kind, Verb)) and schema.subject else ""]
    operands = [operand.type.what.split()[-1].upper() for operand in schema.operands]
    return " ".join(filter(None, [schema.name, *name, *operands]))


def _line(name: str, attribute: Attribute) -> str:
    notes = []
    if attribute.required:
        notes.append("required")
    if attribute.default is not None:
        notes.append(f"default {attribute.type.show(attribute.default)}")
    elif attribute.otherwise:
        notes.append(f"default: {attribute.otherwise}")
    if not attribute.settable:
        notes.append("observed")
    choices = " | ".join(attribute.type.words())
    tail = f" ({', '.join(notes)})" if notes else ""
    return f"    {name:<14} {attribute.help}{' ' + choices if choices else ''}{tail}"
