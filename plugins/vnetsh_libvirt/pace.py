"""Whether a migration gets on."""

from __future__ import annotations

import time
from collections.abc import Mapping

STALL = 60.0
"""Seconds without a byte after which a migration counts as hung: the process at one of its ends is stopped."""


class Pace:
    """Looks at the statistics of a job, again and again."""

    def __init__(self) -> None:
        self._seen: object = None
        self._since = time.monotonic()

    def stalls(self, stats: Mapping[str, int]) -> bool:
        """Whether nothing has moved for too long."""
        now = tuple(stats.get(key) for key in ("data_processed", "data_remaining", "memory_iteration"))
        if now != self._seen:
            self._seen, self._since = now, time.monotonic()
        return time.monotonic() - self._since > STALL
