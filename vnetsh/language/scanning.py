"""A source into statements: tokens up to a line's end or `;`, with the blocks that follow them.

Cutting first means that an error in one statement cannot spoil the next. The terminals are the grammar's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from vnetsh.diagnostics import Diagnostic, Source, Span
from vnetsh.language import sentence_shapes as shapes
from vnetsh.language.characters import bad_character
from vnetsh.language.limits import (
    LONGEST_SENTENCE,
    LONGEST_TOKEN,
    MOST_PROBLEMS,
    MOST_SENTENCES,
    MOST_WORDS,
    too_long,
    too_much,
)

DEEPEST = 20
"""Blocks in blocks, at most."""
_TOKENS = frozenset(("WORD", "COMMA", "STRING", "LINK", "ARROW", "ORDER"))
MOST_BEYOND = 10_000
"""Blocks that are too deep whose braces are still paired."""


class _Enough(Exception):
    """The rest of the source is not read."""


class Token(NamedTuple):
    """A piece of a statement; `type` is the grammar's terminal's name."""

    type: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class Statement:
    """The tokens of one sentence, and the statements of the block that follows it (None: no block).

    `opened` and `closed` are the places of the block's braces, -1 where there is none.
    """

    tokens: list[Token] = field(default_factory=list)
    block: list[Statement] | None = None
    opened: int = -1
    closed: int = -1


@dataclass(frozen=True)
class Comment:
    """A comment with its `#`; `trailing` when something stands before it in its line."""

    text: str
    start: int
    trailing: bool


@dataclass(frozen=True)
class Scanned:
    """What a source is made of."""

    statements: list[Statement]
    comments: list[Comment]
    problems: list[Diagnostic]


@cache
def _pattern() -> re.Pattern[str]:
    # Nothing that follows could want back what a run of usual characters has taken: `++` keeps no memory of each.
    run = re.compile(r"\(\?:(\[(?:\\.|[^\]\\])+\])")
    terminals = {name: run.sub(r"(?:\1++", text) for name, text in shapes.terminals().items()}
    longest = sorted(("LINK", "ARROW", "COMMA", "STRING", "ORDER"), key=lambda name: -len(terminals[name]))
    words = "|".join(f"(?P<{name}>{terminals[name]})" for name in (*longest, "WORD"))
    # A comment begins a word; a `#` inside one belongs to it.
    return re.compile(
        rf"""(?P<blank>[ \t\r\ufeff]+)|(?P<newline>\n)|{words}|(?P<semicolon>;)|(?P<open>\{{)|(?P<close>\}})"""
        rf"""|(?P<comment>(?<![^\s;{{}}])\#[^\n]*)|(?P<continued>\\[ \t]*\r?\n)|(?P<openstring>"[^\n]*)|(?P<bad>.)"""
    )


def scan(source: Source) -> Scanned:
    """Cut a source into statements."""
    return _Scanner(source).scan(_pattern())


