"""The variables of a script, and its words: what those stand for that hold a variable or a range. Pure."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

from vnetsh.diagnostics import Diagnostic, Span, Via, did_you_mean
from vnetsh.language.controls import NAME
from vnetsh.language.limits import LONGEST_WORD, too_long
from vnetsh.language.ranges import MOST_VALUES, Refused, spread, too_many
from vnetsh.language.syntax import Item, Link, Word, WordList, quoted

_MOST_HINTS = 100
"""Problems with a "did you mean": a search among all variables for each would be slow, and nobody reads more."""

Value = str | tuple[str, ...]
Variables = Mapping[str, Value]

_VARIABLE = re.compile(r"\$(?:\{([^{}]*)\}|([A-Za-z_]\w*)|)|\\(.)")


class Consequence(Exception):
    """A sentence is left out because of a problem that was told already."""


class Words:
    """Puts values in the place of variables, and words in the place of ranges.

    `settings` come from outside and win over the script's own `let`; `variables` are there from the start.
    `count` is told how many words come of one, and may raise.
    """

    def __init__(
        self, settings: Mapping[str, str], variables: Variables, count: Callable[[int, Span], None]
    ) -> None:
        self._settings = {name: _listed(value) for name, value in settings.items()}
        self._values: ChainMap[str, Value] = ChainMap({**variables, **self._settings})
        self._count = count
        self._let: dict[str, Span] = {}
        self._used: set[str] = set()
        self._spoilt: set[str] = set()  # variables whose `let` is wrong
        self._unknown = 0
        self.unread = False
        """Whether some file, which might have had a `let` for any variable, was not read."""

    @property
    def values(self) -> Variables:
        """All variables as they stand."""
        return dict(self._values)

    def unused(self) -> Iterator[Diagnostic]:
        """The problems of settings that nothing uses."""
        for name in self._settings:
            if not self.unread and name not in {*self._used, *self._let, *self._spoilt}:
                known = [*self._let, *self._used]
                yield Diagnostic(
                    "E111",
                    f"`--set {name}=…`: the script has no variable `{name}`",
                    help=did_you_mean(name, known, f"it would be used as `${name}`"),
                )

    # What gives a variable its value

    def let(self, name: Word, value: Item) -> None:
        """Give a variable its value, once. Raises `Refused`."""
        outermost = len(self._values.maps) == 1
        if outermost and name.text in self._let:
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
        if outermost:
            self._let[name.text] = name.span
        if name.text not in self._settings:
            self._values[name.text] = _value(value)

    def spoil(self, name: str) -> None:
        """Know a variable whose `let` is wrong: what uses it is wrong for that reason."""
        self._spoilt.add(name)

    @contextmanager
    def inner(self) -> Iterator[Callable[[str, str], None]]:
        """Variables that are forgotten at the end; what is given sets one."""
        outer, self._values = self._values, self._values.new_child()
        try:
            yield self._values.__setitem__
        finally:
            self._values = outer

    # What holds a variable or a range

    def item(self, item: Item, via: Via | None) -> Item:
        """What an item stands for. Raises `Refused`, `Consequence`."""
        if isinstance(item, Word):
            return self.word(item, via)
        if isinstance(item, Link):
            ends = [self.word(item.left, via), self.word(item.right, via)]
            for end in ends:
                if isinstance(end, WordList):
                    raise Refused(_one_word(end.span))
            return Link(ends[0], ends[1], item.span.through(via), item.arrow)  # type: ignore[arg-type]
        words: list[Word] = []
        for word in item.words:
            found = self.word(word, via)
            words += found.words if isinstance(found, WordList) else [found]
            if isinstance(found, WordList) and len(words) > MOST_VALUES:
                raise Refused(too_many(item.span, "list"))
        return WordList(tuple(words), item.span.through(via))

    def word(self, word: Word, via: Via | None) -> Word | WordList:
        """What a word stands for. Raises `Refused`, `Consequence`."""
        span = word.span.through(via)
        text = word.text
        if "$" in text:
            whole = _VARIABLE.fullmatch(text)
            if whole and not word.quoted:
                value = self._value_of(whole[1] or whole[2] or "", span)
                if isinstance(value, tuple):
                    self._count(len(value), span)
                    return WordList(tuple(Word(one, span, quoted(one)) for one in value), span, spread=True)
            text = _VARIABLE.sub(lambda match: self._substituted(match, span), text)
            if len(text) > LONGEST_WORD:
                raise Refused(too_long(span))
        if "[" in text and not word.quoted:
            words = tuple(Word(one, span) for one in spread(text, span))
            self._count(len(words), span)
            return WordList(words, span, spread=True)
        return (
            Word(text, span, word.quoted or ("$" in word.text and quoted(text)))
            if text is not word.text or via
            else word
        )

    def _substituted(self, match: re.Match[str], span: Span) -> str:
        if match[3]:  # of `\$` or `\"`
            return match[3]
        name = match[1] if match[1] is not None else match[2] or ""
        value = self._value_of(name, span)
        if isinstance(value, tuple):
            message = f"`${name}` is a list, and one word fits here"
            raise Refused(Diagnostic("E113", message, span, help="`for` goes through it"))
        return value

    def _value_of(self, name: str, span: Span) -> Value:
        self._used.add(name)
        if name in self._values:
            return self._values[name]
        if name in self._spoilt or self.unread:
            raise Consequence
        if not NAME.match(name):
            help = "a variable is `$n` or `${n}`; in a string, `\\$` is the sign"
            raise Refused(Diagnostic("E110", "a `$` without a name", span, help=help))
        self._unknown += 1
        variables = list(islice(self._values, _MOST_HINTS if self._unknown <= _MOST_HINTS else 0))
        longest = max((known for known in variables if name.startswith(known)), key=len, default="")
        help = did_you_mean(name, variables, f"`let {name} …` gives it a value, or `--set {name}=…`")
        if longest:
            help = f"is it `${{{longest}}}{name[len(longest) :]}`? " + help
        message = f"there is no variable `{name}`"
        raise Refused(Diagnostic("E110", message, span, "the environment is not looked at", help))


def _listed(value: str) -> Value:
    return tuple(value.split(",")) if "," in value else value


def _value(item: Item) -> Value:
    if isinstance(item, WordList):
        return tuple(word.text for word in item.words)
    assert isinstance(item, Word)
    return item.text


def _one_word(span: Span) -> Diagnostic:
    message = "one word fits here, not a range or a list"
    return Diagnostic("E113", message, span, help="`for` makes a sentence for each of them")
