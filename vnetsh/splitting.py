"""A source into statements: at line ends and `;`, past comments, strings and continued lines.

Splitting first means that an error in one statement cannot spoil the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vnetsh.diagnostics import Source, Span

# A comment begins a word; a `#` inside one belongs to it. A string ends with its line at the latest.
_PIECE = re.compile(
    r"""
    (?P<comment>(?<![^\s;])\#[^\n]*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"?)
  | (?P<continued>\\[ \t]*\r?\n)
  | (?P<end>[;\n])
  | (?P<blank>[ \t\r]+)
  | (?P<text>[^\s;"\\#]+|.)
    """,
    re.VERBOSE,
)


def split(source: Source) -> Iterator[Span]:
    """The span of each statement, from its first word to its last.

    A span may hold continuations and comments inside; `blank` takes them out.
    """
    start = end = -1
    for match in _PIECE.finditer(source.text):
        if match.lastgroup == "end":
            if start >= 0:
                yield Span(source, start, end)
            start = -1
        elif match.lastgroup in ("string", "text"):
            if start < 0:
                start = match.start()
            end = match.end()
    if start >= 0:
        yield Span(source, start, end)


def blanked(span: Span) -> str:
    """A statement's text with comments and continuations as blanks, every other character at its place."""
    text = span.source.text[span.start : span.end]
    if "#" not in text and "\\" not in text:
        return text
    return _PIECE.sub(lambda m: " " * len(m[0]) if m.lastgroup in ("comment", "continued") else m[0], text)


def unfinished(text: str) -> bool:
    """Whether the shell should ask for another line: the last one is continued or its string is open."""
    return text.rstrip(" \t").endswith("\\")
