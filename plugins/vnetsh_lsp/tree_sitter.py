"""The query by which tree-sitter colours a script: which words are nouns, verbs and keys, by the vocabulary.

Its grammar, `grammar/tree-sitter-vnet`, knows the shapes of sentences only, as vnetsh's own does. `vnetsh lsp
--tree-sitter` prints the query with the words of all plugins that are installed; the one beside the grammar has those
of vnetsh itself, and a test keeps it so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from vnetsh.schema import CONTROL, SentenceSchema, Vocabulary
from vnetsh_lsp.said_words import SaidWords, said_words

_VALUES = """\
(comment) @comment
(string) @string
(escape) @string.escape
(variable) @variable
(variable_inside) @variable
(number) @number
(order) @operator
["<->" "->"] @operator
["," ";"] @punctuation.delimiter
["{" "}"] @punctuation.bracket
"""


def highlights(vocabulary: Vocabulary) -> str:
    """The query. No two of its patterns speak of one word, for editors differ in which of them would count."""
    return "\n".join(_highlights(vocabulary)) + "\n"


def _highlights(vocabulary: Vocabulary) -> Iterator[str]:
    groups: Mapping[str, Sequence[SentenceSchema]] = {
        "keyword": [kind for kind in vocabulary.kinds.values() if kind.sayable],
        "function": list(vocabulary.verbs.values()),
        "keyword.control": list(CONTROL.values()),
    }
    yield "; Written by scripts/tree-sitter from the vocabulary: change that, not this file."
    yield _VALUES
    for capture, schemas in groups.items():
        words = _any_of(f"@{capture}", (schema.name for schema in schemas))
        yield f"((sentence head: (word) @{capture})\n {words})\n"
    schemas = [schema for group in groups.values() for schema in group]
    named = _any_of("@_head", (schema.name for schema in schemas if schema.subject))
    yield f"((sentence head: (word) @_head . (word) @type)\n {named})\n"
    heads = {schema.name for schema in schemas}
    yield from _inside_blocks(schemas, heads)
    for schema in schemas:
        after_name = "(_) " if schema.subject else ""
        yield from _said(
            f"(sentence head: (word) @_head {after_name}(word) @{{}})", schema.name, said_words(schema)
        )


def _inside_blocks(schemas: Sequence[SentenceSchema], heads: set[str]) -> Iterator[str]:
    """What may begin a line in the block of a noun: its parts and keys; and what each part says."""
    words = [said_words(schema) for schema in schemas]
    parts = {part for said in words for part in said.parts} - heads
    keys = {key for said in words for key in said.keys} - parts - heads
    yield f"((block (sentence head: (word) @keyword))\n {_any_of('@keyword', parts)})\n"
    yield f"((block (sentence head: (word) @property))\n {_any_of('@property', keys)})\n"
    for name in sorted(parts):
        meant = [
            said_words(part)
            for schema in schemas
            for form in (schema, *schema.forms)
            for part in form.parts
            if part.name == name
        ]
        keys_of = (key for said in meant for key in said.keys)
        choices_of = (choice for said in meant for choice in said.choices)
        said = SaidWords((), tuple(keys_of), tuple(choices_of))
        yield from _said("(block (sentence head: (word) @_head (word) @{}))", name, said)


def _said(pattern: str, head: str, said: SaidWords) -> Iterator[str]:
    """Patterns for what stands behind one head; a word that is two things is the first of them."""
    parts = set(said.parts)
    keys = set(said.keys) - parts
    choices = {*said.choices, "none"} - parts - keys
    for capture, words in (("keyword", parts), ("property", keys), ("constant", choices)):
        if words:
            yield f'({pattern.format(capture)}\n (#eq? @_head "{head}")\n {_any_of(f"@{capture}", words)})\n'


def _any_of(capture: str, words: Iterable[str]) -> str:
    quoted = " ".join(f'"{word}"' for word in sorted(set(words)))
    return f"(#any-of? {capture} {quoted})"
