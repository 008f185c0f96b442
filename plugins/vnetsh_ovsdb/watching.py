"""Told of each change of a database, without asking: on a connection of its own, by a thread that waits there."""

from __future__ import annotations

import threading
from collections.abc import Callable

from vnetsh.errors import VnetshError
from vnetsh_ovsdb.client import Client, NoAnswer
from vnetsh_ovsdb.layout import Layout

_ID = "vnetsh-watch"
_AGAIN = 1.0  # seconds between two attempts at a server that is gone
_PATIENCE = 2.0  # seconds in which the thread has ended

ALIVE = 5.0
"""Seconds of silence after which a server is asked for a sign of life, and in which it is to give one."""


class Watcher:
    """Calls `tell`, on its thread, after each change of what a layout has, whoever made it; until `close`.

    When the connection breaks, or the server hangs, `tell` is called once, for who knows what has changed; and once
    more when a server that was gone is back. Raises `HostUnreachable` when it cannot begin.
    """

    def __init__(self, client: Client, layout: Layout, tell: Callable[[], None]) -> None:
        self._client = client
        self._layout = layout
        self._tell = tell
        self._ended = threading.Event()
        self._begin()
        self._thread = threading.Thread(target=self._watch, name="ovsdb watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and its connection; never raises."""
        self._ended.set()
        self._client.end()
        if self._thread is not threading.current_thread():
            self._thread.join(_PATIENCE)

    def _begin(self) -> None:
        requests = self._layout.monitored(initial=False)
        self._client.ask("monitor_cond", [self._layout.database, _ID, requests])

    def _watch(self) -> None:
        while not self._ended.is_set():
            hangs = False
            try:
                while not self._ended.is_set():
                    self._client.wait(ALIVE)
                    self._say()
            except VnetshError as error:
                hangs = isinstance(error, NoAnswer)
            self._client.close()
            self._resume(hangs)

    def _resume(self, hangs: bool) -> None:
        """Begin anew after a loss, when the server lets us; say when it is lost for longer, and when it is back."""
        gone = hangs
        if hangs:
            self._say()
        while not self._ended.is_set():
            try:
                self._begin()
            except VnetshError:
                if not gone:
                    self._say()
                gone = True
                self._ended.wait(_AGAIN)
            else:
                self._say()
                return

    def _say(self) -> None:
        if not self._ended.is_set():
            self._tell()
