"""What a script may grow to, so that a slip, or a file that is none, costs neither time nor memory."""

from __future__ import annotations

from vnetsh.diagnostics import Diagnostic, Span

MOST_SENTENCES = 100_000
"""Sentences of a source, and those that a script may stand for."""
MOST_WORDS = 1_000_000
"""Words of a source, and those that the ranges and loops of a script may stand for."""
LONGEST_WORD = 4096
"""Characters of a word with its variables' values."""
LONGEST_SENTENCE = 50_000
"""Words of a sentence as it is written; a list of hosts may be a long one."""
LONGEST_TOKEN = 1 << 16
"""Characters of a word as it is written."""
MOST_PROBLEMS = 100
"""Mistakes after which the rest is not looked at."""


def too_long(span: Span, most: int = LONGEST_WORD) -> Diagnostic:
    """The problem of a word that is too long."""
    return Diagnostic("E116", f"a word of more than {most} characters", span)


def too_much(what: str, at: Span) -> Diagnostic:
    """The problem of a source of which the rest is not read."""
    return Diagnostic("E116", f"{what}: the rest is not read", at, help="is it a script of vnetsh's?")
