"""The one canonical form: what it is, and that it changes nothing but blanks."""

from __future__ import annotations

import pytest

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.language.formatting import formatted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("\n \n;\n", ""),
        ("a", "a\n"),
        ("\ufeffa b", "a b\n"),
        ("  a\tb   c  \r\n", "a b c\n"),
        ("a;b;;c", "a\nb\nc\n"),
        ("a b , c,d", "a b, c, d\n"),
        ("a b <-> c d<->e", "a b<->c d<->e\n"),
        ("a b->c", "a b -> c\n"),
        ('a"b  c"d', 'a "b  c" d\n'),
        ("a\n\n\n\nb", "a\n\nb\n"),
        ("\n\na\n\n", "a\n"),
        ("a b \\\n  c \\\n\td", "a b \\\n    c \\\n    d\n"),
        ("a b, \\\n c", "a b, \\\n    c\n"),
        ("a b \\\r\n c", "a b \\\n    c\n"),
        ("a{b;c{d}}e", "a {\n    b\n    c {\n        d\n    }\n}\ne\n"),
        ("a {}", "a {\n}\n"),
        ("a {\n\n  b\n\n}\n\n\nc", "a {\n    b\n}\n\nc\n"),
        ("a {\n b \\\n c\n}", "a {\n    b \\\n        c\n}\n"),
        ("a # b", "a  # b\n"),
        ("a;# b", "a  # b\n"),
        ("a; b # c", "a\nb  # c\n"),
        ("# a \n  #b\nc", "# a\n#b\nc\n"),
        ("a\n\n\n# b\nc", "a\n\n# b\nc\n"),
        ("a\n# b\n\nc", "a\n# b\n\nc\n"),
        ("# a {\n\nb", "# a {\n\nb\n"),
        ("a { # b\n # c\n d # e\n # f\n} # g", "a {  # b\n    # c\n    d  # e\n    # f\n}  # g\n"),
        ('a "x  # {" {\n\n  b\n}', 'a "x  # {" {\n    b\n}\n'),
        ("a {\n} # {\n\nb", "a {\n}  # {\n\nb\n"),
        ("a {\n\n # b\n\n # c\n\n}", "a {\n    # b\n\n    # c\n}\n"),
        ("a \\\n # b\nc", "a\n# b\nc\n"),
        ("a k[1-4] $n ${n}b", "a k[1-4] $n ${n}b\n"),
    ],
)
def test_canonical(text: str, expected: str) -> None:
    assert formatted(Source("t", text)) == expected
    assert formatted(Source("t", expected)) == expected


def test_what_cannot_be_read_is_not_touched() -> None:
    with pytest.raises(ProblemsFound) as found:
        formatted(Source("t", 'a b,,\n}\nc "d'))
    assert [problem.code for problem in found.value.problems] == ["E001", "E004", "E002"]


def test_a_meaning_is_not_asked_for() -> None:
    """A script of a plugin that is not installed can be formatted too."""
    assert formatted(Source("t", "frobnicate  x $nowhere")) == "frobnicate x $nowhere\n"
