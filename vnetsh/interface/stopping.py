"""Ctrl-Z: what is drawn in place goes before the process stops, and comes again where the cursor is when it goes on."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import FrameType

Around = Callable[[], AbstractContextManager[object]]

_drawn: list[Around] = []


@contextmanager
def while_drawn(around: Around) -> Iterator[None]:
    """Whenever the process is stopped meanwhile it is so within `around`, on the main thread."""
    if threading.current_thread() is not threading.main_thread() or not sys.stdin.isatty():
        yield
        return
    if signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL:  # where it is ignored it stays so
        signal.signal(signal.SIGTSTP, _stop)
    _drawn.append(around)
    try:
        yield
    finally:
        _drawn.remove(around)
        if not _drawn and signal.getsignal(signal.SIGTSTP) is _stop:
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)


@contextmanager
def heeding(number: int, do: Callable[[], None]) -> Iterator[None]:
    """Do something when a signal comes, on the main thread; elsewhere it is not heeded."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, lambda number, frame: do())
    try:
        yield
    finally:
        signal.signal(number, before)


def _stop(number: int, frame: FrameType | None) -> None:
    """Stop as if nobody had heeded the signal."""
    with ExitStack() as stack:
        for around in [*_drawn]:
            stack.enter_context(around())
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_kill(threading.get_ident(), number)  # of all threads this one goes no further
        signal.signal(number, _stop)
