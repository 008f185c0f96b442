"""A source into statements, blocks and comments."""

from __future__ import annotations

import pytest

from vnetsh.diagnostics import Source
from vnetsh.language.scanning import DEEPEST, Scanned, Statement, scan, unfinished


def scanned(text: str) -> Scanned:
    return scan(Source("t", text))


def shown(statements: list[Statement]) -> list[object]:
    """Each statement's words; of one with a block, the words and what is in the block."""
    found: list[object] = []
    for statement in statements:
        words = " ".join(token.text for token in statement.tokens)
        found.append(words if statement.block is None else (words, shown(statement.block)))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\ufeff", []),
        ("  \n;;\n# only a comment", []),
        ("a b; c d", ["a b", "c d"]),
        ("a b\nc d\n", ["a b", "c d"]),
        ("a b\r\nc d\r\n", ["a b", "c d"]),
        ("a\tb", ["a b"]),
        ("\ufeffa b", ["a b"]),
        ("a b \\\n  c", ["a b c"]),
        ("a b \\ \t\n  c", ["a b c"]),
        ("a b \\\r\n  c\r\nd", ["a b c", "d"]),
        ("a b\\\nc", ["a b c"]),
        ("a # b; c\nd", ["a", "d"]),
        ("a;# b\nc", ["a", "c"]),
        ('a "x; # y" b', ['a "x; # y" b']),
        ('a "q\\"; r" b', ['a "q\\"; r" b']),
        ('a"b"c', ['a "b" c']),
        ("a \\\n # said of b\n", ["a"]),
        ("a<->b", ["a <-> b"]),
        ("a->b", ["a -> b"]),
        ("a,b", ["a , b"]),
        ("a-b- c", ["a-b- c"]),
        ("kvm[1,3-4] x", ["kvm[1,3-4] x"]),
        ("${n}_a b$n", ["${n}_a b$n"]),
        ("a { b }", [("a", ["b"])]),
        ("a {\n b; c\n}\nd", [("a", ["b", "c"]), "d"]),
        ("a{b{c}d}e", [("a", [("b", ["c"]), "d"]), "e"]),
        ("a { } b", [("a", []), "b"]),
        ("a { # b }\n}", [("a", [])]),
    ],
)
def test_statements(text: str, expected: list[object]) -> None:
    found = scanned(text)
    assert (shown(found.statements), found.problems) == (expected, [])


@pytest.mark.parametrize(
    ("text", "expected", "problems"),
    [
        ('a "open\nb', ["b"], [("E002", '"open')]),
        ('a "open\r\nb', ["b"], [("E002", '"open')]),
        ('a "open; b', [], [("E002", '"open; b')]),
        ('a "x" "open', [], [("E002", '"open')]),
        ("a ' b ' c\nd", ["d"], [("E001", "'")]),
        ("a & & &; b", ["b"], [("E001", "&")]),
        ("a \\ b\nc", ["c"], [("E001", "\\")]),
        ("a\0b", [], [("E001", "\0")]),
        ("a b#c\nd", ["d"], [("E001", "#")]),  # a comment begins a word
        ("{ a }\nb", ["b"], [("E004", "{")]),
        ("a }\nb", ["a", "b"], [("E004", "}")]),
        ("a {\n b", [("a", ["b"])], [("E004", "{")]),
        ("a & {\n b\n}\nc", ["c"], [("E001", "&")]),
        ("a { b } { c }\nd", [("a", ["b"]), "d"], [("E004", "{")]),
        ("a [1-2\nb", ["b"], [("E001", "[")]),
    ],
)
def test_a_problem_leaves_the_other_statements_alone(
    text: str, expected: list[object], problems: list[tuple[str, str]]
) -> None:
    found = scanned(text)
    assert shown(found.statements) == expected
    places = [(p.code, text[p.span.start : p.span.end]) for p in found.problems if p.span]
    assert places == problems


def test_every_token_and_brace_has_its_place() -> None:
    text = 'a "b c" {\n\td<->e \\\n  f\n}'
    (outer,) = scanned(text).statements
    assert outer.block is not None
    (inner,) = outer.block
    for token in (*outer.tokens, *inner.tokens):
        assert text[token.start : token.end] == token.text
    assert (text[outer.opened], text[outer.closed]) == ("{", "}")
    assert (inner.opened, inner.closed) == (-1, -1)


def test_comments() -> None:
    text = '# one\na # two  \nb; # three\n  # four\nc { # five\n}# six\n"# no" # seven\n# eight'
    found = scanned("x " + text)
    assert [comment.text for comment in found.comments] == [
        "# one", "# two", "# three", "# four", "# five", "# six", "# seven", "# eight",
    ]  # fmt: skip
    assert [comment.trailing for comment in found.comments] == [
        True, True, True, False, True, True, True, False,
    ]  # fmt: skip


def test_too_many_blocks_in_one_another_are_one_problem() -> None:
    """Their braces are still paired, so that what follows is read as it is meant."""
    fits = "a {" * DEEPEST + "}" * DEEPEST + "\nb"
    assert (len(scanned(fits).statements), scanned(fits).problems) == (2, [])
    for more in (1, 5, 5000):
        deep = "a {" * (DEEPEST + more) + "}" * (DEEPEST + more) + "\nb"
        found = scanned(deep)
        assert [p.code for p in found.problems] == ["E004"]
        assert len(found.statements) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("a b", False),
        ("a \\", True),
        ("a \\  ", True),
        ("a { b", True),
        ("a { b }", False),
        ("a { b {\n}", True),
        ("a }", False),
        ('a "b', False),  # another line would not end it
        ('a "b \\', False),
        ("a # said by a slip \\", False),
        ("a \\ b", False),
    ],
)
def test_unfinished(text: str, expected: bool) -> None:
    assert unfinished(text) is expected
