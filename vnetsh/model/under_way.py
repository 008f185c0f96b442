"""A move of a vm that is under way, as the place that it leaves tells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Of a vm: the bytes that are sent, and left to be; what is sent in a second, and what its guest writes meanwhile.

    `seconds` since it began. All 0 where nothing is told yet.
    """

    vm: str
    seconds: float = 0.0
    sent: int = 0
    left: int = 0
    rate: int = 0
    written: int = 0

    @property
    def to_go(self) -> float | None:
        """Seconds until its end, if all goes on so; None where that cannot be told, or it would never come."""
        return self.left / (self.rate - self.written) if self.rate > self.written else None
