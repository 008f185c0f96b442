"""The type of a value in a condition: that of its attribute, with what may stand before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from glob import escape
from typing import Any

from vnetsh.model import Value
from vnetsh.schema.phrase import Said
from vnetsh.schema.values import Amount, Integer, ValueType

_COMPARE = {"<": "<", "below": "<", "<=": "<=", ">": ">", "above": ">", ">=": ">="}
"""The words that compare: the signs, and words for a command line, where `>` would write a file."""

_PATTERN = frozenset("*?")


@dataclass(frozen=True)
class Wanted(ValueType):
    """A value that an attribute is compared with: of the attribute's own type.

    Of a list its values are wanted, however many it has besides. A `*` in a text stands for whatever there is.
    """

    of: ValueType = field(default_factory=ValueType)

    @classmethod
    def like(cls, type: ValueType) -> Wanted:
        """What an attribute of that type is compared with."""
        leads = tuple(_COMPARE) if isinstance(type, Amount | Integer) else ()
        return cls(
            type.what,
            ref=type.ref,
            refs=type.refs,
            offers=type.offers,
            many=type.many,
            flag=type.flag,
            leads=leads,
            of=type,
        )

    def words(self) -> Sequence[str]:
        """Those of the attribute."""
        return self.of.words()

    def describe(self) -> str:
        """As of the attribute."""
        return self.of.describe()

    def parse(self, text: str) -> Any:
        """The value; a text with a `*` stands for many."""
        return text if _PATTERN & {*text} else self.of.parse(text)

    def parse_quoted(self, text: str) -> Any:
        """The value of a text in quotes, which stands for itself."""
        value = self.of.parse_quoted(text)
        return escape(value) if isinstance(value, str) and _PATTERN & {*value} else value

    def bare(self, text: str) -> bool:
        """As of the attribute."""
        return self.of.bare(text)

    def show(self, value: Value) -> str:
        """As of the attribute."""
        return self.of.show(value)


def holds(value: Value, wanted: Said) -> bool:
    """Whether a value is as a condition wants it."""
    if wanted.value is None or wanted.value is False:
        return value in (None, "", False, ())
    if wanted.value is True:
        return bool(value)
    if isinstance(value, tuple):
        words = wanted.value if isinstance(wanted.value, tuple) else (wanted.value,)
        return all(any(_same(one, word) for one in value) for word in words)
    if wanted.lead:
        return isinstance(value, int) and _compared(value, wanted)
    return value is not None and _same(value, wanted.value)


def _compared(value: int, wanted: Said) -> bool:
    assert isinstance(wanted.value, int)
    least, most = wanted.value, wanted.value
    sign = _COMPARE[wanted.lead]
    return {"<": value < most, "<=": value <= most, ">": value > least, ">=": value >= least}[sign]


def _same(value: Value, wanted: Value) -> bool:
    if isinstance(wanted, str) and _PATTERN & {*wanted}:
        return fnmatchcase(str(value), wanted)
    return str(value) == str(wanted)
