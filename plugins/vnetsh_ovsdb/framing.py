"""A stream of bytes as JSON objects.

The parser of the `ovs` package walks each character in Python and takes ten times as long.
"""

from __future__ import annotations

import re
from typing import Any

from vnetsh import quick_json

_BETWEEN = re.compile(rb"\}\s*(?=\{)")  # where one object ends and the next begins, but for strings


class Framer:
    """Cuts a stream of bytes into JSON objects, without looking at each character.

    Braces are counted outside of strings; where the count comes to nothing, everything so far is whole.
    """

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._depth = 0
        self._in_string = False
        self._escape = b""

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """The objects that are whole now. Raises `ValueError` when it is no JSON."""
        self._chunks.append(data)
        data = self._escape + data
        self._escape = b""
        if b"\\" in data:
            data = re.sub(rb"\\.", b"", data, flags=re.DOTALL)
            if data.endswith(b"\\"):
                data, self._escape = data[:-1], b"\\"
        parts = data.split(b'"')
        outside = b"".join(parts[self._in_string :: 2])
        self._in_string ^= len(parts) % 2 == 0
        self._depth += outside.count(b"{") - outside.count(b"}")
        if self._depth or self._in_string:
            return []
        whole = b"".join(self._chunks)
        self._chunks = []
        return _objects(whole)


def _objects(whole: bytes) -> list[dict[str, Any]]:
    """The objects, one right after the other or with blanks between; mostly it is one."""
    view, start = memoryview(whole), 0
    found: list[dict[str, Any]] = []
    if whole.isspace():
        return found
    for end in (*(between.start() + 1 for between in _BETWEEN.finditer(whole)), len(whole)):
        try:
            value = quick_json.loads(view[start:end])
        except ValueError:
            if end == len(whole):
                raise
            continue  # that was in a string
        if not isinstance(value, dict):
            raise ValueError("not a JSON object")
        found.append(value)
        start = end
    return found
