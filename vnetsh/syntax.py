"""The syntax tree of a source: words, lists, links and blocks, each with its place. No meaning yet."""

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
    """`a, b, c`. `spread`: it was one word, a range such as `web[1-3]`, or a variable that holds a list."""

    words: tuple[Word, ...]
    span: Span
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """`a<->b`, two equal ends; or `a -> b`, from one to the other."""

    left: Word
    right: Word
    span: Span
    arrow: bool = False


Item = Word | WordList | Link


@dataclass(frozen=True, slots=True)
class Sentence:
    """A head word and what follows it; `block` are the sentences between braces, None without any."""

    head: Word
    items: tuple[Item, ...]
    span: Span
    block: tuple[Sentence, ...] | None = None
