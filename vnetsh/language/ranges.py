"""Ranges: `kvm[1-4]`, `web[01-10]`, `1..3`. What they stand for, within limits. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.language.limits import LONGEST_WORD, too_long
from vnetsh.language.syntax import IN_RANGE

MOST_VALUES = 10_000
"""Values of one range or list."""
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_SPAN = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?\Z")


class Told(Exception):
    """Carries a problem to where it is collected."""

    def __init__(self, problem: Diagnostic) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Refused(Told):
    """A sentence is left out."""


def spread(text: str, span: Span) -> Iterator[str]:
    """The words that a word with ranges stands for: `web[01-03]`, `kvm[1,3-4]`."""
    pieces = _BRACKETS.split(text)
    choices = [_choices(piece, span) if number % 2 else [piece] for number, piece in enumerate(pieces)]
    total = 1
    for choice in choices:
        total *= len(choice)
    if total > MOST_VALUES:
        raise Refused(too_many(span))
    if sum(max(map(len, choice)) for choice in choices) > LONGEST_WORD:
        raise Refused(too_long(span))
    return map("".join, product(*choices))


def _choices(text: str, span: Span) -> list[str]:
    found: list[str] = []
    for part in text.split(","):
        match = _SPAN.match(part)
        if match and match[2] is not None:
            found += counted(match[1], match[2], span)
            if len(found) > MOST_VALUES:
                raise Refused(too_many(span))
        elif IN_RANGE.match(part):
            found.append(part)
        else:
            raise Refused(no_range(f"[{text}]", span))
    return found


def counted(first: str, last: str, span: Span) -> Iterator[str]:
    """Numbers from one to the other, as wide as the first is written."""
    low, high = int(first), int(last)
    if high < low:
        raise Refused(
            Diagnostic(
                "E112",
                f"the range from {first} to {last} is empty",
                span,
                help="the smaller number comes first",
            )
        )
    if high - low >= MOST_VALUES:
        raise Refused(too_many(span))
    width = len(first) if first.startswith("0") else 0
    return (f"{number:0{width}d}" for number in range(low, high + 1))


def too_many(span: Span, what: str = "range") -> Diagnostic:
    """The problem of a range or list that is too long."""
    return Diagnostic(
        "E116", f"a {what} of more than {MOST_VALUES} values", span, help="is it longer than was meant?"
    )


def no_range(text: str, span: Span) -> Diagnostic:
    """The problem of something that only looks like a range."""
    example = "`[1-4]`, `[01-10]` or `[1,3-4]`" if text.startswith("[") else "`1..3`"
    return Diagnostic("E112", f"`{text}` is no range", span, help=f"for example {example}")
