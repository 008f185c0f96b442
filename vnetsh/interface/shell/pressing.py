"""Ctrl-C while the shell waits: counted, and heeded where that is in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_Came = TypeVar("_Came")


class Pressed:
    """How often Ctrl-C was pressed, also while another one is heeded: it breaks nothing off but what it is to end."""

    def __init__(self) -> None:
        self._times = 0
        self._ends = False

    def __call__(self) -> None:
        """Once more."""
        if self._ends:
            self._ends = False
            raise KeyboardInterrupt
        self._times += 1

    def taken(self) -> bool:
        """Whether it was, and that is not heeded yet; now it is."""
        self._times -= (found := self._times > 0)
        return found

    def ending(self, do: Callable[[], _Came]) -> _Came | None:
        """What comes of something that Ctrl-C ends, a question; None where it did."""
        try:
            self._ends = True
            came = do()
            self._ends = False
        except KeyboardInterrupt:
            return None
        return came
