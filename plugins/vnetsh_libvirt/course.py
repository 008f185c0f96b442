"""The course of a migration: whether it comes nearer to its end, or its guest writes faster than can be sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from vnetsh.errors import BackendRefused
from vnetsh.model import Attributes
from vnetsh_libvirt.means import AUTO_CONVERGE, MIB, POST_COPY

PATIENCE = 5
"""Rounds of pre-copy without any gain after which a migration counts as hopeless."""

LEAST_SECONDS = 10.0
"""Seconds before which no migration is given up for that."""

_GAIN = 0.9
_SLOWEST = 99
"""The percentage of its time that QEMU takes from a guest at most."""


class Course:
    """Told of libvirt's statistics again and again. `post_copying` is set when the guest goes on at the target."""

    def __init__(self, wishes: Attributes) -> None:
        self._wishes = wishes
        self._stats: Mapping[str, int] = {}
        self._round = 0
        self._left: list[int] = []  # to send in each round, the most that was seen
        self.post_copying = False

    def note(self, stats: Mapping[str, int]) -> None:
        """This is how far it is now; nothing where libvirt does not say."""
        self._stats = stats or self._stats
        number, left = stats.get("memory_iteration", 0), stats.get("memory_remaining", 0)
        if number > self._round:
            self._round = number
            self._left.append(left)
        elif stats and self._left:
            self._left[-1] = max(self._left[-1], left)

    def needs_post_copy(self) -> bool:
        """Whether only that helps, and it is wished."""
        return bool(self._wishes.get(POST_COPY)) and not self.post_copying and self._in_vain(1)

    def is_hopeless(self, seconds: float) -> bool:
        """Whether it would go on for ever, after so many seconds; not as long as the guest can be slowed down."""
        if self.post_copying or seconds < LEAST_SECONDS:
            return False
        slowed = self._stats.get("auto_converge_throttle", 0)
        return self._in_vain(PATIENCE) and (not self._wishes.get(AUTO_CONVERGE) or slowed >= _SLOWEST)

    def _in_vain(self, rounds: int) -> bool:
        """Whether each of the last rounds has left as much to send as the best one before them."""
        if len(self._left) <= rounds:
            return False
        return min(self._left[-rounds:]) > _GAIN * min(self._left[:-rounds])

    def why(self, name: str) -> BackendRefused:
        """Why it is given up."""
        written = self._stats.get("memory_dirty_rate", 0) * self._stats.get("memory_page_size", 4096)
        slower = "" if self._wishes.get(AUTO_CONVERGE) else "; `auto-converge` slows it down"
        return BackendRefused(
            f"{name} writes {written / MIB:.0f} MiB of its memory in a second, and "
            f"{self._stats.get('memory_bps', 0) / MIB:.0f} MiB are sent: its migration does not come to its end",
            help=f"more `bandwidth` or a longer `downtime`{slower}; `post-copy` lets it go on at the target first",
        )
