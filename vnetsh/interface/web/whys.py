"""What a page asks about two things of its picture: whether packets get from one to the other. Changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from vnetsh.errors import UsageError
from vnetsh.interface.ask_once import ask_once
from vnetsh.interface.output import spelled
from vnetsh.pictures.picture import Picture, Thing
from vnetsh.plain_text import plain
from vnetsh.session import Session

_PATIENCE = 10.0
"""Seconds that are waited for another question to be answered."""
_MOST = 3
"""Questions at a time, with those that wait: a page is served by few threads."""
_BUSY = "other things are being asked just now: ask again"
_ENDS = ("vm", "port", "host")


class Whys:
    """One question at a time, on a session of its own; all on any thread."""

    def __init__(self, session: Session) -> None:
        self._session, self._lock = session, threading.Lock()
        self._waiting = threading.Semaphore(_MOST)

    def why(self, picture: Picture, one: str, other: str) -> Mapping[str, object]:
        """What `why` says of two things, by their ids as a page has them. Raises `UsageError`, `ProblemsFound`."""
        ends = [_end(picture, id) for id in (one, other)]
        if not self._waiting.acquire(blocking=False):
            raise UsageError(_BUSY)
        try:
            return self._answered(" -> ".join(ends))
        finally:
            self._waiting.release()

    def _answered(self, way: str) -> Mapping[str, object]:
        if not self._lock.acquire(timeout=_PATIENCE):
            raise UsageError(_BUSY)
        try:
            return {"text": spelled(ask_once(self._session, "why", way, "<page>"))}
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close its connections; not while hosts are asked: those end with this process."""
        if self._lock.acquire(blocking=False):
            self._session.close()


def _end(picture: Picture, id: str) -> str:
    """An end of a way, in the words of the sentence. Raises `UsageError`."""
    thing = next((one for one in picture.things if plain(one.id) == id), None)
    if thing is None:
        raise UsageError("one of the two is not there any more")
    if thing.kind not in _ENDS:
        raise UsageError(f"`why` is asked of vms, ports and hosts: this is a {thing.kind}")
    return _said(thing, picture)


def _said(thing: Thing, picture: Picture) -> str:
    """As one says it oneself: with its kind where its name alone would mean several."""
    if thing.kind == "port":
        return f"{thing.place}/{thing.name}"
    alike = {one.kind for one in picture.things if one.name == thing.name and one.kind in _ENDS}
    return f"{thing.kind}:{thing.name}" if len(alike) > 1 else thing.name
