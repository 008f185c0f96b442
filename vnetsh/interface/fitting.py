"""Tables that fit a terminal: columns shortened, then left out, the least important first; and what is said of that."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from vnetsh.interface.output import dumb_terminal
from vnetsh.interface.render import Style
from vnetsh.plain_text import plain

_GAP = "  "
_CUT = "…"
_SHORT = 8
"""To so many characters a column is shortened before one is left out; each as long as its heading, though."""
_WHOLE = 32
"""To so many one that is left out last."""
_SHORTEST = 4
"""To so many where none can be left out."""
_KEPT = frozenset(("name", "host", "place", "run", "state", "error", "reachable"))
"""Columns that are left out last, wherever they stand."""

Cells = Mapping[str, str]


def screen_width() -> int | None:
    """The columns of the terminal that is written to; None where it is none: then nothing is cut."""
    if not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return None if dumb_terminal() else get_terminal_size().columns


def width_of(text: str) -> int:
    """The columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(wcswidth(text), 0)


def cut(text: str, width: int) -> str:
    """A text in at most so many columns, with a sign where something is left out."""
    if width_of(text) <= width:
        return text
    while text and width_of(text) > width - 1:
        text = text[:-1]
    return text + _CUT if width else ""


def padded(text: str, width: int) -> str:
    """A text in just so many columns, or more."""
    return text + " " * (width - width_of(text))


def table(rows: Sequence[Cells], style: Style, width: int | None = None, *, all: bool = False) -> str:
    """Rows under their headings; columns without any value are left out.

    Within a `width`: columns are shortened, and left out where that is not enough, but where `all` of them are wanted:
    then each row becomes a few lines.
    """
    rows = [{name: plain(value) for name, value in row.items()} for row in rows]
    if not rows:
        return ""
    headings = [name for name in rows[0] if all or any(row[name] for row in rows)]
    natural = {name: max(len(name), *(width_of(row[name]) for row in rows)) for name in headings}
    shown: Sequence[str] = headings
    widths: Mapping[str, int] = natural
    if width is not None:
        shown, widths = _fitting(headings, natural, width, all=all)
        if all and _total(widths) > width:
            return _records(rows, headings, style, width)
    lines = [style(_line({name: name.upper() for name in shown}, widths), "1")]
    lines += [_line(row, widths) for row in rows]
    hidden = [name for name in headings if name not in shown]
    if hidden and width is not None:
        columns = f"{len(hidden)} column{'s' * (len(hidden) > 1)} hidden"
        note = f"{columns}: widen, or -o json ({', '.join(hidden)})"
        lines.append(style(cut(note, width), "2"))
    return "\n".join(lines)


def _line(row: Cells, widths: Mapping[str, int]) -> str:
    return _GAP.join(padded(cut(row[name] or "-", size), size) for name, size in widths.items()).rstrip()


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + len(_GAP) * (len(widths) - 1)


def _fitting(
    headings: Sequence[str], natural: Mapping[str, int], width: int, *, all: bool
) -> tuple[Sequence[str], Mapping[str, int]]:
    """The columns that are shown, and how wide each is."""
    shown = [*headings]
    while True:
        widths = _shortened({name: natural[name] for name in shown}, width, _SHORT)
        if _total(widths) <= width or all or len(shown) <= 2:
            break
        unimportant = [name for name in shown if name not in _KEPT] or shown[1:]
        shown.remove(unimportant[-1])
    return shown, _shortened(widths, width, _SHORTEST)


def _shortened(widths: Mapping[str, int], width: int, least: int) -> Mapping[str, int]:
    """The widest columns shortened until all fit, none below `least` or, if that is less, its heading."""
    found = dict(widths)
    limits = {name: max(_least(name, widths), len(name)) if least == _SHORT else least for name in found}
    while (too_wide := _total(found) - width) > 0:
        name = max(found, key=lambda name: found[name] - limits[name])
        if found[name] <= limits[name]:
            break
        widest = found[name]
        others = [size for other, size in found.items() if other != name and size < widest]
        found[name] = max(limits[name], widest - too_wide, min(widest - 1, max(others, default=0)))
    return found


def _least(name: str, widths: Mapping[str, int]) -> int:
    """To how many characters a column is shortened while others can be left out instead."""
    return min(widths[name], _WHOLE) if name in _KEPT else _SHORT


def _records(rows: Sequence[Cells], headings: Sequence[str], style: Style, width: int) -> str:
    """Each row as lines of its own."""
    label = max(map(len, headings))
    texts = []
    for row in rows:
        lines = (f"{style(padded(name, label), '1')}  {row[name] or '-'}" for name in headings)
        texts.append("\n".join(lines))
    return "\n\n".join(texts)
