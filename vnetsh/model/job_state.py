"""How far long work is."""

from __future__ import annotations

from dataclasses import dataclass


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
