"""`let`, `for`, `include`, variables and ranges: sentences into the plain sentences that they stand for.

Pure but for reading included files. What comes of a loop or a range keeps its place and says in which round it
was read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vnetsh.diagnostics import Diagnostic, Span, Via
from vnetsh.errors import UsageError
from vnetsh.language import controls
from vnetsh.language.limits import MOST_SENTENCES, MOST_WORDS
from vnetsh.language.parsing import Parsed
from vnetsh.language.ranges import Refused, Told, counted, no_range
from vnetsh.language.syntax import Item, Sentence, Word, WordList, rounds_of, size_of
from vnetsh.language.variables import Consequence, Value, Variables, Words
from vnetsh.schema import CONTROL, Block

__all__ = ["Expanded", "Expander", "Value", "Variables"]

DEEPEST_INCLUDE = 20

_NUMBERS = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})\Z")


class _TooMuch(Told):
    """All the rest is left out."""


@dataclass(frozen=True)
class Expanded:
    """Plain sentences, what is wrong with the others, and the variables as they stand in the end."""

    sentences: tuple[Sentence, ...]
    problems: tuple[Diagnostic, ...]
    variables: Variables


Read = Callable[[Path, Span], Parsed]


class Expander:
    """Expands the sources of one script, in their order.

    `settings` come from outside and win over the script's own `let`; `variables` are there from the start.
    `read` reads and parses a file that is included at a place; it raises `UsageError`. `block_of` says what the
    block after a head holds.
    """

    def __init__(
        self,
        read: Read,
        settings: Mapping[str, str],
        variables: Variables,
        block_of: Callable[[str], Block] = lambda head: Block.PARTS,
    ) -> None:
        self._read = read
        self._block_of = block_of
        self._inside = 0
        self._words = Words(settings, variables, self._count)
        self._problems: list[Diagnostic] = []
        self._sentences: list[Sentence] = []
        self._done = 0
        self._counted = 0
        self._seen: set[Path] = set()
        self._reading: list[Path] = []

    def expand(self, parsed: Parsed) -> None:
        """Add a source's sentences."""
        try:
            self._parsed(parsed)
        except _TooMuch as error:
            self._problems.append(error.problem)

    def _parsed(self, parsed: Parsed) -> None:
        source = parsed.source
        self._problems += parsed.problems
        path = controls.file_of(source)
        if path:
            self._seen.add(path)
            self._reading.append(path)
        self._all(parsed.sentences, plain=not _special(source.text))
        if path:
            self._reading.pop()

    def result(self) -> Expanded:
        """All that was expanded. A setting that nothing uses is a problem."""
        problems = (*self._problems, *self._words.unused())
        return Expanded(tuple(self._sentences), problems, self._words.values)

    def _all(self, sentences: Sequence[Sentence], *, plain: bool = False, via: Via | None = None) -> None:
        for sentence in sentences:
            if plain and sentence.block is None and sentence.head.text not in CONTROL:
                self._sentences.append(sentence)
                continue
            self._work(sentence.span)
            begun = len(self._sentences)
            try:
                self._one(sentence, via)
            except Refused as refused:
                self._problems.append(refused.problem)
            except Consequence:
                pass
            except _TooMuch:
                del self._sentences[begun:]  # nobody wants to wait for what is wrong with these
                raise

    def _work(self, at: Span) -> None:
        """Count what is done, so that loops in loops come to an end."""
        self._done += 1
        if self._done > MOST_SENTENCES:
            raise _too_much(f"{MOST_SENTENCES} sentences", at)

    def _count(self, words: int, at: Span) -> None:
        """Count the words that come of ranges and loops, so that few sentences cannot stand for too much."""
        self._counted += words
        if self._counted > MOST_WORDS:
            raise _too_much(f"{MOST_WORDS} words", at)

    def _one(self, sentence: Sentence, via: Via | None) -> None:
        head = sentence.head
        control = CONTROL.get(head.text) if not head.quoted else None
        if control is None:
            self._said(sentence, via)
        elif control.name == "let":
            self._let(sentence, via)
        elif control.name == "for":
            self._for(sentence, via)
        else:
            self._include(sentence, via)

    # Sentences with a meaning of their own

    def _let(self, sentence: Sentence, via: Via | None) -> None:
        try:
            name, value = controls.let(sentence)
            self._words.let(name, self._words.item(value, via))
        except (Refused, Consequence):
            for item in sentence.items[:1]:
                if isinstance(item, Word):
                    self._words.spoil(item.text.partition("=")[0])
            raise

    def _for(self, sentence: Sentence, via: Via | None) -> None:
        name, item, block = controls.loop(sentence)
        values = self._values(item, via)
        with self._words.inner() as give:
            for value in values:
                self._work(sentence.span)
                give(name.text, value)
                round = Via(f"in this loop, {name.text} = {value}", sentence.span.through(via))
                self._all(block, via=round)

    def _values(self, item: Item, via: Via | None) -> Sequence[str]:
        """What a `for` runs over."""
        found = self._words.item(item, via)
        if isinstance(found, WordList):
            return [word.text for word in found.words]
        assert isinstance(found, Word)
        if found.quoted or ".." not in found.text or "/" in found.text:
            return [found.text]
        numbers = _NUMBERS.match(found.text)
        if not numbers:
            raise Refused(no_range(found.text, found.span))
        return list(counted(numbers[1], numbers[2], found.span))

    def _include(self, sentence: Sentence, via: Via | None) -> None:
        word = self._words.item(controls.included(sentence, via, in_block=bool(self._inside)), via)
        if not isinstance(word, Word):
            raise Refused(controls.malformed(sentence))
        try:
            path = controls.located(word)
        except Refused:
            self._words.unread = True
            raise
        if path in self._reading:
            chain = " → ".join(p.name for p in [*self._reading[self._reading.index(path) :], path])
            message = f"`{word.text}` includes itself"
            raise Refused(Diagnostic("E115", message, word.span, chain, "take one of the includes out"))
        if path in self._seen:
            return
        if len(self._reading) >= DEEPEST_INCLUDE:
            message = f"more than {DEEPEST_INCLUDE} includes in one another"
            raise Refused(Diagnostic("E116", message, word.span, help="include them from one file"))
        try:
            parsed = self._read(path, word.span)
        except UsageError as error:
            self._words.unread = True
            raise Refused(controls.cannot_include(error.message, word.span, error.help)) from error
        self._parsed(parsed)

    # Plain sentences

    def _said(self, sentence: Sentence, via: Via | None) -> None:
        """A noun's or verb's sentence; its block's sentences stay sentences where the head says so."""
        holds = self._block_of(sentence.head.text) if sentence.block is not None else Block.PARTS
        if holds is Block.NONE:
            controls.no_block(sentence)
        if holds is not Block.SENTENCES:
            self._sentences.append(self._plain(sentence, via))
            return
        plain = self._plain(replace(sentence, block=None), via)
        outer, self._sentences = self._sentences, []
        self._inside += 1
        try:
            with self._words.inner():
                self._all(sentence.block or (), via=via)
            inner = tuple(self._sentences)
        finally:
            self._sentences = outer
            self._inside -= 1
        again = rounds_of(plain.items) - 1  # a range says the block in each of its rounds
        self._count(again * sum(map(size_of, inner)), plain.span)
        self._sentences.append(replace(plain, block=inner))

    def _plain(self, sentence: Sentence, via: Via | None) -> Sentence:
        """A sentence with its variables' values; its block's sentences become its own words."""
        items = [self._words.item(item, via) for item in sentence.items]
        for inner in sentence.block or ():
            if inner.head.text in CONTROL and not inner.head.quoted:
                raise Refused(
                    Diagnostic(
                        "E118",
                        f"`{inner.head.text}` stands in the block of a `{sentence.head.text}`",
                        inner.head.span.through(via),
                        help=f"a block here holds what could follow the `{sentence.head.text}` itself",
                    )
                )
            flat = self._plain(inner, via)
            items += [flat.head, *flat.items]
        head = self._words.word(sentence.head, via)
        span = sentence.span.through(via)
        if isinstance(head, Word) and head.text in CONTROL:
            message = f"`{sentence.head.text}` stands for `{head.text}`, which must stand there itself"
            raise Refused(Diagnostic("E117", message, head.span, help=f"write `{head.text}`"))
        # A range where one word fits makes a sentence for each of its words.
        self._count(rounds_of(items) * (1 + len(items)), span)
        return Sentence(head if isinstance(head, Word) else sentence.head, tuple(items), span)


def _special(text: str) -> bool:
    """Whether a source may hold variables or ranges at all."""
    return "$" in text or "[" in text


def _too_much(what: str, at: Span) -> _TooMuch:
    message = f"the script stands for more than {what}"
    return _TooMuch(Diagnostic("E116", message, at, help="is a range or a loop longer than was meant?"))
