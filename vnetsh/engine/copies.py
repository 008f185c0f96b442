"""The copies of a run's record with the hosts that it changes, written by the sessions that hold their locks.

What a step is to do is on its host's disk before it is done, as it is on this machine's: both at the same time. What
need not be there at once goes with what comes next.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vnetsh.hosts.keeping_there import LONG, NOT_ROOT
from vnetsh.hosts.transport import Held
from vnetsh.journal import books
from vnetsh.journal.record_file import line_of

PATIENCE = 2.0
"""Seconds that a host may take to write a record down; then the run goes on without that copy."""

Hosts = Callable[[str], Mapping[tuple[str, str], tuple[str, Held]]]
"""The hosts that lead to a place, and their locks, as far as they are held; by what tells locks apart."""


@dataclass
class _Copy:
    """The copy with one host."""

    host: str
    held: Held
    pending: bytearray = field(default_factory=bytearray)
    written: int = 0
    waiting: bool = False
    broken: bool = False


class Copies:
    """Those of one run, of the journal `book`. Safe for several threads. `hosts` gives what leads to a place."""

    def __init__(self, hosts: Hosts, book: int) -> None:
        self._hosts = hosts
        self._book = book
        self._lock = threading.Lock()
        self._copies: dict[tuple[str, str], _Copy] = {}
        self._common: list[Mapping[str, Any]] = []
        self._unkept: list[str] = []
        self.warnings: list[str] = []
        """A sentence for each host that cannot keep the record."""

    def begin(self, number: int, records: Sequence[Mapping[str, Any]]) -> None:
        """The run has this number, and so much of its record is there; of one that goes on, with its hosts, too."""
        self._number, self._run = books.short(number), books.whole(number, self._book)
        self._common = [{"n": 0, **records[0]}] if len(records) == 1 else []

    def write(self, record: Mapping[str, Any], places: Iterable[str] | None, *, sync: bool) -> None:
        """Begin to copy a record to the hosts of these places; None: to all that keep something of the run."""
        data = line_of(record)
        with self._lock:
            if places is None:
                self._common.append(record)
                concerned = [*self._copies.values()]
            else:
                concerned = [copy for place in places for copy in self._of(place)]
            for copy in concerned:
                copy.pending += data
                if sync:
                    self._send(copy, sync=True)
                    copy.waiting = True

    def _of(self, place: str) -> Iterable[_Copy]:
        found = self._hosts(place)
        if not found and place not in self._unkept:
            self._unkept.append(place)
        for key, (host, held) in found.items():
            if key not in self._copies:
                # A run that goes on begins on a line of its own, whatever its crash has left there.
                begun = b"".join(map(line_of, self._common)) or b"\n"
                self._copies[key] = _Copy(host, held, bytearray(begun))
            yield self._copies[key]

    def _send(self, copy: _Copy, *, sync: bool) -> None:
        if copy.held.scribe and copy.pending and not copy.broken:
            copy.held.scribe.add(self._run, bytes(copy.pending), sync=sync, timeout=PATIENCE)
            copy.written += len(copy.pending)
            copy.pending.clear()

    def wait(self) -> Sequence[str]:
        """Wait until what is to be on their disks is there; the places that cannot keep it, each once."""
        with self._lock:
            waiting = [copy for copy in self._copies.values() if copy.waiting and not copy.broken]
        failed = []
        for copy in waiting:
            why = copy.held.scribe.wait(PATIENCE) if copy.held.scribe else "it has no place for it"
            with self._lock:
                copy.waiting = False
                if why and not copy.broken:
                    copy.broken = True
                    failed.append(copy.host)
                    if why != NOT_ROOT:
                        self.warnings.append(f"{copy.host} keeps no record of run {self._number}: {why}")
        with self._lock:
            known, self._unkept[:] = [*self._unkept], []
        return [*failed, *known]

    def end(self, *, ended: bool) -> None:
        """Nothing more comes; `ended`: the run is over."""
        with self._lock:
            for copy in self._copies.values():
                self._send(copy, sync=False)
                if ended and copy.held.scribe and not copy.broken:
                    copy.held.scribe.end(self._run, long=copy.written > LONG, timeout=PATIENCE)

    def tell(self, record: Mapping[str, Any], at: Iterable[str]) -> None:
        """Add to a run that has ended, or is over by this, where the hosts of these places keep it and are locked."""
        mine = books.book(self._run) == self._book
        for _, held in {key: of for place in at for key, of in self._hosts(place).items()}.values():
            if held.scribe:
                held.scribe.tell(
                    self._run, line_of(record), ends="end" in record, others=not mine, timeout=PATIENCE
                )
