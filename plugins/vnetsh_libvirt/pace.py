"""Whether a migration gets on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

SLOW = 10.0
"""Seconds without a byte after which it is asked what holds a migration up."""

STALL = 60.0
"""Seconds without a byte after which a migration counts as hung: the process at one of its ends is stopped."""


class Pace:
    """Looks at the statistics of a job, again and again; `held_up` says in words what it waits for, if it does."""

    def __init__(self, held_up: Callable[[], str] = str) -> None:
        self._held_up = held_up
        self._seen: object = None
        self._since = time.monotonic()
        self._asked = 0.0

    def stalls(self, stats: Mapping[str, int]) -> str:
        """Why nothing will move, in words; empty as long as it may."""
        now = time.monotonic()
        seen = tuple(stats.get(key) for key in ("data_processed", "data_remaining", "memory_iteration"))
        if seen != self._seen:
            self._seen, self._since = seen, now
        if now - self._since > STALL:
            return f"it got no further for {STALL:g} s"
        if now - self._since > SLOW < now - self._asked:
            self._asked = now
            return self._held_up()
        return ""
