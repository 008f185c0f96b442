"""What each rule of the grammar reads: `RULE.vnet` and its syntax tree; `RULE.error.vnet` and its problems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from lark import Lark, Token, Tree

from vnetsh.diagnostics import Source, Span
from vnetsh.interface import render
from vnetsh.language.parsing import parse
from vnetsh.language.scanning import Statement, scan
from vnetsh.language.sentence_shapes import grammar
from vnetsh.language.syntax import Item, Link, Sentence, Word, WordList

HERE = Path(__file__).parent / "shapes"
PLAIN = render.Style.__new__(render.Style)
PLAIN.on = False

# A rule that begins with `?` leaves no trace in a tree: here each of them does.
WHOLE = Lark(
    re.sub(r"^\?", "", resources.files("vnetsh.grammar").joinpath("vnet.lark").read_text(), flags=re.M),
    parser="lalr",
    lexer="contextual",
    maybe_placeholders=False,
)
# Those that begin with `_` are Lark's own, for `*` and `+`.
RULES = sorted({str(r.origin.name) for r in grammar().rules if not r.origin.name.startswith("_")})
TERMINALS = sorted(terminal.name for terminal in grammar().terminals)


def source(path: Path) -> Source:
    return Source(path.name, path.read_text())


def statements(found: list[Statement]) -> Iterator[Statement]:
    for statement in found:
        yield statement
        yield from statements(statement.block or [])


def trees(given: Source) -> Iterator[Tree[Token]]:
    """What Lark itself makes of each statement."""
    for statement in statements(scan(given).statements):
        parser = WHOLE.parse_interactive("")
        for token in statement.tokens:
            parser.feed_token(Token(token.type, token.text))
        yield parser.feed_eof()  # type: ignore[no-untyped-call]


def place(span: Span) -> str:
    (line, column), (end_line, end_column) = map(span.source.position, (span.start, span.end))
    return f"{line}:{column}-{end_column}" if line == end_line else f"{line}:{column}-{end_line}:{end_column}"


def tree_text(sentence: Sentence, depth: int = 0) -> Iterator[str]:
    indent = "  " * depth
    yield f"{indent}sentence {place(sentence.span)}"
    yield f"{indent}  head `{sentence.head.text}` {place(sentence.head.span)}"
    for item in sentence.items:
        yield from item_text(item, indent + "  ")
    if sentence.block is not None:
        yield f"{indent}  block"
        for inner in sentence.block:
            yield from tree_text(inner, depth + 2)


def name(item: Item) -> str:
    """The rule that reads an item."""
    if isinstance(item, Word):
        return "value"
    return ("way" if item.arrow else "link") if isinstance(item, Link) else "list"


def item_text(item: Item, indent: str) -> Iterator[str]:
    if isinstance(item, Word):
        yield f"{indent}value `{item.text}`{' quoted' if item.quoted else ''} {place(item.span)}"
        return
    yield f"{indent}{name(item)} {place(item.span)}"
    for word in (item.left, item.right) if isinstance(item, Link) else item.words:
        yield from item_text(word, indent + "  ")


def compare(path: Path, text: str, update: bool) -> None:
    want = path.with_suffix(".want")
    if update:
        want.write_text(text)
    assert text == want.read_text()


@pytest.mark.parametrize("rule", RULES)
def test_tree(rule: str, pytestconfig: pytest.Config) -> None:
    path = HERE / f"{rule}.vnet"
    assert path.exists(), "each rule of the grammar needs a case"
    given = source(path)
    parsed = parse(given)
    assert not parsed.problems
    assert rule in {tree.data for whole in trees(given) for tree in whole.iter_subtrees()}
    lines = [line for sentence in parsed.sentences for line in tree_text(sentence)]
    compare(path, "".join(f"{line}\n" for line in lines), pytestconfig.getoption("update"))


@pytest.mark.parametrize("rule", RULES)
def test_error(rule: str, pytestconfig: pytest.Config) -> None:
    path = HERE / f"{rule}.error.vnet"
    assert path.exists(), "each rule of the grammar needs a case of what is wrong with it"
    problems = parse(source(path)).problems
    assert problems
    compare(path, render.diagnostics_text(problems, PLAIN) + "\n", pytestconfig.getoption("update"))


def test_each_case_is_of_a_rule() -> None:
    assert {path.name.split(".")[0] for path in HERE.iterdir()} == set(RULES)


@pytest.mark.parametrize("terminal", TERMINALS)
def test_each_terminal_is_in_some_case(terminal: str) -> None:
    used = {
        token.type
        for rule in RULES
        for statement in statements(scan(source(HERE / f"{rule}.vnet")).statements)
        for token in statement.tokens
    }
    assert terminal in used


@pytest.mark.parametrize("rule", RULES)
def test_larks_own_tree_has_the_same_words(rule: str) -> None:
    """A shape that is parsed once and filled with words is what Lark would make of the words."""
    given = source(HERE / f"{rule}.vnet")

    def words(item: Item) -> list[str]:
        parts = [item] if isinstance(item, Word) else item.words if isinstance(item, WordList) else ends(item)
        return [given.text[word.span.start : word.span.end] for word in parts]

    def ends(link: Link) -> list[Word]:
        return [link.left, link.right]

    def nested(sentences: tuple[Sentence, ...]) -> Iterator[Sentence]:
        for sentence in sentences:
            yield sentence
            yield from nested(sentence.block or ())

    ours = [
        [(name(item), words(item)) for item in (sentence.head, *sentence.items)]
        for sentence in nested(parse(given).sentences)
    ]
    theirs = []
    for tree in trees(given):
        whole = tree.children[0]
        assert isinstance(whole, Tree)
        found = []
        for part in whole.children:
            assert isinstance(part, Tree)
            shape = part.children[0] if part.data == "item" else part
            texts = part.scan_values(lambda token: token.type in ("WORD", "STRING", "ORDER"))
            found.append(("value" if part.data == "head" else str(shape.data), list(map(str, texts))))
        theirs.append(found)
    assert ours == theirs
