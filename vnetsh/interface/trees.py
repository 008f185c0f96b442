"""Trees drawn with lines, each branch one line of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.interface.fitting import cut
from vnetsh.interface.render import Style
from vnetsh.plain_text import plain
from vnetsh.schema.answer import Branch

_WRONG = "31"


def tree_text(branches: Sequence[Branch], style: Style, width: int | None) -> str:
    """Trees under one another, cut where a line is wider than that."""
    return "\n".join(line for branch in branches for line in _lines(branch, "", "", style, width))


def _lines(branch: Branch, first: str, rest: str, style: Style, width: int | None) -> Iterator[str]:
    text = plain(branch.text)
    text = text if width is None else cut(text, max(width - len(first), 1))
    yield first + (style(text, _WRONG) if branch.wrong else text if first else style(text, "1"))
    shown = [one for one in branch.branches if one.text]
    for number, one in enumerate(shown, 1):
        last = number == len(shown)
        yield from _lines(
            one, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), style, width
        )
