"""What a condition wants of a text: whatever a pattern stands for, or, in quotes, that very text."""

from __future__ import annotations

import pytest

from vnetsh.diagnostics import Source, Span
from vnetsh.schema.phrase import Said
from vnetsh.schema.values import Text
from vnetsh.schema.wanted import Wanted, holds

NOWHERE = Span(Source("a test", ""), 0, 0)


@pytest.mark.parametrize(
    ("value", "plain", "quoted"), [("a1", True, False), ("a*", True, True), ("b", False, False)]
)
def test_a_pattern_in_quotes_stands_for_itself(value: str, plain: bool, quoted: bool) -> None:
    type = Wanted.like(Text("a text"))
    assert holds(value, Said(type.parse("a*"), NOWHERE)) is plain
    assert holds(value, Said(type.parse_quoted("a*"), NOWHERE)) is quoted
