"""What each run did, on disk before it was done: so that it can be undone, or finished after a crash.

A file a run, append-only, a JSON object a line; the first has the format's number. A step is written and synced
before a host is asked for it. The file is locked as long as its run lives, and called `.open` until it has ended.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from vnetsh.journal import record_file as records
from vnetsh.crashpoints import reached
from vnetsh.journal.encoding import change_from_json, change_to_json, host_from_json, host_to_json
from vnetsh.errors import VnetshError
from vnetsh.model import Host
from vnetsh.model.change import Change
from vnetsh.journal.record_file import RecordFile

FORMAT = 1
KEPT = 500
"""Runs that are kept; the oldest go."""


class JournalFailed(VnetshError):
    """The journal cannot be written (a full disk, say), so nothing more may be done."""


def folder() -> Path:
    """Where the user's runs are written down; mode 0700. Raises `JournalFailed` where it cannot be made."""
    state = os.environ.get("XDG_STATE_HOME")
    found = (Path(state) if state else Path.home() / ".local" / "state") / "vnetsh" / "runs"
    try:
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(error, found) from error
    return found


@dataclass(frozen=True)
class Step:
    """What one backend was to change on one host, in one call."""

    number: int
    host: str
    backend: str
    changes: tuple[Change, ...]
    stage: int


