"""Lists of words, as attributes have them."""

from __future__ import annotations

from vnetsh.model import Value


def listed(value: Value) -> tuple[str, ...]:
    """The words of a list; none where there is none."""
    return tuple(map(str, value)) if isinstance(value, tuple) else ()
