"""Types of numbers beyond the plain ones: percentages, and lists of numbers and ranges. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from vnetsh.schema.values import BadValue, Integer, ValueType

if TYPE_CHECKING:
    from vnetsh.model import Value

_PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?%\Z")
_NUMBERS = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?\Z")


class Percent(ValueType):
    """A part of a hundred, kept in hundredths of a percent; written `1%` or `0.25%`."""

    usually: ClassVar[str] = "a percentage"

    def describe(self) -> str:
        """How it is written."""
        return f"{self.what}, 0% to 100%: `1%`, `0.25%`"

    def parse(self, text: str) -> int:
        """The hundredths of a percent."""
        match = _PERCENT.match(text)
        value = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else -1
        if not 0 <= value <= 100_00:
            raise BadValue(f"`{text}` is not {self.what}", "from `0%` to `100%`, such as `1%` or `0.25%`")
        return value

    def show(self, value: object) -> str:
        """The shortest form."""
        assert isinstance(value, int)
        whole, rest = divmod(value, 100)
        return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


@dataclass(frozen=True)
class NumberOr(Integer):
    """A whole number in a range, a multiple of `step`; or the one `word` that stands for another one."""

    word: str = ""
    step: int = 1

    def words(self) -> Sequence[str]:
        """The word."""
        return (self.word,)

    def describe(self) -> str:
        """What is counted, its range, and the word."""
        step = f", a multiple of {self.step}" if self.step > 1 else ""
        return f"{super().describe()}{step}; or `{self.word}`"

    def parse(self, text: str) -> Any:
        """The number, or the word as it is."""
        if text == self.word:
            return text
        try:
            value = super().parse(text)
        except BadValue as error:
            raise BadValue(error.message, self.describe()) from None
        if value % self.step:
            raise BadValue(f"{value} is no multiple of {self.step}", self.describe())
        return value


@dataclass(frozen=True)
class Ranges(ValueType):
    """A list of whole numbers and ranges of them, both ends included: `20, 10, 30-40`.

    The value has every number once, by size: the order in which they are said does not matter, nor whether ranges
    overlap. It is shown as short as it can be: `10, 20, 30-40`.
    """

    what: str = "a list of numbers"
    many: bool = True
    ordered: bool = False
    least: int = 0
    most: int = 65535

    def describe(self) -> str:
        """What is listed, how, and in which range."""
        return f"{self.what} and ranges, {self.least} to {self.most}: `10, 20, 30-40`"

    def parse(self, text: str) -> tuple[int, ...]:
        """All numbers that one word of the list stands for."""
        match = _NUMBERS.match(text)
        if not match:
            raise BadValue(
                f"`{text}` is neither a number nor a range",
                f"{self.what}: numbers from {self.least} to {self.most}, and ranges such as `30-40`",
            )
        low, high = int(match[1]), int(match[2] or match[1])
        for number in (low, high):
            if not self.least <= number <= self.most:
                raise BadValue(f"{number} is out of range", f"{self.what}: {self.least} to {self.most}")
        if high < low:
            raise BadValue(f"the range `{text}` is empty", f"the smaller number comes first: `{high}-{low}`")
        return tuple(range(low, high + 1))

    def texts(self, values: Sequence[object]) -> Sequence[str]:
        """Numbers, and ranges where three or more follow one another."""
        return list(_spans(number for number in values if isinstance(number, int)))


@dataclass(frozen=True)
class RangesOr(Ranges):
    """The same, or the one `word` that stands for all."""

    word: str = ""

    def words(self) -> Sequence[str]:
        """The word."""
        return (self.word,)

    def describe(self) -> str:
        """What is listed, and the word."""
        return f"{super().describe()}; or `{self.word}`"

    def parse(self, text: str) -> Any:
        """The word as it is, or all numbers that one of the list stands for."""
        if text == self.word:
            return (text,)
        try:
            return super().parse(text)
        except BadValue as error:
            raise BadValue(error.message, self.describe()) from None

    def normal(self, value: Value) -> Value:
        """All is all, whatever is said beside it."""
        return (self.word,) if isinstance(value, tuple) and self.word in value else super().normal(value)

    def texts(self, values: Sequence[object]) -> Sequence[str]:
        """The word, or the numbers."""
        return (self.word,) if self.word in values else super().texts(values)


def _spans(numbers: Iterable[int]) -> Iterator[str]:
    """Numbers by size as few words."""
    first = last = -2
    for number in [*sorted(set(numbers)), -2]:
        if number == last + 1 and number >= 0:
            last = number
            continue
        if first >= 0:
            yield from [str(first)] if first == last else _from_to(first, last)
        first = last = number


def _from_to(first: int, last: int) -> Iterator[str]:
    """Two neighbours stand for themselves; more are a range."""
    yield from (str(first), str(last)) if last == first + 1 else (f"{first}-{last}",)
