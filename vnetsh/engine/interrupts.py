"""Ctrl-C while changes are made: what is under way ends in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interrupts(cancel: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C call `cancel` instead of raising somewhere: what is under way ends in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: cancel())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
