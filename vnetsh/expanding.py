"""`let`, `for`, `include`, variables and ranges: sentences into the plain sentences that they stand for.

Pure but for reading included files. What comes of a loop or a range keeps its place and says in which round it
was read.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from vnetsh.diagnostics import Diagnostic, Source, Span, Via, did_you_mean
from vnetsh.errors import UsageError
from vnetsh.parsing import Parsed
from vnetsh.ranges import (
    LONGEST_WORD,
    MOST_VALUES,
    Refused,
    Told,
    counted,
    no_range,
    spread,
    too_long,
    too_many,
)
from vnetsh.schema import CONTROL
from vnetsh.syntax import Item, Link, Sentence, Word, WordList

MOST_SENTENCES = 100_000
"""Sentences that a script may stand for."""
MOST_WORDS = 1_000_000
"""Words that the ranges and loops of a script may stand for."""
DEEPEST_INCLUDE = 20
_MOST_HINTS = 100
"""Problems with a "did you mean": a search among all variables for each would be slow, and nobody reads more."""

Value = str | tuple[str, ...]
Variables = Mapping[str, Value]

_VARIABLE = re.compile(r"\$(?:\{([^{}]*)\}|([A-Za-z_]\w*)|)|\\(.)")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_NUMBERS = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})\Z")


class _TooMuch(Told):
    """All the rest is left out."""


class _Consequence(Exception):
    """A sentence is left out because of a problem that was told already."""


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
    `read` reads and parses a file that is included at a place; it raises `UsageError`.
    """

    def __init__(self, read: Read, settings: Mapping[str, str], variables: Variables) -> None:
        self._read = read
        self._settings = {name: _listed(value) for name, value in settings.items()}
        self._variables: ChainMap[str, Value] = ChainMap({**variables, **self._settings})
        self._let: dict[str, Span] = {}
        self._used: set[str] = set()
        self._spoilt: set[str] = set()  # variables whose `let` is wrong
        self._unread = False  # some file, which might have had a `let` for any variable
        self._problems: list[Diagnostic] = []
        self._sentences: list[Sentence] = []
        self._done = 0
        self._words = 0
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
        path = _path(source)
        if path:
            self._seen.add(path)
            self._reading.append(path)
        self._all(parsed.sentences, plain=not _special(source.text))
        if path:
            self._reading.pop()

    def result(self) -> Expanded:
        """All that was expanded. A setting that nothing uses is a problem."""
        for name in self._settings:
            if not self._unread and name not in {*self._used, *self._let, *self._spoilt}:
                known = [*self._let, *self._used]
                self._problems.append(
                    Diagnostic(
                        "E111",
                        f"`--set {name}=…`: the script has no variable `{name}`",
                        help=did_you_mean(name, known, f"it would be used as `${name}`"),
                    )
                )
        return Expanded(tuple(self._sentences), tuple(self._problems), dict(self._variables))

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
            except _Consequence:
                pass
            except _TooMuch:
                del self._sentences[begun:]  # nobody wants to wait for what is wrong with these
                raise

    def _work(self, at: Span) -> None:
        """Count what is done, so that loops in loops come to an end."""
        self._done += 1
        if self._done > MOST_SENTENCES:
            message = f"the script stands for more than {MOST_SENTENCES} sentences"
            raise _TooMuch(
                Diagnostic("E116", message, at, help="is a range or a loop longer than was meant?")
            )

    def _count(self, words: int, at: Span) -> None:
        """Count the words that come of ranges and loops, so that few sentences cannot stand for too much."""
        self._words += words
        if self._words > MOST_WORDS:
            message = f"the script stands for more than {MOST_WORDS} words"
            raise _TooMuch(
                Diagnostic("E116", message, at, help="is a range or a loop longer than was meant?")
            )

    def _one(self, sentence: Sentence, via: Via | None) -> None:
        head = sentence.head
        control = CONTROL.get(head.text) if not head.quoted else None
        if control is None:
            self._sentences.append(self._plain(sentence, via))
        elif control.name == "let":
            try:
                self._let_one(sentence, via)
            except (Refused, _Consequence):
                names = [item.text for item in sentence.items[:1] if isinstance(item, Word)]
                self._spoilt.update(name.partition("=")[0] for name in names)
                raise
        elif control.name == "for":
            self._for(sentence, via)
        else:
            self._include(sentence, via)

    # Sentences with a meaning of their own

    def _let_one(self, sentence: Sentence, via: Via | None) -> None:
        self._no_block(sentence)
        name, *values = sentence.items or (None,)
        if len(values) == 2 and isinstance(values[0], Word) and values[0].text == "=":
            raise Refused(_no_equals(values[0].span, f"let {_written(name)} {_written(values[1])}"))
        if isinstance(name, Word) and "=" in name.text and not values:
            raise Refused(_no_equals(name.span, f"let {name.text.replace('=', ' ', 1)}"))
        if not isinstance(name, Word) or len(values) != 1 or isinstance(values[0], Link):
            raise Refused(_malformed(sentence))
        if not _NAME.match(name.text):
            raise Refused(_bad_variable(name))
        value = self._item(values[0], via)
        assert not isinstance(value, Link)
        if name.text in self._let and len(self._variables.maps) == 1:
            first = self._let[name.text]
            line, _ = first.source.position(first.start)
            raise Refused(
                Diagnostic(
                    "E111",
                    f"`{name.text}` has a value already",
                    name.span,
                    help=f"since {first.source.name}, line {line}; a variable keeps its value: take another name",
                )
            )
        if len(self._variables.maps) == 1:
            self._let[name.text] = name.span
        if name.text not in self._settings:
            self._variables[name.text] = _value(value)

    def _for(self, sentence: Sentence, via: Via | None) -> None:
        items = sentence.items
        keyword = items[1] if len(items) > 1 else None
        if len(items) != 3 or not isinstance(items[0], Word) or isinstance(items[2], Link):
            raise Refused(_malformed(sentence))
        if not isinstance(keyword, Word) or keyword.text != "in":
            raise Refused(_malformed(sentence))
        if sentence.block is None:
            raise Refused(
                Diagnostic(
                    "E117",
                    "a `for` without its block",
                    sentence.span,
                    help=f"for example `{CONTROL['for'].example}`",
                )
            )
        name = items[0]
        if not _NAME.match(name.text):
            raise Refused(_bad_variable(name))
        values = self._values(items[2], via)
        outer, self._variables = self._variables, self._variables.new_child()
        try:
            for value in values:
                self._work(sentence.span)
                self._variables[name.text] = value
                self._all(
                    sentence.block,
                    via=Via(f"in this loop, {name.text} = {value}", _through(sentence.span, via)),
                )
        finally:
            self._variables = outer

    def _values(self, item: Item, via: Via | None) -> Sequence[str]:
        """What a `for` runs over."""
        found = self._item(item, via)
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
        self._no_block(sentence)
        if via:
            raise Refused(
                Diagnostic(
                    "E117",
                    "`include` stands in a block",
                    _through(sentence.span, via),
                    help="each file is read once: take it out of the block",
                )
            )
        if len(sentence.items) != 1:
            raise Refused(_malformed(sentence))
        word = self._item(sentence.items[0], via)
        if not isinstance(word, Word):
            raise Refused(_malformed(sentence))
        base = _path(word.span.source)
        try:
            path = ((base.parent if base else Path()) / word.text).resolve()
            special = path.exists() and not path.is_file()  # of a device there might be no end
        except (OSError, RuntimeError, ValueError) as error:  # links in a circle; characters that no name has
            self._unread = True
            raise Refused(_cannot_include(f"cannot read {word.text}", word.span)) from error
        if special:
            self._unread = True
            raise Refused(_cannot_include(f"{word.text} is not a file", word.span))
        if path in self._reading:
            chain = " → ".join(p.name for p in [*self._reading[self._reading.index(path) :], path])
            raise Refused(
                Diagnostic(
                    "E115", f"`{word.text}` includes itself", word.span, chain, "take one of the includes out"
                )
            )
        if path in self._seen:
            return
        if len(self._reading) >= DEEPEST_INCLUDE:
            raise Refused(
                Diagnostic(
                    "E116", f"more than {DEEPEST_INCLUDE} includes in one another", word.span,
                    help="include them from one file",
                )
            )  # fmt: skip
        try:
            parsed = self._read(path, word.span)
        except UsageError as error:
            self._unread = True
            raise Refused(_cannot_include(error.message, word.span, error.help)) from error
        self._parsed(parsed)

    @staticmethod
    def _no_block(sentence: Sentence) -> None:
        if sentence.block is not None:
            raise Refused(
                Diagnostic(
                    "E118",
                    f"`{sentence.head.text}` takes no block",
                    sentence.span,
                    help="take the braces out",
                )
            )

    # Plain sentences

    def _plain(self, sentence: Sentence, via: Via | None) -> Sentence:
        """A sentence with its variables' values; its block's sentences become its own words."""
        items = [self._item(item, via) for item in sentence.items]
        for inner in sentence.block or ():
            if inner.head.text in CONTROL and not inner.head.quoted:
                raise Refused(
                    Diagnostic(
                        "E118",
                        f"`{inner.head.text}` stands in the block of a `{sentence.head.text}`",
                        _through(inner.head.span, via),
                        help=f"a block here holds what could follow the `{sentence.head.text}` itself",
                    )
                )
            flat = self._plain(inner, via)
            items += [flat.head, *flat.items]
        head = self._word(sentence.head, via)
        span = _through(sentence.span, via)
        if isinstance(head, Word) and head.text in CONTROL:
            message = f"`{sentence.head.text}` stands for `{head.text}`, which must stand there itself"
            raise Refused(Diagnostic("E117", message, head.span, help=f"write `{head.text}`"))
        # A range where one word fits makes a sentence for each of its words.
        rounds = max((len(i.words) for i in items if isinstance(i, WordList) and i.spread), default=1)
        self._count(rounds * (1 + len(items)), span)
        return Sentence(head if isinstance(head, Word) else sentence.head, tuple(items), span)

    def _item(self, item: Item, via: Via | None) -> Item:
        if isinstance(item, Word):
            return self._word(item, via)
        if isinstance(item, Link):
            ends = [self._word(item.left, via), self._word(item.right, via)]
            for end in ends:
                if isinstance(end, WordList):
                    raise Refused(_one_word(end.span))
            return Link(ends[0], ends[1], _through(item.span, via), item.arrow)  # type: ignore[arg-type]
        words: list[Word] = []
        for word in item.words:
            found = self._word(word, via)
            words += found.words if isinstance(found, WordList) else [found]
            if isinstance(found, WordList) and len(words) > MOST_VALUES:
                raise Refused(too_many(item.span, "list"))
        return WordList(tuple(words), _through(item.span, via))

    def _word(self, word: Word, via: Via | None) -> Word | WordList:
        span = _through(word.span, via)
        text = word.text
        if "$" in text:
            whole = _VARIABLE.fullmatch(text)
            if whole and not word.quoted:
                value = self._variable(whole[1] or whole[2] or "", span)
                if isinstance(value, tuple):
                    self._count(len(value), span)
                    return WordList(tuple(Word(one, span) for one in value), span, spread=True)
            text = _VARIABLE.sub(lambda match: self._substituted(match, span), text)
            if len(text) > LONGEST_WORD:
                raise Refused(too_long(span))
        if "[" in text and not word.quoted:
            words = tuple(Word(one, span) for one in spread(text, span))
            self._count(len(words), span)
            return WordList(words, span, spread=True)
        return Word(text, span, word.quoted) if text is not word.text or via else word

    def _substituted(self, match: re.Match[str], span: Span) -> str:
        if match[3]:  # of `\$` or `\"`
            return match[3]
        name = match[1] if match[1] is not None else match[2] or ""
        value = self._variable(name, span)
        if isinstance(value, tuple):
            raise Refused(
                Diagnostic(
                    "E113", f"`${name}` is a list, and one word fits here", span, help="`for` goes through it"
                )
            )
        return value

    def _variable(self, name: str, span: Span) -> Value:
        self._used.add(name)
        if name in self._variables:
            return self._variables[name]
        if name in self._spoilt or self._unread:
            raise _Consequence
        if not _NAME.match(name):
            message, help = (
                "a `$` without a name",
                "a variable is `$n` or `${n}`; in a string, `\\$` is the sign",
            )
            raise Refused(Diagnostic("E110", message, span, help=help))
        variables = list(islice(self._variables, _MOST_HINTS if len(self._problems) < _MOST_HINTS else 0))
        longest = max((known for known in variables if name.startswith(known)), key=len, default="")
        help = did_you_mean(name, variables, f"`let {name} …` gives it a value, or `--set {name}=…`")
        if longest:
            help = f"is it `${{{longest}}}{name[len(longest) :]}`? " + help
        raise Refused(
            Diagnostic(
                "E110", f"there is no variable `{name}`", span, "the environment is not looked at", help
            )
        )


