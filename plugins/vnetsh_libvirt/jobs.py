"""Work that goes on by itself on a thread of its own, and tells how far it is when somebody looks."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from vnetsh.backend import Job, JobState
from vnetsh.hosts import workers
from vnetsh_libvirt.journey import Tell


class Work(Job):
    """A call under way. What it tells is seen in its order; of how far it is only the last counts."""

    def __init__(self, name: str, text: str, work: Callable[[Tell], None]) -> None:
        self._lock = threading.Lock()
        self._told: deque[JobState] = deque()
        self._last = JobState(text)
        self._cancelled = threading.Event()
        self._news = threading.Event()
        self._outcome = workers.begin(name, work, self._tell)
        self._outcome.add_done_callback(lambda outcome: self._news.set())

    def _tell(self, state: JobState) -> None:
        """Called by the work itself; a cancelled one is broken off here, once."""
        if self._cancelled.is_set():
            self._cancelled.clear()
            raise KeyboardInterrupt
        with self._lock:
            if self._told and self._told[-1].total and state.total:
                self._told.pop()
            self._told.append(state)
        self._news.set()

    def look(self) -> JobState:
        """How far it is. Raises what the work raised."""
        done = self._outcome.done()
        with self._lock:
            if self._told:
                self._last = self._told.popleft()
            more = bool(self._told)
        if not done or more:
            return self._last
        self._outcome.result()
        return replace(self._last, ended=True)

    def wait(self, seconds: float) -> None:
        """Wait until something is told, or it has ended; so long at most."""
        self._news.wait(seconds)
        self._news.clear()

    def cancel(self) -> None:
        """Have it broken off where it next tells how far it is."""
        self._cancelled.set()
