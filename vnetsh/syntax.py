"""The syntax tree of one sentence: words, lists and links, each with its place. No meaning yet."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a quoted string (without its quotes)."""

    text: str
    span: Span
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class WordList:
    """`a, b, c`."""

    words: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Link:
    """`a<->b`."""

    left: Word
    right: Word
    span: Span


Item = Word | WordList | Link


@dataclass(frozen=True, slots=True)
class Sentence:
    """A head word and what follows it."""

    head: Word
    items: tuple[Item, ...]
    span: Span
