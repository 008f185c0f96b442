"""How far long work is, and how that is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Progress(Protocol):
    """Called by work that may take long; `fraction` from 0 to 1, or None when it is not known.

    Raises `KeyboardInterrupt` when the user has broken the work off: what was begun is taken back then.
    """

    def __call__(self, text: str, fraction: float | None = None) -> None:
        """Say how far the work is."""


@dataclass(frozen=True, slots=True)
class JobState:
    """How far long work is: bytes moved and in all, bytes per second; 0 where it is not known.

    `ended`: it is over, and came to its end well; a job that failed raises instead.
    """

    text: str
    moved: int = 0
    total: int = 0
    rate: float = 0.0
    ended: bool = False

    @property
    def fraction(self) -> float | None:
        """From 0 to 1; None when it is not known."""
        return min(1.0, self.moved / self.total) if self.total else None


class Job(Protocol):
    """Long work that goes on by itself: a migration, a disk's copy. Looking at it needs no connection's turn.

    Where it has a method `wait(seconds)` too, that is called between two looks: it ends earlier when there is news.
    """

    def look(self) -> JobState:
        """How far it is. Raises what `Connection.apply` raises when it has failed."""

    def cancel(self) -> None:
        """Have it end soon and take back what it did; `look` then tells how it ended. Never raises."""
