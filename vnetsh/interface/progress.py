"""One line on a terminal that says what the hosts are busy with; nothing where there is no terminal."""

from __future__ import annotations

import threading
from shutil import get_terminal_size
from types import TracebackType
from typing import TextIO

from vnetsh.interface.output import Outlet, control
from vnetsh.plain_text import plain

_ANEW = control("\r\x1b[K")


class ProgressLine:
    """Shows the latest word of each host on one line, rewritten in place. Safe for several threads."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if isinstance(stream, Outlet) else Outlet(stream, careless=True)
        self._on = stream.isatty()
        self._lock = threading.Lock()
        self._busy: dict[str, str] = {}
        self._shown = False

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def __call__(self, host: str, text: str, fraction: float | None) -> None:
        """What a host does, and how far it is (0 to 1); without a host: what all of them are at."""
        if not self._on:
            return
        with self._lock:
            self._busy[host] = text + (f" {fraction:.0%}" if fraction is not None else "")
            line = " · ".join(
                f"{name}: {what}" if name else what for name, what in sorted(self._busy.items())
            )
            self._stream.fleeting(_ANEW + plain(line)[: max(1, get_terminal_size().columns - 1)])
            self._stream.flush()
            self._shown = True

    def clear(self) -> None:
        """Take the line away."""
        with self._lock:
            self._busy.clear()
            if self._shown:
                self._stream.fleeting(_ANEW)
                self._stream.flush()
                self._shown = False
