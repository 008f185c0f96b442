"""A run of the past, as its journal tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from vnetsh.journal import books, record_file as records
from vnetsh.journal.encoding import change_from_json, place_from_json
from vnetsh.journal.folder import cannot_write
from vnetsh.journal.unconfirmed import Block, segment_of
from vnetsh.model import Place, Thing
from vnetsh.model.change import Change

FORMAT = 3
"""Of what is written. A step of format 1 says `host` where others say `place`; before 3 none says `made`, `settled`."""
_READABLE = (1, 2, FORMAT)


@dataclass(frozen=True)
class Step:
    """What one backend was to change at one place, in one call."""

    number: int
    place: str
    backend: str
    changes: tuple[Change, ...]
    stage: int
    positions: tuple[int, ...]
    """Of each of the changes, where it stands in the journal."""


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

    @cached_property
    def readable(self) -> bool:
        """Whether this version of vnetsh understands it."""
        known = {"time", "what", "script"} <= self._head.keys() if self.records else False
        if not known or self._head.get("journal") not in _READABLE:
            return False
        try:
            return bool(self.time and self.places is not None and (self._effective, self.block, self.undoes))
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):  # written into
            return False

    @property
    def book(self) -> int:
        """The book that it stands in, where another has made it; 0 of one's own."""
        return books.book(self.number) if self.path.parent.name == books.OTHERS else 0

    @property
    def name(self) -> str:
        """How people say it: its number, and of another's run who made it: `alice@desk:12`."""
        return f"{self.who or '?'}:{books.short(self.number)}" if self.book else str(self.number)

    @property
    def who(self) -> str:
        """Who made it, and where: `alice@desk`; empty where that was not written down yet."""
        return str(self._head.get("who", ""))

    @property
    def typed(self) -> str:
        """What was typed, where it came from no file."""
        return str(self._head.get("typed", ""))

    @property
    def at(self) -> Sequence[str]:
        """The places where it was to change something."""
        return [*dict.fromkeys((*map(str, self._head.get("at", ())), *self.places))]

    @property
    def unkept(self) -> Sequence[str]:
        """The places that keep no record of it."""
        return [str(r["unkept"]) for r in self.records if "unkept" in r]

    @property
    def seconds(self) -> float | None:
        """How long it took; None where that is not written down."""
        return next((float(r["seconds"]) for r in reversed(self.records) if "seconds" in r), None)

    def _here(self, number: int) -> int:
        return books.here(number, self.book, self.path)

    def _called(self, record: Mapping[str, Any], number: int) -> str:
        """How another run is called of which a record tells."""
        if not books.book(self._here(number)):
            return str(self._here(number))
        own = books.book(number) in (0, self.book)
        return f"{self.who if own else record.get('name', '?')}:{books.short(number)}"

    @property
    def time(self) -> datetime:
        """When it began."""
        found = datetime.fromisoformat(self._head["time"])
        return found if found.tzinfo else found.replace(tzinfo=UTC)  # else it compares with no other

    @property
    def what(self) -> str:
        """What it was: the scripts' names, or `undo 12`."""
        return str(self._head["what"])

    @property
    def takes_back(self) -> bool:
        """Whether it only took back what another run had done: `undo` passes it over."""
        return bool(self._head.get("back"))

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
        found = (int(r["taken back by"]) for r in reversed(self.records) if "taken back by" in r)
        return self._here(next(found, 0))

    @property
    def taker(self) -> str:
        """How the run is called that undid this one; empty when none did."""
        told = [r for r in self.records if "taken back by" in r]
        record = told[-1] if told else {"taken back by": 0}
        number = int(record["taken back by"])
        return self._called(record, number) if number else ""

    @property
    def ended_by(self) -> int:
        """The run that brought this one, which was cut off, to its end; 0 when none had to."""
        if not self.outcome.startswith("finished by "):
            return 0
        end = next(r for r in reversed(self.records) if "end" in r)
        return self._here(int(end.get("by", self.outcome.removeprefix("finished by "))))

    @property
    def undoes(self) -> tuple[int, ...]:
        """The runs that it was to take back."""
        said = self._head.get("undoes", ())
        return tuple(self._here(int(one)) for one in ([said] if isinstance(said, int) else said))

    @property
    def segment(self) -> int:
        """The segment of the plan that it had come to. One that leaves no trace, a reboot, is over when it is done."""
        return segment_of(self.records, self.block)

    @cached_property
    def block(self) -> Block | None:
        """The last block of it that had to be confirmed."""
        return Block.of(self.records)

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """The places that it was to change, and how they were reached."""
        found = (place_from_json(_place(r)) for r in self.records if "step" in r)
        return {place.name: place for place in found}

    def standing(self) -> list[Step]:
        """The steps that took effect, or may have, and were not taken back; the last first."""
        return [step for step, sure in self._effective]

    def half_made(self) -> list[Step]:
        """Those of `standing` of which nobody knows whether they took effect."""
        return [step for step, sure in self._effective if not sure]

    def certain(self) -> list[Step]:
        """Those of `standing` that did take effect."""
        return [step for step, sure in self._effective if sure]

    @cached_property
    def _effective(self) -> list[tuple[Step, bool]]:
        begun: dict[int, Mapping[str, Any]] = {r["step"]: r for r in self.records if "step" in r}
        done = {r["done"] for r in self.records if "done" in r}
        failed = {r["failed"]: r["standing"] for r in self.records if "failed" in r}
        for settled in (r for r in self.records if "settled" in r):
            failed[settled["settled"]] = settled["standing"]
            done.add(settled["settled"])
        undone = {r["undoes"] for n, r in begun.items() if r.get("undoes") and n in done}
        undoing = {r["undoes"] for r in begun.values() if r.get("undoes")}
        undone |= {number for r in self.records for number in r.get("mended", ())}
        found = []
        # Places do not wait for each other, so the numbers of a stage's steps need not lie together.
        for number, record in sorted(
            begun.items(), key=lambda item: (item[1]["stage"], item[0]), reverse=True
        ):
            if record.get("undoes") or record.get("mends") or number in undone:
                continue
            changes = record["changes"]
            positions = tuple(failed.get(number, range(len(changes))))
            if positions:
                found_changes = (self._with_made(number, n, change_from_json(changes[n])) for n in positions)
                place, backend = _place(record)["name"], record["backend"]
                step = Step(number, place, backend, tuple(found_changes), record["stage"], positions)
                found.append((step, number in done and number not in undoing))
        return found

    def _with_made(self, step: int, position: int, change: Change) -> Change:
        """A change with what it made, and with what an earlier run had made that it was to remove."""
        made = tuple(r["thing"] for r in self.records if r.get("made") == step and r["change"] == position)
        return replace(change, made=(*change.made, *made)) if made else change

    def seconds_of(self, step: Step) -> float | None:
        """How long a step took, verified; None where nobody knows."""
        found = (r.get("took") for r in self.records if r.get("done") == step.number)
        return next((float(seconds) for seconds in found if seconds is not None), None)

    def came(self) -> Iterator[tuple[Change, str]]:
        """Each change that was begun, in their order, with what came of it.

        `done`, `failed`, `undone` where the run itself took it back; `unknown` where that is not known yet.
        """
        done = {r["done"] for r in self.records if "done" in r}
        stand = {r["settled"]: r["standing"] for r in self.records if "settled" in r}
        failed = {r["failed"]: r["standing"] for r in self.records if "failed" in r}
        back = {r["undoes"] for r in self.records if "undoes" in r and r.get("step") in done}
        for record in self.records:
            number = record.get("step")
            if number is None or record.get("undoes") or record.get("mends"):
                continue
            for position, change in enumerate(map(change_from_json, record["changes"])):
                if number in stand:
                    outcome = "done" if position in stand[number] else "undone"
                elif number in failed and (number in back or position not in failed[number]):
                    outcome = "failed"
                elif number in back:
                    outcome = "undone"
                elif number in done or number in failed:
                    outcome = "done"
                else:
                    outcome = "under way" if self.alive else "unknown"
                yield change, outcome

    @property
    def measured(self) -> list[str]:
        """What was measured while its changes were made, in words."""
        return [r["thing"]["says"] for r in self.records if "measured" in r.get("thing", ())]

    @property
    def answered(self) -> list[str]:
        """What was expected in it, and what came of that, in words."""
        return [str(r["answered"]) for r in self.records if "answered" in r]

    def things(self, *, back: bool = False) -> Iterator[tuple[str, str, Thing]]:
        """All that its changes made, or were to remove, also those that were taken back: kind, name, and the thing.

        `back`: only of those steps by which it took back others of its own.
        """
        steps = (r for r in self.records if "step" in r and (r.get("undoes") or not back))
        begun = {r["step"]: r["changes"] for r in steps}
        for step, changes in begun.items():
            for position, change in enumerate(map(change_from_json, changes)):
                for thing in self._with_made(step, position, change).made:
                    yield change.resource.kind, change.resource.name, thing

    def note(self, record: Mapping[str, Any]) -> None:
        """Add what became of it afterwards. Raises `JournalFailed`."""
        ended = self.path.with_suffix(".run")
        path = ended if ended.exists() else self.path
        try:
            records.append(path, numbered(record, records.read(path)[0]))
        except OSError as error:
            raise cannot_write(error, path) from error
        if "end" in record and path != ended:
            path.rename(ended)


def numbered(record: Mapping[str, Any], after: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """A record that comes after these."""
    return {"n": 1 + max((int(r.get("n", at)) for at, r in enumerate(after)), default=0), **record}


def _place(step: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = step["place"] if "place" in step else step["host"]
    return found
