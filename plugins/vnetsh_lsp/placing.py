"""Places of a source as the protocol counts them, and back. Lines end at `\\n` only, as in `Source`."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import pairwise

from lsprotocol import types
from pygls.workspace import PositionCodec

from vnetsh.diagnostics import Source, Span


class Places:
    """Converts places; columns are counted in the units that editor and server agreed on."""

    def __init__(self, codec: PositionCodec) -> None:
        self._codec = codec

    def offset(self, source: Source, position: types.Position) -> int:
        """The offset of a position; one behind a line's or the text's end is that end."""
        if position.line >= len(source.line_starts):
            return len(source.text)
        line = source.line(position.line + 1)
        column = len(line)
        if position.character < self._codec.client_num_units(line):
            here = types.Position(0, position.character)
            column = self._codec.position_from_client_units([line], here).character
        return source.line_starts[position.line] + column

    def position(self, source: Source, offset: int) -> types.Position:
        """The position of an offset."""
        line, column = source.position(offset)
        units = self._codec.client_num_units(source.line(line)[: column - 1])
        return types.Position(line - 1, units)

    def range(self, span: Span) -> types.Range:
        """The range of a span."""
        return types.Range(self.position(span.source, span.start), self.position(span.source, span.end))


def differences(source: Source, text: str) -> Iterator[tuple[Span, str]]:
    """What makes another text of a source, whole lines at a time: cursors and marks elsewhere stay where they are."""
    old, new = _lines(source), _lines(Source("", text))
    starts = [*source.line_starts, len(source.text)]
    for what, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what != "equal":
            yield Span(source, starts[first], starts[last]), "".join(new[start:end])


def _lines(source: Source) -> list[str]:
    bounds = [*source.line_starts, len(source.text)]
    return [source.text[start:end] for start, end in pairwise(bounds)]