class _Scanner:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._statements: list[Statement] = []
        self._outer: list[tuple[list[Statement], Statement]] = []
        self._comments: list[Comment] = []
        self._problems: list[Diagnostic] = []
        self._now = Statement()
        self._spoilt = False
        self._beyond = 0
        self._sentences = 0
        self._words = 0

    def scan(self, pattern: re.Pattern[str]) -> Scanned:
        try:
            self._scan(pattern)
        except _Enough:
            return Scanned(self._statements, self._comments, self._problems)
        self._end()
        while self._outer:
            _, holder = self._outer[-1]
            self._problems.append(
                Diagnostic(
                    "E004",
                    "this block is not closed",
                    Span(self._source, holder.opened, holder.opened + 1),
                    "opened here",
                    "close it with `}` on a line of its own",
                )
            )
            self._leave()
        return Scanned(self._statements, self._comments, self._problems)

    def _scan(self, pattern: re.Pattern[str]) -> None:
        tokens = self._now.tokens
        line_has_text = False
        for match in pattern.finditer(self._source.text):
            kind = match.lastgroup
            if self._beyond and kind != "open" and kind != "close":
                continue
            if kind and kind in _TOKENS:
                if match.end() - match.start() > LONGEST_TOKEN:
                    self._tell(too_long(Span(self._source, match.start(), match.end()), LONGEST_TOKEN))
                    self._spoilt = True
                    continue
                tokens.append(Token(kind, match[0], match.start(), match.end()))
                line_has_text = True
                self._words += 1
                if len(tokens) > LONGEST_SENTENCE:
                    self._enough(f"a sentence of more than {LONGEST_SENTENCE} words", tokens[0].start)
                if self._words > MOST_WORDS:
                    self._enough(f"more than {MOST_WORDS} words", match.start())
                continue
            if kind == "blank":
                continue
            if kind == "newline" or kind == "semicolon":
                self._end()
                line_has_text = line_has_text and kind == "semicolon"
            elif kind == "comment":
                self._comments.append(Comment(match[0].rstrip(), match.start(), line_has_text))
            elif kind == "open":
                line_has_text = True
                self._open(match.start())
            elif kind == "close":
                line_has_text = True
                self._close(match.start())
            elif kind != "continued":
                line_has_text = True
                self._bad(match)
            tokens = self._now.tokens

    def _end(self) -> None:
        if (self._now.tokens or self._now.block is not None) and not self._spoilt:
            self._statements.append(self._now)
        if self._now.tokens or self._now.block is not None:
            self._sentences += 1
            if self._sentences > MOST_SENTENCES:
                at = self._now.tokens[0].start if self._now.tokens else self._now.opened
                self._enough(f"more than {MOST_SENTENCES} sentences", at)
            self._now = Statement()
        self._spoilt = False

    def _open(self, at: int) -> None:
        # What is too deep is left out; its braces are still paired.
        if self._beyond or len(self._outer) == DEEPEST:
            if not self._beyond:
                self._refuse(
                    "E004", f"more than {DEEPEST} blocks in one another", at, "take some of them apart"
                )
            self._beyond += 1
            if self._beyond > MOST_BEYOND:
                raise _Enough  # this is no script: nothing in it is read as it was meant
            return
        if not self._now.tokens and not self._spoilt:
            self._refuse("E004", "a block needs a sentence before it", at, "for example `for i in 1..3 {`")
        holder = self._now
        holder.block, holder.opened = [], at
        if holder.tokens and not self._spoilt:
            self._statements.append(holder)
        self._outer.append((self._statements, holder))
        self._statements = holder.block
        self._now = Statement()
        self._spoilt = False

    def _close(self, at: int) -> None:
        if self._beyond:
            self._beyond -= 1
            self._now, self._spoilt = Statement(), False
            return
        self._end()
        if self._outer:
            self._outer[-1][1].closed = at
            self._leave()
        else:
            self._refuse("E004", "`}` closes nothing", at, "take it out, or open a block with `{` before")

    def _leave(self) -> None:
        self._statements, _ = self._outer.pop()

    def _bad(self, match: re.Match[str]) -> None:
        """A character that no token has: one problem a statement, which is then left out."""
        if not self._spoilt:
            end = match.start() + max(1, len(match[0].rstrip("\r")))
            self._tell(bad_character(self._source, match.start(), end))
        self._spoilt = True
        self._now.tokens = []

    def _refuse(self, code: str, message: str, at: int, help: str) -> None:
        self._tell(Diagnostic(code, message, Span(self._source, at, at + 1), help=help))

    def _tell(self, problem: Diagnostic) -> None:
        self._problems.append(problem)
        if len(self._problems) == MOST_PROBLEMS:
            assert problem.span
            self._enough(f"more than {MOST_PROBLEMS} mistakes", problem.span.start)

    def _enough(self, what: str, at: int) -> None:
        self._problems.append(too_much(what, Span(self._source, at, at + 1)))
        raise _Enough


def depth(text: str) -> int:
    """How many blocks are open at the end of a text."""
    return sum(p.code == "E004" and p.label == "opened here" for p in scan(Source("", text)).problems)


def unfinished(text: str) -> bool:
    """Whether the shell should ask for another line: the last one is continued, or a block is open."""
    end = len(text.rstrip(" \t"))
    for problem in scan(Source("", text)).problems:
        assert problem.span
        if problem.label == "opened here" and problem.code == "E004":
            return True
        if problem.code == "E001" and problem.span.end == end and text[problem.span.start : end] == "\\":
            return True
    return False