def _special(text: str) -> bool:
    """Whether a source may hold variables or ranges at all."""
    return "$" in text or "[" in text


def _through(span: Span, via: Via | None) -> Span:
    return Span(span.source, span.start, span.end, via) if via else span


def _written(item: Item | None) -> str:
    return item.span.source.text[item.span.start : item.span.end] if item else ""


def _listed(value: str) -> Value:
    return tuple(value.split(",")) if "," in value else value


def _value(item: Item) -> Value:
    if isinstance(item, WordList):
        return tuple(word.text for word in item.words)
    assert isinstance(item, Word)
    return item.text


def _cannot_include(message: str, span: Span, help: str = "") -> Diagnostic:
    return Diagnostic("E114", message, span, help=help or "its path is relative to this file")


def _one_word(span: Span) -> Diagnostic:
    return Diagnostic(
        "E113",
        "one word fits here, not a range or a list",
        span,
        help="`for` makes a sentence for each of them",
    )


def _no_equals(span: Span, example: str) -> Diagnostic:
    return Diagnostic("E117", "there is no `=` in a `let`", span, help=f"say `{example}`")


def _bad_variable(name: Word) -> Diagnostic:
    return Diagnostic(
        "E117",
        f"`{name.text}` cannot be a variable's name",
        name.span,
        help="letters, digits and `_`, not beginning with a digit; without `$` where it gets its value",
    )


def _malformed(sentence: Sentence) -> Diagnostic:
    schema = CONTROL[sentence.head.text]
    return Diagnostic(
        "E117", f"this is no `{schema.name}`", sentence.span, help=f"for example `{schema.example}`"
    )


def _path(source: Source) -> Path | None:
    """The file that a source is; None for `-c`, standard input and what the shell reads."""
    return None if source.name.startswith("<") else Path(source.name).resolve()
