from __future__ import annotations

import pytest

from vnetsh.diagnostics import Source
from vnetsh.splitting import blanked, split


def statements(text: str) -> list[str]:
    return [" ".join(blanked(span).split()) for span in split(Source("t", text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n;;\n# only a comment", []),
        ("a b; c d", ["a b", "c d"]),
        ("a b\nc d\n", ["a b", "c d"]),
        ("a b \\\n  c", ["a b c"]),
        ("a b \\\r\n  c\r\nd", ["a b c", "d"]),
        ("a # b; c\nd", ["a", "d"]),
        ("a;# b\nc", ["a", "c"]),
        ("a b#c", ["a b#c"]),
        ('a "x; # y" b', ['a "x; # y" b']),
        ('a "open\nb', ['a "open', "b"]),
        ('a "q\\"; r" b', ['a "q\\"; r" b']),
        ("a \\\n # said of b\n", ["a"]),
    ],
)
def test_split(text: str, expected: list[str]) -> None:
    assert statements(text) == expected


def test_blanking_keeps_every_place() -> None:
    source = Source("t", "a \\\n b # c\nd")
    first, _ = split(source)
    text = blanked(first)
    assert len(text) == first.end - first.start
    assert text.index("b") + first.start == source.text.index("b")
