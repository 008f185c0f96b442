"""JSON of thousands of rows: by orjson where it is there, else by the standard library, which is everywhere."""

from __future__ import annotations

from typing import Any

_orjson: Any
try:
    import orjson as _orjson
except ImportError:  # it is written in Rust: not in the one file that runs anywhere, nor in Debian 12
    _orjson = None


def loads(text: bytes | memoryview) -> Any:
    """The value of a JSON text in UTF-8. Raises `ValueError` for what is none, or is too deep."""
    if _orjson is not None:
        return _orjson.loads(text)
    import json

    try:
        return json.loads(str(text, "utf-8"), parse_constant=_no_number)
    except RecursionError:
        raise ValueError("objects and lists in one another, too deep") from None


def dumps(value: object) -> bytes:
    """A value as JSON in UTF-8, on one line. Raises `TypeError` for what JSON or UTF-8 has not."""
    if _orjson is not None:
        text: bytes = _orjson.dumps(value)
        return text
    import json

    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError as error:  # half of a surrogate pair
        raise TypeError(str(error)) from error


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")
