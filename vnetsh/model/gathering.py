"""Resources by what they have in common. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from vnetsh.model.resource import Resource

By = TypeVar("By")


def gathered(all: Iterable[Resource], by: Callable[[Resource], By]) -> dict[By, list[Resource]]:
    """Those of each value of `by`, in their order."""
    found: dict[By, list[Resource]] = {}
    for one in all:
        found.setdefault(by(one), []).append(one)
    return found
