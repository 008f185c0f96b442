"""What names an object: one name, or several of its values; and how a verb's sentence says it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, Span, did_you_mean
from vnetsh.schema.kind import Kind, Verb
from vnetsh.schema.sentence import Attribute, SentenceSchema
from vnetsh.schema.value_names import ROOT, Name
from vnetsh.schema.values import ValueType

if TYPE_CHECKING:
    from vnetsh.model import Fleet, Resource, Value
    from vnetsh.schema.phrase import Phrase, Said
    from vnetsh.schema.vocabulary import Vocabulary

OBJECT = "object"
"""The `ref` of an operand that names an object of the kind that the sentence is about: `delete KIND NAME`."""


def words_of_identity(kind: Kind) -> tuple[Attribute, ...]:
    """The operands and attributes that tell an object from others, in the order in which they are said."""
    return tuple(word for word in (*kind.operands, *kind.attributes) if word.name in kind.identity)


def identity_of(kind: Kind, values: Mapping[str, Value]) -> str:
    """The name of an object that has no single one: what was said of its identity, as its sentence says it."""
    texts = []
    for word in words_of_identity(kind):
        value = values.get(word.name)
        if value is None or value is False:
            continue
        if word not in kind.operands:
            texts.append(word.name)
        if not word.type.flag:
            texts.append(word.type.show(value))
    return " ".join(texts)


def object_operand(schema: SentenceSchema) -> Attribute | None:
    """The operand that names an object of the kind that the sentence is about."""
    return next((operand for operand in schema.operands if operand.type.ref == OBJECT), None)


def fitted(schema: SentenceSchema, kinds: Sequence[Kind], vocabulary: Vocabulary) -> SentenceSchema:
    """A schema of a verb whose subject names kinds, for just these."""
    operand = object_operand(schema)
    found = schema
    if operand and len(kinds) == 1 and kinds[0] in vocabulary.held():
        found = about(schema, operand, kinds[0])
    fit = schema.fit if isinstance(schema, Verb) else None
    return fit(found, kinds) if fit else found


def about(schema: SentenceSchema, operand: Attribute, kind: Kind) -> SentenceSchema:
    """A schema where that operand names an object of that kind: by the words of the kind's own sentence.

    Where it takes hosts by `on`, it takes the places of the kind's sort instead.
    """
    schema = replace(schema, attributes=tuple(_at_its_places(a, kind) for a in schema.attributes))
    place = schema.operands.index(operand)
    before, behind = schema.operands[:place], schema.operands[place + 1 :]
    if not kind.identity:
        return replace(schema, operands=(*before, _as_subject(operand, kind), *behind))
    words = [replace(w, required=w.required and operand.required) for w in words_of_identity(kind)]
    plain = {word.name for word in kind.operands}
    return replace(
        schema,
        operands=(*before, *(word for word in words if word.name in plain), *behind),
        attributes=(*(word for word in words if word.name not in plain), *schema.attributes),
    )


def _at_its_places(attribute: Attribute, kind: Kind) -> Attribute:
    if not kind.sort or attribute.name != "on" or attribute.type.ref != "host":
        return attribute
    return replace(attribute, type=replace(attribute.type, what="a list of places", ref=kind.sort))


def apart(said: str, kinds: Sequence[str]) -> tuple[str, str]:
    """The kind and the name of something that is said with its kind, `network:web`; else no kind."""
    kind, _, name = said.rpartition(":")
    return (kind, name) if kind in kinds else ("", said)


def ambiguous(name: str, kinds: Sequence[str], span: Span | None) -> Diagnostic:
    """The problem of a name that several kinds have, where any of them fits."""
    *others, last = [f"a {kind}" for kind in kinds]
    both = "both " if len(kinds) == 2 else ""
    ways = " or ".join(f"`{kind}:{name}`" for kind in kinds)
    return Diagnostic(
        "E219",
        f"`{name}` is {both}{', '.join(others)} and {last}",
        span,
        "which of them?",
        f"say it with its kind: {ways}",
    )


def _as_subject(operand: Attribute, kind: Kind) -> Attribute:
    subject = kind.subject
    assert subject
    type = replace(operand.type, ref=kind.name)
    if not isinstance(subject, Name):
        type = replace(subject, ref=kind.name, each=type.each, many=type.many)
    if subject.link or subject.way:
        type = replace(type, link=subject.link, way=subject.way, each=False, many=False)
    if isinstance(type, Name) and isinstance(subject, Name):
        type = replace(
            type,
            qualified=subject.qualified,
            or_any=subject.or_any,
            or_nic=subject.or_nic,
            never=subject.never,
        )
    return replace(operand, type=type)


def nothing(name: str, kinds: Sequence[Kind], fleet: Fleet, span: Span | None) -> Diagnostic:
    """The problem of a name that nothing has, of none of the kinds that fit."""
    known = sorted({resource.name for kind in kinds for resource in fleet.of_kind(kind.name)})
    shown = ", ".join(kind.plural for kind in kinds)
    outer = next((k for k in kinds for r in fleet.of_kind(k.name) if name.endswith(f"/{r.name}")), None)
    listed = f"`show {shown}` lists what there is"
    inner = name.partition("/")[2]
    help = did_you_mean(
        name, known, f"`{ROOT}{inner}` is one that stands in none; {listed}" if inner else listed
    )
    if outer:  # it was said in a block whose names have another one in front
        rooted = isinstance(outer.subject, Name) and outer.subject.qualified
        help = f"is it `{ROOT if rooted else f'{outer.name}:'}{inner}`? {listed}"
    what = " or ".join(kind.name for kind in kinds)
    return Diagnostic("E304", f"there is no {what} `{name}`", span, "not found", help)


def no_bridge(wanted: Resource, bridge: str, word: str, fleet: Fleet) -> Diagnostic:
    """The problem of something that is to be at a bridge which its host has not; `word` says which one."""
    place = wanted.place
    names = [one.name for one in fleet.of_kind("bridge", place)]
    help = did_you_mean(bridge, names, f"to make it: `bridge {bridge} on {place}`")
    return Diagnostic("E302", f"host `{place}` has no bridge `{bridge}`", wanted.at(word), help=help)


def undecided(phrases: Sequence[Phrase]) -> Iterator[Diagnostic]:
    """Names of one of several kinds that the script itself declares in more than one of them."""
    words = [word for phrase in phrases for word in _of_several_kinds(phrase)]
    if not words:
        return
    declared = {(phrase.schema.name, phrase.name) for phrase in phrases}
    for type, said in words:
        for one in map(str, said.value if isinstance(said.value, tuple) else (said.value,)):
            found = [kind for kind in type.refs if (kind, one) in declared]
            if len(found) > 1:
                yield ambiguous(one, found, said.span)


def _of_several_kinds(phrase: Phrase) -> Iterator[tuple[ValueType, Said]]:
    """The values of a phrase and its parts that name things of one of several kinds, with their types."""
    schema = phrase.schema
    if schema.subject and schema.subject.refs and phrase.subject:
        yield schema.subject, phrase.subject
    for word in (*schema.operands, *schema.attributes):
        if word.type.refs:
            said = phrase.operands.get(word.name) or phrase.attributes.get(word.name)
            yield from [(word.type, said)] if said else []
    for part in phrase.parts:
        yield from _of_several_kinds(part)
