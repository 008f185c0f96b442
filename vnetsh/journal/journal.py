"""What a run does, on disk before it is done: so that it can be undone, or finished after a crash.

A file a run, append-only, a JSON object a line; the first has the format's number. A step is written and synced
before a host is asked for it. The file is locked as long as its run lives, and called `.open` until it has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vnetsh.crashpoints import reached
from vnetsh.journal.encoding import change_to_json, place_to_json
from vnetsh.journal.folder import ASKED, JournalFailed, cannot_write, folder, run_files
from vnetsh.journal.record_file import RecordFile
from vnetsh.journal.runs import FORMAT, Run
from vnetsh.model import Place, Thing
from vnetsh.model.change import Change

KEPT = 500
"""Runs that are kept; the oldest go."""


class Journal:
    """The book of a run under way. Safe for several threads. Raises `JournalFailed`."""

    def __init__(
        self, what: str, script: str, runs: Path | None = None, *, back: bool = False, undoes: int = 0
    ) -> None:
        self._begin()
        time = datetime.now(UTC).isoformat(timespec="seconds")
        first = {"journal": FORMAT, "time": time, "what": what, "script": script, "back": back}
        first |= {"undoes": undoes} if undoes else {}
        runs = runs or folder()
        try:
            self._path, self._file = self._create(runs, first)
        except OSError as error:
            raise cannot_write(error, runs) from error
        self.number = int(self._path.stem)

    @classmethod
    def of(cls, run: Run) -> Journal:
        """The book of a run that was cut off, to be written on while it is mended; `leave` closes it."""
        book = cls.__new__(cls)
        book._begin(max((int(r["step"]) for r in run.records if "step" in r), default=0))
        try:
            book._path, book._file = run.path, RecordFile.again(run.path)
        except BlockingIOError:
            raise JournalFailed(f"run {run.number} is being mended by another vnetsh") from None
        except OSError as error:
            raise cannot_write(error, run.path.parent) from error
        book.number = run.number
        return book

    def _begin(self, steps: int = 0) -> None:
        self._lock = threading.Lock()
        self._sync_lock = threading.Lock()
        self._written = 0
        self._synced = 0
        self._steps = steps
        self._segment = 0
        self._standing: set[int] = set()
        self._undoing: dict[int, int] = {}

    @staticmethod
    def _create(runs: Path, first: Mapping[str, Any]) -> tuple[Path, RecordFile]:
        """A file with the next number, locked."""
        files = run_files(runs)
        ended = [path for path in files.values() if path.suffix == ".run" and path.is_file()]
        for old in ended[:-KEPT]:
            old.unlink(missing_ok=True)
        number = max(files, default=0)
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
        record: dict[str, Any] = {
            "step": number,
            "segment": self._segment,
            "stage": stage,
            "place": place_to_json(place),
            "backend": backend,
            "changes": [change_to_json(change) for change in changes],
        }
        if mends:
            record["mends"] = mends
        if undoes:
            self._undoing[number] = undoes
            with suppress(JournalFailed):
                self._write({**record, "undoes": undoes}, sync=True)
        else:
            self._write(record, sync=True)
            self._standing.add(number)
        reached("step is in the journal")
        return number

    def done(self, step: int) -> None:
        """A step was made and verified."""
        self._standing.discard(self._undoing.get(step, 0))
        self._write({"done": step})
        reached("step is done")

    def made(self, step: int, position: int, thing: Thing) -> None:
        """A change of a step, by its position, makes something, or is about to. On the disk when it returns."""
        self._write({"made": step, "change": position, "thing": dict(thing)}, sync=True)

    def failed(self, step: int, standing: Sequence[int]) -> None:
        """A step failed; of its changes these (by position) took effect, or may have."""
        if not standing:
            self._standing.discard(step)
        self._write({"failed": step, "standing": list(standing)})

    def answered(self, text: str, *, ok: bool) -> None:
        """What was expected was looked at; in words what came of it."""
        with suppress(JournalFailed):  # nothing is to be taken back of it
            self._write({"answered": text, "ok": ok})

    def settled(self, step: int, standing: Sequence[int]) -> None:
        """A step that was half-made is certain now: of its changes these (by position) stand, and no others."""
        self._write({"settled": step, "standing": list(standing)}, sync=True)

    def end(self, outcome: str) -> None:
        """The run is over: `done`, `failed`, `undone`, `interrupted`."""
        reached("run is about to end")
        try:
            self._write({"end": outcome}, sync=True)
        except JournalFailed:
            if self._standing:
                raise
            # All was taken back, which could not be written down: so nothing may say that it was done.
            self._file.cut_to_first()
            self._write({"end": outcome}, sync=True)
        self._heed()
        self._path.rename(self._path.with_suffix(".run"))
        self._file.close()

    def leave(self) -> None:
        """The run is broken off: a host went silent. It counts as cut off, to be finished or taken back."""
        self._heed()
        self._file.close()

    def asked_to_end(self) -> str:
        """Who wants the run to be broken off and taken back; empty where nobody does."""
        try:
            return self._path.with_suffix(ASKED).read_text().strip()
        except OSError:
            return ""

    def _heed(self) -> None:
        """Nobody need ask any more."""
        with suppress(OSError):
            self._path.with_suffix(ASKED).unlink(missing_ok=True)

    def _write(self, record: Mapping[str, Any], *, sync: bool = False) -> None:
        try:
            with self._lock:
                self._file.append(record)
                self._written += 1
                mine = self._written
            if sync:
                self._sync(mine)
        except OSError as error:
            raise cannot_write(error, self._path.parent) from error

    def _sync(self, upto: int) -> None:
        """Have so many records on the disk: all that wait for it at the same time go with one `fsync`."""
        with self._sync_lock:
            if self._synced < upto:
                written = self._written
                self._file.sync()
                self._synced = written
