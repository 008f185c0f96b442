"""A source into sentences, by the grammar in `grammar/vnet.lark`; all problems of a source at once.

Lark parses each shape of a sentence once (`WWW,WW` for `bridge br0 on kvm1, kvm2 …`): sentences of the same
shape have the same tree, with other words at its leaves.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, Source, Span
from vnetsh.scanning import Comment, Statement, Token, scan
from vnetsh.syntax import Item, Link, Sentence, Word, WordList

if TYPE_CHECKING:
    from lark import Lark, Tree


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


@dataclass(frozen=True)
class _Shape:
    """What Lark makes of a sequence of terminals: each item's tokens by number, or where it stops.

    An item is the grammar's rule (`value`, `list`, `link`, `way`) and the numbers of its words.
    """

    items: tuple[tuple[str, tuple[int, ...]], ...] = ()
    wrong: int = -1


@cache
def grammar() -> Lark:
    """The parser, from its cache where there is one.

    The cache is unpickled, so it lives in a folder that only the user can write.
    """
    from lark import Lark

    text = resources.files("vnetsh.grammar").joinpath("vnet.lark").read_text()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vnetsh"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        owned = folder.stat().st_uid == os.geteuid()
        cache_file: str | bool = str(folder / "grammar.lark-cache") if owned else False
    except OSError:
        cache_file = False
    return Lark(text, parser="lalr", lexer="contextual", maybe_placeholders=False, cache=cache_file)


def parse(source: Source) -> Parsed:
    """Read every sentence of a source by itself."""
    scanned = scan(source, grammar())
    problems = list(scanned.problems)
    sentences = _sentences(scanned.statements, source, problems)
    problems.sort(key=lambda problem: problem.span.start if problem.span else -1)
    return Parsed(source, sentences, tuple(problems), scanned.statements, scanned.comments)


def _sentences(
    statements: Sequence[Statement], source: Source, problems: list[Diagnostic]
) -> tuple[Sentence, ...]:
    found = []
    for statement in statements:
        tokens = statement.tokens
        shape = _shape("".join([token.type[0] for token in tokens]))
        block = None
        if statement.block is not None:
            block = _sentences(statement.block, source, problems)
        if shape.wrong >= 0:
            problems.append(_unexpected(source, tokens, shape.wrong))
        elif tokens:
            found.append(_sentence(source, tokens, shape, block))
    return tuple(found)


_TERMINALS = {"W": "WORD", "S": "STRING", "C": "COMMA", "L": "LINK", "A": "ARROW"}


@lru_cache(maxsize=4096)
def _shape(terminals: str) -> _Shape:
    """Let Lark parse a sentence whose words are numbers."""
    from lark import Token as LarkToken, UnexpectedInput

    parser = grammar().parse_interactive("")
    try:
        for number, letter in enumerate(terminals):
            at = number
            parser.feed_token(LarkToken(_TERMINALS[letter], str(number)))
        at = len(terminals)
        tree = parser.feed_eof()  # type: ignore[no-untyped-call]
    except UnexpectedInput:
        return _Shape(wrong=at)
    sentence = tree.children[0]
    return _Shape(tuple(_item_shape(item) for item in sentence.children[1:]))


def _item_shape(tree: Tree[str]) -> tuple[str, tuple[int, ...]]:
    if tree.data == "value":
        return "value", (int(str(tree.children[0])),)
    values = [child for child in tree.children if not isinstance(child, str)]
    return str(tree.data), tuple(int(str(value.children[0])) for value in values)


def _sentence(
    source: Source, tokens: Sequence[Token], shape: _Shape, block: tuple[Sentence, ...] | None
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
