"""What pages are told: topics with what is true of each now, and streams of what becomes otherwise.

A page that was away, however long, is told the present state; of what it missed nothing is kept. A slow one is told
less often: from what it was told last to what is true now.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex

PICTURE = "picture"
BEAT = 10.0
"""Seconds after which a page is told that all is as it was: one that hears nothing knows that it is cut off."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture in pieces, by what stays the same of each: as data, and as it is drawn; in drawing order."""

    title: str
    pieces: Mapping[str, tuple[Mapping[str, object], str]]

    @property
    def order(self) -> Sequence[str]:
        """The keys of the pieces."""
        return [*self.pieces]

    def same(self, other: Drawn) -> bool:
        """Whether both look the same."""
        return (self.title, self.order, self.pieces) == (other.title, other.order, other.pieces)


@lru_cache(maxsize=16)  # of fifty pages most have the same behind them
def differing(old: Drawn | None, new: Drawn) -> str:
    """What makes the newer of two pictures of the older one, as JSON; of none: all of it."""
    before = old.pieces if old else {}
    pieces = {key: piece for key, piece in new.pieces.items() if before.get(key) != piece}
    same = old and old.order == new.order
    return json.dumps(
        {"title": new.title, "order": None if same else new.order, "pieces": pieces, "whole": old is None},
        separators=(",", ":"),
    )


class Hub:
    """Topics, set on any thread. `hello` is what a page is told first, whoever it is."""

    def __init__(self, hello: Mapping[str, object]) -> None:
        self.boot = token_hex(8)
        self.hello = hello
        self._lock = threading.Lock()
        self._topics: dict[str, tuple[int, object]] = {}
        self._number = 0
        self._wakers: set[Callable[[], None]] = set()
        self.watched = threading.Event()
        """Set while there are pages."""

    def set(self, topic: str, value: object) -> None:
        """What is true of a topic from now on."""
        with self._lock:
            if topic in self._topics and self._topics[topic][1] == value:
                return
            self._number += 1
            self._topics[topic] = self._number, value
            wakers = [*self._wakers]
        for wake in wakers:
            wake()

    def get(self, topic: str) -> tuple[str, object]:
        """What is true of a topic, with its id."""
        with self._lock:
            number, value = self._topics.get(topic, (0, None))
        return f"{self.boot}.{number}", value

    def _since(self, told: Mapping[str, int]) -> list[tuple[str, int, object]]:
        with self._lock:
            return [
                (topic, number, value)
                for topic, (number, value) in self._topics.items()
                if told.get(topic) != number
            ]

    def _heard(self, wake: Callable[[], None], *, on: bool) -> None:
        with self._lock:
            (self._wakers.add if on else self._wakers.discard)(wake)
            (self.watched.set if self._wakers else self.watched.clear)()

    async def events(self, has: str) -> AsyncIterator[bytes]:
        """Server-sent events; `has` is the id of the picture that the page has already."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set)

        self._heard(wake, on=True)
        try:
            yield event("hello", json.dumps({**self.hello, "boot": self.boot}))
            told: dict[str, int] = {}
            picture: Drawn | None = None
            id, drawn = self.get(PICTURE)
            if id == has and isinstance(drawn, Drawn):
                told[PICTURE], picture = int(id.rpartition(".")[2]), drawn
            while True:
                woken.clear()
                for topic, number, value in self._since(told):
                    told[topic] = number
                    if isinstance(value, Drawn):
                        yield event(topic, differing(picture, value), f"{self.boot}.{number}")
                        picture = value
                    else:
                        yield event(topic, json.dumps(value, separators=(",", ":")))
                try:
                    await asyncio.wait_for(woken.wait(), BEAT)
                except TimeoutError:
                    yield event("beat", "{}")
        finally:
            self._heard(wake, on=False)


def event(name: str, data: str, id: str = "") -> bytes:
    """One event; its data is one line, as JSON is."""
    first = f"id: {id}\n" if id else ""
    return f"{first}event: {name}\ndata: {data}\n\n".encode(errors="replace")
