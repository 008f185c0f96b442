"""Spans of a source and the diagnostics that point at them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property


@dataclass(frozen=True)
class Source:
    """A text with a name: a script's path, `<stdin>` or `<command>`."""

    name: str
    text: str
    included: Span | None = field(default=None, compare=False, repr=False)
    """Where another source included it."""

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of each line's first character."""
        starts = [0]
        starts.extend(index + 1 for index, char in enumerate(self.text) if char == "\n")
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a source, as offsets: `start` included, `end` not."""

    source: Source = field(repr=False)
    start: int
    end: int
    via: Via | None = None

    def to(self, other: Span) -> Span:
        """The span from here to the end of another one."""
        return Span(self.source, self.start, other.end, self.via)

    def through(self, via: Via | None) -> Span:
        """The same place, read by way of a loop or a range."""
        return Span(self.source, self.start, self.end, via) if via else self

    def chain(self) -> list[Via]:
        """How the sentence came to be read here, the nearest first: loops, ranges, includes."""
        found = []
        via = self.via
        while via:
            found.append(via)
            via = via.span.via
        outer = self.source.included
        if outer:
            found.append(Via("included here", outer))
            found += outer.chain()
        return found


@dataclass(frozen=True, slots=True)
class Via:
    """One step of the way to a sentence: "in this loop, i = 3", and where that is."""

    note: str
    span: Span

    def as_json(self) -> Mapping[str, object]:
        """The stable JSON form."""
        line, column = self.span.source.position(self.span.start)
        return {"note": self.note, "file": self.span.source.name, "line": line, "column": column}


@dataclass(frozen=True)
class Diagnostic:
    """One problem of a script: a stable code, a sentence, the place and the remedy.

    `label` stands beside the carets; `help` is one or more sentences that say what to do.
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    help: str = ""

    def as_json(self) -> Mapping[str, object]:
        """The stable JSON form; line and column count from 1 and are null without a place."""
        place: dict[str, object] = dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
        if self.span:
            line, column = self.span.source.position(self.span.start)
            end_line, end_column = self.span.source.position(self.span.end)
            place = {
                "file": self.span.source.name,
                "line": line,
                "column": column,
                "end_line": end_line,
                "end_column": end_column,
            }
        found = {"code": self.code, "message": self.message, **place, "help": self.help}
        chain = self.span.chain() if self.span else []
        if chain:
            found["via"] = [via.as_json() for via in chain]
        return found


def place_of(span: Span, seen: Span | None) -> str:
    """Where something is, for a reader who looks at `seen`: its line, and the source where that is another."""
    line, _ = span.source.position(span.start)
    return f"line {line}" if seen and seen.source == span.source else f"line {line} of {span.source.name}"


class ProblemsFound(Exception):
    """Carries the problems of a script from where they were collected to the edge that reports them."""

    def __init__(self, problems: Iterable[Diagnostic]) -> None:
        super().__init__("problems found")
        self.problems = tuple(problems)


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` was probably meant to be, if any is near."""
    found = get_close_matches(word.lower(), sorted(set(candidates)), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, candidates: Sequence[str], otherwise: str = "") -> str:
    """A help line: the nearest candidate, then `otherwise`."""
    near = closest(word, candidates)
    return " ".join(part for part in (f"did you mean `{near}`?" if near else "", otherwise) if part)
