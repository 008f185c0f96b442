"""A host's lock that outlives the connection by which it is held: lost with it, it is taken again before a step."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from vnetsh.errors import VnetshError
from vnetsh.hosts.transport import Busy, Held

_ENDING = 2.0  # seconds in which the host has noticed that the old one is gone


class Kept(Held):
    """The lock of a place; `take` takes it once more."""

    def __init__(self, place: str, held: Held, take: Callable[[], Held | Busy | None]) -> None:
        super().__init__(self._release, lambda: False, held.scribe)
        self._place = place
        self._held: Held | None = held
        self._take = take
        self._lock = threading.Lock()

    def keep(self) -> None:
        """See that it is ours still. Raises `VnetshError` when somebody else has it now, `HostUnreachable`."""
        with self._lock:
            if self._held is None or not self._held.lost():
                return
            deadline = time.monotonic() + _ENDING
            while isinstance(taken := self._take(), Busy) and time.monotonic() < deadline:
                time.sleep(0.1)
            if isinstance(taken, Busy):
                raise VnetshError(
                    f"{self._place}: its lock was lost with the connection, and {taken.who} has it now",
                    help="nothing more is done there by this run",
                )
            self._held.release()
            self._held = taken
            self.scribe = taken.scribe if taken else None

    def _release(self) -> None:
        with self._lock:
            held, self._held = self._held, None
            if held:
                held.release()
