"""The page of one thing as text: labelled lines, then small tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vnetsh.interface.fitting import padded, table
from vnetsh.interface.output import one_line
from vnetsh.interface.render import Style
from vnetsh.interface.tables import rows_of, shown_row
from vnetsh.model import Value
from vnetsh.plain_text import plain
from vnetsh.schema import Vocabulary
from vnetsh.views.page import Page, Section

_UNITS = (("G", 2**30), ("M", 2**20), ("K", 2**10))
_INDENT = "  "
_ALARMS = frozenset(("error", "note"))


def page_text(page: Page, vocabulary: Vocabulary, style: Style, width: int | None) -> str:
    """A page for a terminal, or without a width for a file."""
    kind = vocabulary.kinds[page.kind]
    _, rows = rows_of(kind, [page.resource])
    own = {
        name: text for name, text in shown_row(kind, rows[0], all=True).items() if not _elsewhere(page, name)
    }
    lines = [style(plain(page.title), "1"), *_labelled(own, style)]
    for section in page.sections:
        lines += ["", style(section.title, "1"), *_section(section, page, vocabulary, style, width)]
    return "\n".join(lines)


def _elsewhere(page: Page, name: str) -> bool:
    """Whether an attribute is told with each place."""
    return page.everywhere and name in ("host", "place", "error")


def _labelled(texts: Mapping[str, str], style: Style) -> Iterator[str]:
    told = {name: text for name, text in texts.items() if text and name != "name"}
    label = max(map(len, told), default=0)
    for name, text in told.items():
        shown = style(plain(text), "1;31") if name in _ALARMS else plain(text)
        yield f"{_INDENT}{padded(name, label)}  {shown}"


def _section(
    section: Section, page: Page, vocabulary: Vocabulary, style: Style, width: int | None
) -> Iterator[str]:
    if section.resources:
        kind = vocabulary.kinds[section.kind]
        _, rows = rows_of(kind, section.resources)
        texts: Sequence[Mapping[str, str]] = [shown_row(kind, row, all=False) for row in rows]
        known = {page.kind: page.resource.name} | ({} if page.everywhere else {"host": page.resource.place})
        same = {name for name, value in known.items() if all(row.get(name, value) == value for row in texts)}
        texts = [{name: text for name, text in row.items() if name not in same} for row in texts]
    elif section.rows:
        texts = [{name: _value(name, value) for name, value in row.items()} for row in section.rows]
    else:
        yield from (_INDENT + one_line(line) for line in section.lines)
        return
    inner = None if width is None else width - len(_INDENT)
    yield from (_INDENT + line for line in table(texts, style, inner).split("\n"))


def _value(name: str, value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if name.endswith("_bytes") and isinstance(value, int):
        unit, worth = next(((unit, worth) for unit, worth in _UNITS if value >= worth), ("", 1))
        return f"{value / worth:.1f}{unit}" if unit else str(value)
    return "" if value is None else str(value)
