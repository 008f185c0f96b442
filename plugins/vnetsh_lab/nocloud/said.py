"""What a seed says: values of YAML in which nothing is certain, and the lines of shell that follow from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def quoted(value: object) -> str:
    """A value as one word of the shell. (Python's minimal library has no shlex.)"""
    return "'" + str(value).replace("'", "'\\''") + "'"


def note(text: str) -> str:
    """The line that notes in the guest's log what is not obeyed."""
    return f"echo {quoted('not obeyed: ' + text)}"


def mapping(value: Any) -> dict[str, Any]:
    """A mapping; anything else is an empty one."""
    return {str(key): inner for key, inner in value.items()} if isinstance(value, dict) else {}


def listing(value: Any, apart: str = "") -> list[Any]:
    """A list; one thing alone is a list of it, and a text is cut at `apart` where that is given."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    if apart and isinstance(value, str):
        return [part.strip() for part in value.split(apart) if part.strip()]
    return [value]


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    """The mappings of a list."""
    return (mapping(one) for one in listing(value) if isinstance(one, dict))
