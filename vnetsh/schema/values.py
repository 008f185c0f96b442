"""The types of values: how a word of a sentence is read, checked, shown, and said in words.

Addresses are in `value_addresses`, percentages and lists of numbers in `value_numbers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from vnetsh.model import Value


class BadValue(ValueError):
    """A value that its type does not take; `help` says what it would, `code` is the diagnostic's."""

    def __init__(self, message: str, help: str = "", code: str = "E104") -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.code = code


@dataclass(frozen=True)
class ValueType:
    """How an attribute's value is read, checked, shown and completed.

    `what` names it in messages ("a host"); where it is not said it is what the type is `usually` called. `ref` is the
    kind whose names fit the slot, `refs` are these kinds where they are several. `many` takes a comma list, `ordered`
    says whether the order of its values matters; `each` takes a comma list, too, and the sentence is read once for
    each of its words. `offers` are the names of what is no kind that completion offers here: `nic`, `image`, `file`,
    `vlan`. `link` takes `a<->b`, `way` takes `a -> b`, `flag` takes no value at all. Before a value one of the words
    `leads` may stand, which say how it is meant.
    """

    usually: ClassVar[str] = "a word"

    what: str = ""
    ref: str = ""
    refs: tuple[str, ...] = ()
    offers: str = ""
    many: bool = False
    ordered: bool = True
    each: bool = False
    link: bool = False
    way: bool = False
    flag: bool = False
    leads: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.what:
            object.__setattr__(self, "what", self.usually)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds whose names fit the slot."""
        return self.refs or ((self.ref,) if self.ref else ())

    @property
    def several(self) -> bool:
        """Whether a value has several words: it is a tuple."""
        return self.many or self.link or self.way

    def words(self) -> Sequence[str]:
        """The values that can be listed (for completion and did-you-mean)."""
        return ()

    def describe(self) -> str:
        """What it takes, in words, with its range and units (for the manual and `help`)."""
        return "no value" if self.flag else self.what

    def parse(self, text: str) -> Any:
        """The value a word stands for. Raises `BadValue`."""
        return text

    def parse_quoted(self, text: str) -> Any:
        """The value that a text in quotes stands for. Raises `BadValue`."""
        return self.parse(text)

    def bare(self, text: str) -> bool:
        """Whether a word means the same without quotes, as far as this type knows."""
        return True

    def normal(self, value: Value) -> Value:
        """The one form of all values that mean the same: a list whose order does not matter is sorted."""
        if self.ordered or not isinstance(value, tuple):
            return value
        return tuple(sorted(set(value), key=lambda one: (isinstance(one, str), one)))

    def same(self, one: Value, other: Value) -> bool:
        """Whether two values mean the same."""
        return self.normal(one) == self.normal(other)

    def show(self, value: Value) -> str:
        """The value as a user would write it."""
        if isinstance(value, tuple):
            return ("<->" if self.link else " -> " if self.way else ", ").join(self.texts(value))
        return ("yes" if value else "none") if self.flag else str(value)

    def texts(self, values: Sequence[object]) -> Sequence[str]:
        """The words of a list, a link or a way."""
        return list(map(str, values))


class Text(ValueType):
    """Any word or quoted string, but an empty one: that says nothing."""

    usually: ClassVar[str] = "a text"

    def parse(self, text: str) -> str:
        """The text itself."""
        if not text.strip():
            raise BadValue(f"there is nothing in it: {self.what} should be", "a value, or leave the word out")
        return text


@dataclass(frozen=True)
class Integer(ValueType):
    """A whole number in a range, both ends included."""

    what: str = "a number"
    least: int = 0
    most: int = 2**32 - 1

    def describe(self) -> str:
        """What is counted, and its range."""
        return f"{self.what}, {self.least} to {self.most}"

    def parse(self, text: str) -> int:
        """The number."""
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise BadValue(f"`{text}` is not {self.what}", f"a number from {self.least} to {self.most}")
        value = int(text)
        if not self.least <= value <= self.most:
            raise BadValue(f"{value} is out of range", f"{self.what}: {self.least} to {self.most}")
        return value


LARGEST = 2**63 - 1
"""The largest amount, in its smallest unit: that of hosts and their daemons, too."""


class Amount(ValueType):
    """A whole number above 0 with a unit, kept in the smallest unit and shown in the largest that is exact.

    `units` are in the order in which they are tried for showing; upper and lower case are the same.
    """

    units: ClassVar[Mapping[str, int]] = {}
    examples: ClassVar[tuple[str, ...]] = ()
    note: ClassVar[str] = ""

    def describe(self) -> str:
        """What is measured, with examples and the units there are."""
        *others, last = reversed(list(self.units))
        note = f", {self.note}" if self.note else ""
        return f"{self.what}: {self._examples()}; in {', '.join(others)} or {last}{note}"

    def _examples(self) -> str:
        return ", ".join(f"`{example}`" for example in self.examples)

    def factor(self, unit: str) -> int:
        """What a unit is worth in the smallest one; 0 when there is none of that name."""
        return next((worth for name, worth in self.units.items() if name.lower() == unit.lower()), 0)

    def parse(self, text: str) -> int:
        """The amount in the smallest unit."""
        match = re.fullmatch(r"([0-9]{1,12})([A-Za-z]*)", text)
        value = int(match[1]) * self.factor(match[2]) if match else 0
        if not value:
            raise BadValue(f"`{text}` is not {self.what}", f"a number and a unit: {self._examples()}")
        if value > LARGEST:
            raise BadValue(f"`{text}` is more than anybody counts", f"less than {self.show(LARGEST + 1)}")
        return value

    def show(self, value: Value) -> str:
        """The shortest exact form."""
        assert isinstance(value, int)
        unit, worth = next((u, w) for u, w in self.units.items() if value % w == 0 and (value or w == 1))
        return f"{value // worth}{unit}"


class Size(Amount):
    """An amount of memory or disk, kept in bytes; written `512M` or `2G` (powers of 1024; no unit: MiB)."""

    usually: ClassVar[str] = "a size"
    units: ClassVar[Mapping[str, int]] = {"T": 2**40, "G": 2**30, "M": 2**20, "K": 2**10, "B": 1}
    examples: ClassVar[tuple[str, ...]] = ("512M", "2G")
    note: ClassVar[str] = "powers of 1024, M where none is said"

    def factor(self, unit: str) -> int:
        """Bytes; `MB` and `MiB` are `M`."""
        return super().factor(re.sub(r"(?i)(?<=[KMGT])i?B\Z", "", unit) or "M")


class Rate(Amount):
    """An amount of data in a second, kept in bits per second; written `10Mbit` or `1Gbit` (powers of 1000)."""

    usually: ClassVar[str] = "a rate"
    units: ClassVar[Mapping[str, int]] = {
        "Tbit": 10**12,
        "Gbit": 10**9,
        "Mbit": 10**6,
        "kbit": 10**3,
        "bit": 1,
    }
    examples: ClassVar[tuple[str, ...]] = ("10Mbit", "1Gbit")
    note: ClassVar[str] = "powers of 1000, per second"


class Duration(Amount):
    """A span of time, kept in milliseconds; written `50ms`, `30s` or `5m`."""

    usually: ClassVar[str] = "a duration"
    units: ClassVar[Mapping[str, int]] = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
    examples: ClassVar[tuple[str, ...]] = ("50ms", "30s", "5m")


@dataclass(frozen=True)
class Choice(ValueType):
    """One of a few words. `others` says why there is none, where plugins bring them."""

    what: str = "a choice"
    choices: tuple[str, ...] = ()
    others: str = ""

    def words(self) -> Sequence[str]:
        """The choices."""
        return self.choices

    def describe(self) -> str:
        """The choices."""
        if not self.choices:
            return self.others
        return "one of " + ", ".join(f"`{choice}`" for choice in self.choices)

    def parse(self, text: str) -> str:
        """The choice itself."""
        if text not in self.choices:
            raise BadValue(f"`{text}` is not {self.what}", self.describe())
        return text


FLAG = ValueType(what="nothing", flag=True)
