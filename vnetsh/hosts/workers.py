"""Calls that are made at the same time, on threads that nobody must wait for: one may never come back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from queue import SimpleQueue
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")
Item = TypeVar("Item")

WORKERS = 32
"""Calls that are under way at the same time, at most."""


class Workers:
    """Makes calls, at most `most` at the same time.

    Its threads are daemons, and not those of `concurrent.futures`, for these are waited for when Python ends.
    """

    def __init__(self, name: str, most: int = WORKERS) -> None:
        self._name = name
        self._most = most
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]] | None] = (
            SimpleQueue()
        )
        self._lock = threading.Lock()
        self._threads = 0
        self._unfinished = 0

    def submit(self, call: Callable[..., T], *arguments: Any) -> Future[T]:
        """The future of a call."""
        future: Future[T] = Future()
        with self._lock:
            self._unfinished += 1
            if self._threads < min(self._most, self._unfinished):
                self._threads += 1
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
        self._jobs.put((future, call, arguments))
        return future

    def stop(self) -> None:
        """Let the threads end when all calls are done. Nothing may be submitted after it."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _work(self) -> None:
        while job := self._jobs.get():
            future, call, arguments = job
            try:
                result = call(*arguments)
            except BaseException as error:
                self._finish()
                future.set_exception(error)
            else:
                self._finish()
                future.set_result(result)
                del result
            del job, future, call, arguments  # an idle thread keeps nothing alive: no connection, no domain

    def _finish(self) -> None:
        with self._lock:
            self._unfinished -= 1


def begin(name: str, call: Callable[..., T], *arguments: Any) -> Future[T]:
    """The future of one call, on a thread of its own."""
    workers = Workers(name, 1)
    future = workers.submit(call, *arguments)
    workers.stop()
    return future


def at_once(name: str, call: Callable[[Item], T], items: Iterable[Item]) -> list[T]:
    """The call's result for each item, in their order; Ctrl-C does not wait for calls that are under way."""
    workers = Workers(name)
    futures = [workers.submit(call, item) for item in items]
    workers.stop()
    return [future.result() for future in futures]


_SLOWER = 2
"""So many times as long as the slowest that answers one may take that does not, beyond all patience."""


def in_time(
    name: str,
    call: Callable[[Item], T],
    items: Sequence[Item],
    patience: float,
) -> tuple[Mapping[Item, T], float]:
    """The results of those items that come in time, and how many seconds were waited for the others.

    A call is late that has lasted for `patience` seconds and twice as long as the slowest that is over, where
    there is one that is. Nobody waits for a late one: its thread ends when it does.
    """
    workers = Workers(name)
    began, slowest = monotonic(), 0.0
    pending = {workers.submit(call, item): item for item in items}
    workers.stop()
    found: dict[Item, T] = {}
    while pending and (not found or monotonic() - began < max(patience, _SLOWER * slowest)):
        done, _ = wait(pending, timeout=min(0.2, patience), return_when=FIRST_COMPLETED)
        for future in done:
            found[pending.pop(future)] = future.result()
            slowest = monotonic() - began
    return found, monotonic() - began