class Journal:
    """The book of a run under way. Safe for several threads. Raises `JournalFailed`."""

    def __init__(self, what: str, script: str, runs: Path | None = None, *, back: bool = False) -> None:
        self._lock = threading.Lock()
        self._sync_lock = threading.Lock()
        self._written = 0
        self._synced = 0
        self._steps = 0
        self._segment = 0
        self._standing: set[int] = set()
        self._undoing: dict[int, int] = {}
        time = datetime.now(UTC).isoformat(timespec="seconds")
        first = {"journal": FORMAT, "time": time, "what": what, "script": script, "back": back}
        runs = runs or folder()
        try:
            self._path, self._file = self._create(runs, first)
        except OSError as error:
            raise _cannot_write(error, runs) from error
        self.number = int(self._path.stem)

    @staticmethod
    def _create(runs: Path, first: Mapping[str, Any]) -> tuple[Path, RecordFile]:
        """A file with the next number, locked."""
        names = [entry.name for entry in os.scandir(runs)]
        ended = sorted(name for name in names if name.endswith(".run"))
        for old in ended[:-KEPT]:
            (runs / old).unlink(missing_ok=True)
        last = [*ended[-1:], *(name for name in names if name.endswith(".open"))]
        number = max((int(name.partition(".")[0]) for name in last), default=0)
        while True:
            number += 1
            path = runs / f"{number:06}.open"
            with suppress(FileExistsError):
                return path, RecordFile(path, first)

    def segment(self, number: int) -> None:
        """A segment of the plan begins; those before it are done."""
        self._segment = number
        with suppress(JournalFailed):  # its first step says it too, and must be written
            self._write({"segment": number})

    def intend(self, host: Host, backend: str, changes: Sequence[Change], stage: int, undoes: int = 0) -> int:
        """A step is about to be made (`undoes`: it takes back that one); its number.

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
            "host": host_to_json(host),
            "backend": backend,
            "changes": [change_to_json(change) for change in changes],
        }
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

    def failed(self, step: int, standing: Sequence[int]) -> None:
        """A step failed; of its changes these (by position) took effect, or may have."""
        if not standing:
            self._standing.discard(step)
        self._write({"failed": step, "standing": list(standing)})

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
        self._path.rename(self._path.with_suffix(".run"))
        self._file.close()

    def leave(self) -> None:
        """The run is broken off: a host went silent. It counts as cut off, to be finished or taken back."""
        self._file.close()

    def _write(self, record: Mapping[str, Any], *, sync: bool = False) -> None:
        try:
            with self._lock:
                self._file.append(record)
                self._written += 1
                mine = self._written
            if sync:
                self._sync(mine)
        except OSError as error:
            raise _cannot_write(error, self._path.parent) from error

    def _sync(self, upto: int) -> None:
        """Have so many records on the disk: all that wait for it at the same time go with one `fsync`."""
        with self._sync_lock:
            if self._synced < upto:
                written = self._written
                self._file.sync()
                self._synced = written


def _cannot_write(error: OSError, where: Path) -> JournalFailed:
    return JournalFailed(
        f"the journal cannot be written: {error.strerror}",
        help=f"nothing is done that could not be taken back; make room for {error.filename or where}",
    )


@dataclass(frozen=True)
class Run:
    """A run as its journal tells it. `alive`: it is still under way."""

    number: int
    path: Path
    records: Sequence[Mapping[str, Any]] = field(repr=False)
    alive: bool = False

    @property
    def _head(self) -> Mapping[str, Any]:
        return self.records[0]

    @property
    def readable(self) -> bool:
        """Whether this version of vnetsh understands it."""
        known = {"time", "what", "script"} <= self._head.keys() if self.records else False
        return known and self._head.get("journal") == FORMAT

    @property
    def time(self) -> datetime:
        """When it began."""
        return datetime.fromisoformat(self._head["time"])

    @property
    def what(self) -> str:
        """What it was: the scripts' names, or `undo 12`."""
        return str(self._head["what"])

    @property
    def takes_back(self) -> bool:
        """Whether it only took back what another run had done: `undo` passes it over."""
        return bool(self._head["back"])

    @property
    def script(self) -> str:
        """The plain sentences that it was to make true; empty when it took another run back."""
        return str(self._head["script"])

    @cached_property
    def outcome(self) -> str:
        """How it ended; empty when it was cut off, or is under way."""
        return next((str(r["end"]) for r in reversed(self.records) if "end" in r), "")

    @property
    def cut_off(self) -> bool:
        """Whether it ended without a word."""
        return self.readable and not self.outcome and not self.alive

    @property
    def taken_back_by(self) -> int:
        """The run that undid this one; 0 when none did."""
        return next((int(r["taken back by"]) for r in self.records if "taken back by" in r), 0)

    @property
    def segment(self) -> int:
        """The segment of the plan that it had come to."""
        return max((int(r["segment"]) for r in self.records if "segment" in r), default=0)

    @cached_property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts that it was to change, and how they were reached."""
        return {r["host"]["name"]: host_from_json(r["host"]) for r in self.records if "step" in r}

    def standing(self) -> list[Step]:
        """The steps that took effect, or may have, and were not taken back; the last first."""
        return [step for step, sure in self._effective]

    def half_made(self) -> list[Step]:
        """Those of `standing` of which nobody knows whether they took effect."""
        return [step for step, sure in self._effective if not sure]

    @cached_property
    def _effective(self) -> list[tuple[Step, bool]]:
        begun: dict[int, Mapping[str, Any]] = {r["step"]: r for r in self.records if "step" in r}
        done = {r["done"] for r in self.records if "done" in r}
        failed = {r["failed"]: r["standing"] for r in self.records if "failed" in r}
        undone = {r["undoes"] for n, r in begun.items() if r.get("undoes") and n in done}
        undone |= {number for r in self.records for number in r.get("mended", ())}
        found = []
        # Hosts do not wait for each other, so the numbers of a stage's steps need not lie together.
        for number, record in sorted(
            begun.items(), key=lambda item: (item[1]["stage"], item[0]), reverse=True
        ):
            if record.get("undoes") or number in undone:
                continue
            changes = [change_from_json(change) for change in record["changes"]]
            if number in failed:
                changes = [changes[position] for position in failed[number]]
            if changes:
                host, backend = record["host"]["name"], record["backend"]
                step = Step(number, host, backend, tuple(changes), record["stage"])
                found.append((step, number in done))
        return found

    @property
    def hosts_to_mend(self) -> set[str]:
        """The hosts of its half-made steps."""
        return {step.host for step in self.half_made()}

    def note(self, record: Mapping[str, Any]) -> None:
        """Add what became of it afterwards. Raises `JournalFailed`."""
        ended = self.path.with_suffix(".run")
        path = ended if ended.exists() else self.path
        try:
            records.append(path, record)
        except OSError as error:
            raise _cannot_write(error, path) from error
        if "end" in record and path != ended:
            path.rename(ended)


def runs(folder: Path) -> Iterator[Run]:
    """All runs that are written down there, the newest first."""
    paths = [*folder.glob("*.run"), *folder.glob("*.open")]
    for path in sorted(paths, key=lambda path: path.stem, reverse=True):
        found = _read(path) or _read(path.with_suffix(".run"))
        if found and found.records:
            yield found


def cut_off(folder: Path) -> list[Run]:
    """The runs that ended without a word, the oldest first."""
    found = [_read(path) for path in sorted(folder.glob("*.open"))]
    return [run for run in found if run and run.cut_off]


def _read(path: Path) -> Run | None:
    """A run; None when it is not there (any more: it has ended just now, or was too old)."""
    try:
        found, alive = records.read(path)
    except FileNotFoundError:
        return None
    return Run(int(path.stem), path, found, alive)
