"""The syntax tree of a source: words, lists, links and blocks, each with its place. No meaning yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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


def words_of(sentence: Sentence) -> Iterator[Word]:
    """The words of a sentence, but for its block."""
    yield sentence.head
    for item in sentence.items:
        if isinstance(item, Word):
            yield item
        else:
            yield from item.words if isinstance(item, WordList) else (item.left, item.right)


def rounds_of(items: Iterable[Item], *, lists: bool = False) -> int:
    """How many sentences a range makes of one; with `lists`, or a list, where it does."""
    return max((len(i.words) for i in items if isinstance(i, WordList) and (lists or i.spread)), default=1)


def size_of(sentence: Sentence, *, lists: bool = False) -> int:
    """How many words and pairs a plain sentence and its block stand for, each as often as its range says."""
    inner = sum(size_of(one, lists=lists) for one in sentence.block or ())
    return rounds_of(sentence.items, lists=lists) * (1 + len(sentence.items) + inner)


CONDITION = "where"
"""Begins the conditions of a sentence: behind it `<` and `>` compare."""

SIGNS = ("<", "<=", ">", ">=")
"""What compares, where it stands in no quotes."""

_INDENT = "    "
_USUAL = r"\w./:@%+~=*?!^|"  # characters that need no quotes; nor does `-`, but before `>`
_PLAIN = re.compile(rf"(?:[{_USUAL}]|-(?!>))+\Z")
_ALL_PLAIN = re.compile(rf"(?!.*->)[{_USUAL} -]+\Z")

_BARE = re.compile(r"[A-Za-z0-9_./:%~=*?!^|$-]+\Z")


def quoted(text: str) -> bool:
    """Whether a value that was never written as a word, such as a variable's, is as if it stood in quotes."""
    return not _BARE.match(text)


IN_RANGE = re.compile(r"(?!\d*[-:]+\d*\Z|[a-zA-Z][-:]+[a-zA-Z]\Z)(?:[\w./:@%+=]|-(?!>))+\Z")
"""A word that stands for itself between the brackets of a range, and is no slip of one: `a-z`, `1--3`, `1:3`."""


def text_of(sentence: Sentence) -> str:
    """A plain sentence (without variables and loops) as text that is read as the same one."""
    if sentence.block is not None:
        lines = [line for one in sentence.block for line in text_of(one).split("\n")]
        return "\n".join([f"{_line(sentence)} {{", *(_INDENT + line for line in lines), "}"])
    return _line(sentence)


def _line(sentence: Sentence) -> str:
    words = [sentence.head, *(item for item in sentence.items if isinstance(item, Word))]
    texts = [word.text for word in words]
    text = " ".join(texts)
    alone = len(words) > len(sentence.items) and text.split() == texts
    if alone and _ALL_PLAIN.match(text) and not any(word.quoted for word in words):
        return text  # nothing but plain words, as in most long sentences
    return " ".join([_word_text(sentence.head), *map(_item_text, sentence.items)])


def _item_text(item: Item) -> str:
    if isinstance(item, Word):
        return _word_text(item)
    if isinstance(item, Link):
        return f"{_word_text(item.left)} {'->' if item.arrow else '<->'} {_word_text(item.right)}"
    # What a range stood for is a range again: where one word fits it makes a sentence for each of its words.
    if item.spread and len(item.words) > 1 and all(IN_RANGE.match(word.text) for word in item.words):
        return f"[{','.join(word.text for word in item.words)}]"
    # A list of one or none comes from a range or a variable: it is the same word, or nothing.
    return ", ".join(map(_word_text, item.words))


def _word_text(word: Word) -> str:
    if not word.quoted and (_PLAIN.match(word.text) or word.text in SIGNS):
        return word.text
    return '"' + re.sub(r'([\\"$])', r"\\\1", word.text) + '"'
