"""A source into sentences, by the grammar in `grammar/vnet.lark`; all problems of a source at once.

Lark parses each shape of a sentence once (vnetsh/language/sentence_shapes.py); here its words are put in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vnetsh.diagnostics import Diagnostic, Source, Span
from vnetsh.language import sentence_shapes as shapes
from vnetsh.language.characters import bad_character
from vnetsh.language.scanning import Comment, Statement, Token, scan
from vnetsh.language.syntax import CONDITION, Item, Link, Sentence, Word, WordList


@dataclass(frozen=True)
class Parsed:
    """The sentences of a source that could be read, and the problems of the others.

    `statements` and `comments` are all that it says, as it is written.
    """

    source: Source
    sentences: tuple[Sentence, ...]
    problems: tuple[Diagnostic, ...]
    statements: Sequence[Statement] = ()
    comments: Sequence[Comment] = ()


def parse(source: Source) -> Parsed:
    """Read every sentence of a source by itself."""
    scanned = scan(source)
    problems = list(scanned.problems)
    sentences = _sentences(scanned.statements, source, problems)
    problems.sort(key=lambda problem: problem.span.start if problem.span else -1)
    shapes.keep()
    return Parsed(source, sentences, tuple(problems), scanned.statements, scanned.comments)


def _sentences(
    statements: Sequence[Statement], source: Source, problems: list[Diagnostic]
) -> tuple[Sentence, ...]:
    found = []
    for statement in statements:
        tokens = statement.tokens
        shape = shapes.shape("".join([token.type[0] for token in tokens]))
        block = None
        if statement.block is not None:
            block = _sentences(statement.block, source, problems)
        if wrong := _comparing_nothing(tokens):
            problems.append(bad_character(source, wrong.start, wrong.end))
        elif shape.wrong >= 0:
            problems.append(_unexpected(source, tokens, shape.wrong))
        elif tokens:
            found.append(_sentence(source, tokens, shape, block))
    return tuple(found)


def _comparing_nothing(tokens: Sequence[Token]) -> Token | None:
    """A sign that compares, and stands in no condition: it was meant as something else."""
    sign = next((number for number, token in enumerate(tokens) if token.type == "ORDER"), 0)
    return tokens[sign] if sign and not any(token.text == CONDITION for token in tokens[:sign]) else None


def _sentence(
    source: Source, tokens: Sequence[Token], shape: shapes.Shape, block: tuple[Sentence, ...] | None
) -> Sentence:
    words = [_word(source, token) for token in tokens]
    items: list[Item] = []
    for kind, numbers in shape.items:
        if kind == "value":
            items.append(words[numbers[0]])
            continue
        parts = [words[number] for number in numbers]
        place = Span(source, parts[0].span.start, parts[-1].span.end)
        if kind == "list":
            items.append(WordList(tuple(parts), place))
        else:
            items.append(Link(parts[0], parts[1], place, arrow=kind == "way"))
    return Sentence(words[0], tuple(items), Span(source, tokens[0].start, tokens[-1].end), block)


def _word(source: Source, token: Token) -> Word:
    type, text, start, end = token
    if type == "STRING":
        inner = text[1:-1]
        if "$" not in inner:  # else its variables are to be told from `\$` first
            inner = re.sub(r"\\(.)", r"\1", inner)
        return Word(inner, Span(source, start, end), quoted=True)
    return Word(text, Span(source, start, end))


def _unexpected(source: Source, tokens: Sequence[Token], at: int) -> Diagnostic:
    """What is wrong with a sentence that stops making sense at a token, or too early."""
    if at == len(tokens):
        last = tokens[-1] if tokens else Token("", "", 0, 0)
        return Diagnostic(
            "E003",
            "the sentence ends too early",
            Span(source, last.start, last.end),
            f"nothing follows `{last.text}`",
            "say what comes after it",
        )
    token = tokens[at]
    before = tokens[at - 1].type if at else ""
    help = (
        "a sentence begins with a word, such as `bridge` or `migrate`; quotes are for values that have blanks"
    )
    if token.type == "COMMA":
        help = "values are separated by blanks, hosts of a list by one comma: `on kvm1, kvm2`"
    elif token.type == "ARROW" or before == "ARROW":
        help = "`->` stands between two words: `cirros01 -> cirros02`"
    elif token.type == "LINK" or before == "LINK":
        chain = any(t.type == "LINK" for t in tokens[:at])
        help = "`<->` stands between two hosts: `kvm1<->kvm2`"
        if chain:
            help = "a tunnel has two ends; for more hosts say `mesh`, or a tunnel for each pair"
    return Diagnostic(
        "E001", f"`{token.text}` cannot stand here", Span(source, token.start, token.end), help=help
    )
