"""Blocks of sentences: in which order they are done, and whose names stand in front of theirs. Pure.

What stands in the block of a noun is declared with the noun, as if it stood after it; a noun that `qualifies` puts
its name in front: `network web` in the block of tenant acme is `acme/web`. What stands in the block of a verb comes
between what the verb does first (`plan`) and what it does in the end (`after`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from vnetsh.schema import ANY, ROOT, Kind, Name, SentenceSchema, ValueType, Verb, Vocabulary, naming
from vnetsh.schema.phrase import Phrase, Said


@dataclass(frozen=True)
class Step:
    """A phrase at its turn; `ended`: the end of its block."""

    phrase: Phrase
    ended: bool = False


def steps(
    phrases: Iterable[Phrase], vocabulary: Vocabulary, within: tuple[Phrase, ...] = ()
) -> Iterator[Step]:
    """All phrases in the order of their turns, also those in blocks, each with the phrases that it stands in."""
    for phrase in phrases:
        if any(map(_is_rooted, _values(phrase))):
            phrase = qualified(phrase, "", vocabulary)
        if not phrase.inner and not within:
            yield Step(phrase)
            continue
        schema = phrase.schema
        here = replace(phrase, within=within)
        yield Step(here)
        prefix = phrase.name if isinstance(schema, Kind) and schema.qualifies else ""
        inner = [qualified(one, prefix, vocabulary) if prefix else one for one in phrase.inner]
        yield from steps(inner, vocabulary, (*within, replace(here, inner=())))
        if isinstance(schema, Verb) and schema.after:
            yield Step(here, ended=True)


def _values(phrase: Phrase) -> Iterator[Said]:
    if phrase.subject:
        yield phrase.subject
    yield from phrase.operands.values()
    yield from phrase.attributes.values()
    for part in phrase.parts:
        yield from _values(part)


def _is_rooted(said: Said) -> bool:
    many = said.value if isinstance(said.value, tuple) else (said.value,)
    return any(isinstance(one, str) and one.rpartition(":")[2].startswith(ROOT) for one in many)


def qualified(phrase: Phrase, prefix: str, vocabulary: Vocabulary) -> Phrase:
    """A phrase with `PREFIX/` before each name whose type is `qualified` and that has no such thing yet.

    One that begins with `/` gets none, and loses that.
    """
    schema = phrase.schema
    operands = _all_qualified(phrase.operands, schema, prefix, vocabulary)
    attributes = _all_qualified(phrase.attributes, schema, prefix, vocabulary)
    subject = phrase.subject
    name = phrase.name
    if subject and schema.subject:
        subject = _qualified(subject, schema.subject, prefix, vocabulary)
        value = subject.value
        name = schema.subject.show(value) if value is not None else name
    kind = schema if isinstance(schema, Kind) else _kind_named(phrase, vocabulary)
    if kind and kind.identity:
        said = naming.identity_of(kind, {n: s.value for n, s in {**operands, **attributes}.items()})
        if kind is schema:
            name = said
        else:  # the verb's own operand for it is none of the kind's words
            words = {operand.name for operand in schema.operands}
            operands = {n: s if n in words else replace(s, value=said) for n, s in operands.items()}
    # What stands in the block of another one that qualifies is that one's.
    outer = isinstance(schema, Kind) and schema.qualifies
    inner = phrase.inner if outer else tuple(qualified(one, prefix, vocabulary) for one in phrase.inner)
    parts = tuple(qualified(part, prefix, vocabulary) for part in phrase.parts)
    return replace(
        phrase,
        name=name,
        subject=subject,
        operands=operands,
        attributes=attributes,
        parts=parts,
        inner=inner,
    )


def _kind_named(phrase: Phrase, vocabulary: Vocabulary) -> Kind | None:
    """The kind of the object that a verb's sentence names: `delete KIND NAME`."""
    subject = phrase.schema.subject
    return vocabulary.kind_of_word(phrase.name) if subject and subject.ref in ("kind", "kinds") else None


def _all_qualified(
    said: Mapping[str, Said], schema: SentenceSchema, prefix: str, vocabulary: Vocabulary
) -> dict[str, Said]:
    types = {word.name: word.type for word in (*schema.operands, *schema.attributes)}
    return {
        name: _qualified(one, types[name], prefix, vocabulary) if name in types else one
        for name, one in said.items()
    }


def _qualified(said: Said, type: ValueType, prefix: str, vocabulary: Vocabulary) -> Said:
    if not isinstance(type, Name) or not type.qualified or said.value is None:
        return said
    if isinstance(said.value, tuple):
        return replace(said, value=tuple(_name(str(one), type, prefix, vocabulary) for one in said.value))
    return replace(said, value=_name(str(said.value), type, prefix, vocabulary))


def _name(text: str, type: Name, prefix: str, vocabulary: Vocabulary) -> str:
    """A name with the prefix; one that is said with its kind only where that kind's names have one."""
    kind, name = naming.apart(text, type.refs)
    if name.startswith(ROOT):
        return f"{kind}:{name[1:]}" if kind else name[1:]
    if "/" in name or name == ANY or not prefix:
        return text
    subject = vocabulary.kinds[kind].subject if kind in vocabulary.kinds else type
    if not isinstance(subject, Name) or not subject.qualified:
        return text
    return f"{kind}:{prefix}/{name}" if kind else f"{prefix}/{name}"
