"""Of cases that go the same way the suite has a few; `scripts/soak cases` has them all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def few(cases: Iterable[T], *kept: int) -> list[T]:
    """The cases of these numbers, from 0 on: at least one of each kind; at length all of them."""
    every = list(cases)
    return every if os.environ.get("VNETSH_EVERY") else [every[number] for number in kept]
