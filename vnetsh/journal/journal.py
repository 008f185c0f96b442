"""What a run does, on disk before it is done: so that it can be undone, or finished after a crash.

A file a run, append-only, a JSON object a line; the first has the format's number. A step is written and synced
before a host is asked for it. The file is locked as long as its run lives, and called `.open` until it has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from vnetsh.crashpoints import reached
from vnetsh.journal import books
from vnetsh.journal.encoding import change_to_json, place_to_json
from vnetsh.journal.folder import ASKED, JournalFailed, cannot_write, folder, run_files
from vnetsh.journal.merging import touched
from vnetsh.journal.record_file import RecordFile
from vnetsh.journal.runs import FORMAT, Run, numbered
from vnetsh.model import Place, Thing
from vnetsh.model.change import Change

KEPT = 500
"""Runs that are kept; the oldest go."""


class Copying(Protocol):
    """Keeps copies of a run's record with the hosts that it changes. Never raises."""

    def begin(self, number: int, records: Sequence[Mapping[str, Any]]) -> None:
        """The run has this number, and so much of its record is there."""

    def write(self, record: Mapping[str, Any], places: Iterable[str] | None, *, sync: bool) -> None:
        """Begin to copy a record that concerns these places; None: all that keep something of the run."""

    def wait(self) -> Sequence[str]:
        """Wait until what is to be on their disks is there; the places that could not keep it."""

    def end(self, *, ended: bool) -> None:
        """Nothing more comes; `ended`: the run is over."""


