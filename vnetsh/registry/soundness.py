"""Whether nouns and verbs make sense: what they name is there, and nothing has two meanings. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from vnetsh.errors import PluginBroken
from vnetsh.schema import Kind, SentenceSchema, Verb, Vocabulary


def see_that_all_makes_sense(vocabulary: Vocabulary) -> None:
    """Raise `PluginBroken`, which names the plugin, where a noun or verb cannot be meant so."""
    for head, schema in (*vocabulary.kinds.items(), *vocabulary.verbs.items()):
        what = "noun" if head in vocabulary.kinds else "verb"
        for problem in _problems(schema, vocabulary.kinds):
            raise PluginBroken(
                f"{what} `{head}` of {vocabulary.owners[head]} makes no sense: {problem}",
                help="its author must mend that; until then uninstall it",
            )
    _see_that_kinds_have_an_order(vocabulary)


def _problems(schema: SentenceSchema, kinds: Mapping[str, Kind]) -> Iterator[str]:
    for one in (schema, *schema.forms):
        for phrase in (one, *one.parts):
            yield from _of_words(phrase, kinds)
        if isinstance(one, Kind):
            yield from _of_kind(one, kinds)
        if isinstance(one, Verb) and one.effect and one.effect.moves_to and not one.word(one.effect.moves_to):
            yield f"it moves something to what `{one.effect.moves_to}` says, which is no word of it"
    for form in schema.forms:
        if form.name.split()[:1] != [schema.name] or not form.words:
            yield f"its form `{form.name}` does not begin with it and a further word"


def _of_words(schema: SentenceSchema, kinds: Mapping[str, Kind]) -> Iterator[str]:
    """A sentence, or a part of one, by itself."""
    either = [part for part in schema.parts if schema.attribute(part.name) and part.operands]
    names = [word.name for word in (*schema.operands, *schema.attributes)]
    names += [part.name for part in schema.parts if part not in either]
    for part in either:
        yield from (
            f"`{word.name}` behind `{part.name} …` may be its own or that of its part `{part.name}`"
            for word in part.attributes
            if schema.attribute(word.name) or schema.part(word.name)
        )
        if not all(operand.required for operand in part.operands):
            yield f"nothing tells its part `{part.name}` from its attribute `{part.name}`"
    for name in names:
        if names.count(name) > 1:
            yield f"it has `{name}` twice"
    for word in (*schema.operands, *schema.attributes):
        for other in word.excludes:
            if not schema.attribute(other):
                yield f"`{word.name}` excludes `{other}`, which it has not"
        for kind in word.type.refs:
            if kind not in kinds:
                yield f"`{word.name}` may be a `{kind}`, which nobody registered"


def _of_kind(kind: Kind, kinds: Mapping[str, Kind]) -> Iterator[str]:
    """What a noun says of itself besides its words."""
    for name in (*kind.rides_on, *filter(None, [kind.realised_with])):
        word = kind.word(name)
        if not word or not word.type.ref:
            yield f"it rides on, or is realised with, what `{name}` names: that is no word that names a thing"
    for name in kind.identity:
        if not kind.word(name):
            yield f"its identity is told by `{name}`, which is no word of it"
    if kind.identity and not any((word := kind.word(name)) and word.required for name in kind.identity):
        yield "nothing of its identity must be said: then it has no name"
    for name in (*kind.requires, *(kind.brings or ())):
        if name not in kinds:
            yield f"it requires or brings a `{name}`, which nobody registered"
    for part in kind.parts:
        if part.kind not in kinds:
            yield f"its part `{part.name}` is a `{part.kind}`, which nobody registered"
        if not kind.expand and not part.word("name"):
            yield f"its part `{part.name}` has no `name`"


def _see_that_kinds_have_an_order(vocabulary: Vocabulary) -> None:
    """Raise `PluginBroken` where two nouns each want the other to be there first."""
    try:
        TopologicalSorter({kind.name: kind.builds_on for kind in vocabulary.kinds.values()}).prepare()
    except CycleError as error:
        ring = error.args[1]
        owners = sorted({vocabulary.owners[name] for name in ring if name in vocabulary.owners})
        raise PluginBroken(
            f"nouns of {', '.join(owners)} want one another to be there first: {' → '.join(ring)}",
            help="its author must mend that; until then uninstall it",
        ) from error
