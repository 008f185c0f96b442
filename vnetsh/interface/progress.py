"""What the hosts are busy with, a line each, at the bottom of a terminal; nothing where there is no terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from shutil import get_terminal_size
from types import TracebackType
from typing import TextIO

from vnetsh.interface.output import Outlet, control, dumb_terminal
from vnetsh.interface.stopping import while_drawn
from vnetsh.plain_text import plain

_SOON = 0.3  # seconds that something may take before a word is said of it
_LONG = 2.0  # seconds from which on it is said how long it takes already
_LINES = 10  # hosts that are shown at the same time, at most
_LOOK = 0.1


@dataclass(frozen=True)
class _Busy:
    text: str
    since: float
    """Since when it is busy with that, of which only the numbers may change."""


class ProgressLine:
    """Shows the latest word of each host, rewritten in place. Safe for several threads.

    Its lines are there as long as it is not cleared; whoever prints meanwhile does so while it is `hidden`.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if isinstance(stream, Outlet) else Outlet(stream, careless=True)
        self._on = stream.isatty() and not dumb_terminal()
        self._lock = threading.RLock()
        self._busy: dict[str, _Busy] = {}
        self._shown = 0
        self._unheard = 0
        self._drawing: threading.Thread | None = None
        self._within: list[AbstractContextManager[None]] = []

    def __enter__(self) -> ProgressLine:
        drawn = while_drawn(self.hidden)
        drawn.__enter__()
        self._within.append(drawn)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._within.pop().__exit__(kind, error, trace)
        self.clear()

    def __call__(self, host: str, text: str, fraction: float | None) -> None:
        """What a host does, and how far it is (0 to 1), no text: nothing; without a host: what all of them are at."""
        if not self._on:
            return
        with self._lock:
            if self._unheard:
                return
            before = self._busy.pop(host, None)
            if not text:
                if (
                    not self._busy
                ):  # what is printed next is not to stand beside, or to be taken away with, these lines
                    self._draw([])
                return
            goes_on = before and _words(before.text) == _words(text)
            since = before.since if before and goes_on else time.monotonic()
            self._busy[host] = _Busy(text + (f" {fraction:.0%}" if fraction is not None else ""), since)
            if self._drawing is None:
                self._drawing = threading.Thread(target=self._draw_on, name="progress", daemon=True)
                self._drawing.start()

    def clear(self) -> None:
        """Take the lines away, until somebody is busy again."""
        with self._lock:
            self._busy.clear()
            self._draw([])

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Take the lines away as long as something else is printed."""
        with self._lock:
            self._draw([])
            yield

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """Nobody waits for anything: who still says something was left to itself, and is not heard."""
        with self._lock:
            self._unheard += 1
            self.clear()
        try:
            yield
        finally:
            with self._lock:
                self._unheard -= 1

    def _draw_on(self) -> None:
        while True:
            time.sleep(_LOOK)
            with self._lock:
                if not self._busy:
                    self._drawing = None
                    return
                self._draw(self._lines())

    def _lines(self) -> list[str]:
        now = time.monotonic()
        size = get_terminal_size()
        slow = sorted(
            (name, busy) for name, busy in self._busy.items() if self._shown or now - busy.since > _SOON
        )
        most = max(1, min(_LINES, size.lines - 2))
        lines = []
        for name, busy in slow[: most if len(slow) <= most else most - 1]:
            took = f"  {now - busy.since:.0f} s" if now - busy.since > _LONG else ""
            lines.append(f"{name}: {busy.text}{took}" if name else f"{busy.text}{took}")
        if len(slow) > most:
            lines.append(f"and {len(slow) - most + 1} more hosts")
        return [plain(line)[: max(1, size.columns - 1)] for line in lines]

    def _draw(self, lines: list[str]) -> None:
        if not (lines or self._shown):
            return
        up = control(f"\x1b[{self._shown - 1}A") if self._shown > 1 else ""
        self._stream.fleeting(f"{control(chr(13))}{up}{control(chr(27) + '[J')}" + "\n".join(lines))
        self._stream.flush()
        self._shown = len(lines)


def _words(text: str) -> str:
    """A text without its numbers: what is being done, whichever far it is."""
    return "".join(char for char in text if not char.isdigit())