class Journal:
    """The book of a run under way. Safe for several threads. Raises `JournalFailed`.

    `about` is what else its first record says: `who` makes it, what was `typed`, and the places it is `at`.
    """

    def __init__(
        self,
        what: str,
        script: str,
        runs: Path | None = None,
        *,
        back: bool = False,
        undoes: Sequence[int] = (),
        about: Mapping[str, Any] | None = None,
        copying: Copying | None = None,
    ) -> None:
        self._begin(copying)
        time = datetime.now(UTC).isoformat(timespec="seconds")
        first = {"journal": FORMAT, "time": time, "what": what, "script": script, "back": back}
        first |= {"undoes": list(undoes)} if undoes else {}
        first |= about or {}
        runs = runs or folder()
        try:
            self._path, self._file = self._create(runs, first)
        except OSError as error:
            raise cannot_write(error, runs) from error
        self.number = int(self._path.stem)
        if copying:
            copying.begin(self.number, [first])

    @classmethod
    def of(cls, run: Run, copying: Copying | None = None) -> Journal:
        """The book of a run that was cut off, to be written on while it is mended; `leave` closes it."""
        book = cls.__new__(cls)
        book._begin(copying, max((int(r["step"]) for r in run.records if "step" in r), default=0))
        book._records = numbered({}, run.records)["n"] - 1
        book._places = {int(r["step"]): [*touched(r)] for r in run.records if "step" in r}
        if copying:
            copying.begin(run.number, run.records)
        try:
            book._path, book._file = run.path, RecordFile.again(run.path)
        except BlockingIOError:
            raise JournalFailed(f"run {run.number} is being mended by another vnetsh") from None
        except OSError as error:
            raise cannot_write(error, run.path.parent) from error
        book.number = run.number
        return book

    def _begin(self, copying: Copying | None, steps: int = 0) -> None:
        self._copying = copying
        self._records = 0
        self._places: dict[int, Sequence[str]] = {}
        self._lock = threading.Lock()
        self._sync_lock = threading.Lock()
        self._written = 0
        self._synced = 0
        self._steps = steps
        self._segment = 0
        self._standing: set[int] = set()
        self._undoing: dict[int, int] = {}
        self._began: dict[int, float] = {}

    @staticmethod
    def _create(runs: Path, first: Mapping[str, Any]) -> tuple[Path, RecordFile]:
        """A file with the next number, locked."""
        files = run_files(runs)
        ended = [path for path in files.values() if path.suffix == ".run" and path.is_file()]
        for old in ended[:-KEPT]:
            old.unlink(missing_ok=True)
        number = max((one for one in files if one < books.LARGEST), default=0)
        while True:
            number += 1
            path = runs / f"{number:06}.open"
            with suppress(FileExistsError):
                path.with_suffix(ASKED).unlink(missing_ok=True)  # one of that number that was killed
                return path, RecordFile(path, first)

    def segment(self, number: int) -> None:
        """A segment of the plan begins; those before it are done."""
        self._segment = number
        with suppress(JournalFailed):  # its first step says it too, and must be written
            self._write({"segment": number})

    def intend(
        self,
        place: Place,
        backend: str,
        changes: Sequence[Change],
        stage: int,
        undoes: int = 0,
        mends: int = 0,
    ) -> int:
        """A step is about to be made (`undoes`: it takes back that one, `mends`: what is half-made of it); its number.

        Steps of a stage may be made, and taken back, at the same time.
        Raises `JournalFailed`, but not for a step that takes another one back: that is done all the same.
        """
        with self._lock:
            self._steps += 1
            number = self._steps
            self._began[number] = monotonic()
        record: dict[str, Any] = {
            "step": number,
            "segment": self._segment,
            "stage": stage,
            "place": place_to_json(place),
            "backend": backend,
            "changes": [change_to_json(change) for change in changes],
        }
        self._places[number] = [*{place.name, *(at for one in changes for at in one.concerned)}]
        if mends:
            record["mends"] = mends
        if undoes:
            self._undoing[number] = undoes
            with suppress(JournalFailed):
                self._write({**record, "undoes": undoes}, sync=True, step=number)
        else:
            self._write(record, sync=True, step=number)
            self._standing.add(number)
        reached("step is in the journal")
        return number

    def done(self, step: int) -> None:
        """A step was made and verified."""
        self._standing.discard(self._undoing.get(step, 0))
        took = round(monotonic() - self._began.get(step, monotonic()), 1)
        self._write({"done": step, "took": took}, step=step)
        reached("step is done")

    def made(self, step: int, position: int, thing: Thing) -> None:
        """A change of a step, by its position, makes something, or is about to. On the disk when it returns."""
        self._write({"made": step, "change": position, "thing": dict(thing)}, sync=True, step=step)

    def failed(self, step: int, standing: Sequence[int]) -> None:
        """A step failed; of its changes these (by position) took effect, or may have."""
        if not standing:
            self._standing.discard(step)
        self._write({"failed": step, "standing": list(standing)}, step=step)

    def answered(self, text: str, *, ok: bool) -> None:
        """What was expected was looked at; in words what came of it."""
        with suppress(JournalFailed):  # nothing is to be taken back of it
            self._write({"answered": text, "ok": ok})

    def unconfirmed(self, tokens: Mapping[str, str], seconds: float) -> None:
        """What follows has to be confirmed in time, or these places go back: each with its guard's token."""
        self._write({"unconfirmed": dict(tokens), "seconds": seconds, "block": self._segment}, sync=True)

    def confirming(self) -> None:
        """All is as it was expected: the places are about to be told."""
        self._write({"confirming": True}, sync=True)

    def confirmed(self, places: Iterable[str]) -> None:
        """At these places it stands."""
        self._write({"confirmed": sorted(places)}, sync=True)

    def gone_back(self, places: Iterable[str], steps: Iterable[int]) -> None:
        """These places went back: nothing of these steps stands."""
        for step in steps:
            self._standing.discard(step)
            self._write({"settled": step, "standing": []})
        self._write({"gone back": sorted(places)}, sync=True)

    def settled(self, step: int, standing: Sequence[int]) -> None:
        """A step that was half-made is certain now: of its changes these (by position) stand, and no others."""
        self._write({"settled": step, "standing": list(standing)}, sync=True)

    def end(self, outcome: str, seconds: float | None = None) -> None:
        """The run is over: `done`, `failed`, `undone`, `interrupted`."""
        reached("run is about to end")
        took = {} if seconds is None else {"seconds": round(seconds, 3)}
        try:
            self._write({"end": outcome, **took}, sync=True, wait=False)
        except JournalFailed:
            if self._standing:
                raise
            # All was taken back, which could not be written down: so nothing may say that it was done.
            self._file.cut_to_first()
            self._write({"end": outcome}, sync=True, wait=False)
        if self._copying:
            self._copying.end(ended=True)
        self._heed()
        self._path.rename(self._path.with_suffix(".run"))
        self._file.close()

    def leave(self) -> None:
        """The run is broken off: a host went silent. It counts as cut off, to be finished or taken back."""
        if self._copying:
            self._copying.end(ended=False)
        self._heed()
        self._file.close()

    def asked_to_end(self) -> Sequence[str]:
        """Who wants the run to be broken off and taken back; the second time, not to wait for what hangs."""
        try:
            return self._path.with_suffix(ASKED).read_text().splitlines()
        except OSError:
            return ()

    def _heed(self) -> None:
        """Nobody need ask any more."""
        with suppress(OSError):
            self._path.with_suffix(ASKED).unlink(missing_ok=True)

    def _write(
        self, record: Mapping[str, Any], *, sync: bool = False, step: int = 0, wait: bool = True
    ) -> None:
        """Write a record; of a step, also with the hosts that it touches, at the same time. `wait`: for these, too."""
        try:
            with self._lock:
                self._records += 1
                record = {"n": self._records, **record}
                self._file.append(record)
                self._written += 1
                mine = self._written
            if self._copying:
                self._copying.write(record, self._places.get(step), sync=sync and wait)
            if sync:
                self._sync(mine)
        except OSError as error:
            raise cannot_write(error, self._path.parent) from error
        for place in self._copying.wait() if self._copying and sync and wait else ():
            self._write({"unkept": place})

    def _sync(self, upto: int) -> None:
        """Have so many records on the disk: all that wait for it at the same time go with one `fsync`."""
        with self._sync_lock:
            if self._synced < upto:
                written = self._written
                self._file.sync()
                self._synced = written
