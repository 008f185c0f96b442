"""Places of a source as the protocol counts them, and back. Lines end at `\\n` only, as in `Source`."""

from __future__ import annotations

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
