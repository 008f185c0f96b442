"""Runs of the past: how one is taken back, and how what a run that was cut off left half-made becomes certain."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vnetsh import journal
from vnetsh.backend import Backend
from vnetsh.engine.connections import Connections, Report
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.engine.steps import Failed, Group, Steps
from vnetsh.engine.unconfirmed import Told, asked, waiting_of
from vnetsh.errors import HostUnreachable, VnetshError
from vnetsh.journal import Journal, Run, Step
from vnetsh.model import Change, Fleet, Inventory
from vnetsh.planning import half_made, undoing
from vnetsh.planning.half_made import HalfMade, Mend
from vnetsh.schema import Vocabulary

if TYPE_CHECKING:
    from vnetsh.engine.records import Records

_Told = tuple[HalfMade, Sequence[Change] | None]
"""A half-made step, and those of its changes that its place says stand; None where looking tells."""


@dataclass(frozen=True)
class Cut:
    """Runs that were cut off at some places: their half-made steps, in the order in which they are taken back.

    `unsettled` are those of which nobody can tell now, each with the reason.
    """

    runs: Sequence[Run] = ()
    halves: Sequence[HalfMade] = ()
    told: Sequence[_Told] = ()
    unsettled: Sequence[tuple[HalfMade, str]] = ()
    notes: Sequence[str] = ()
    """What their hosts say of runs that had to be confirmed, in sentences."""
    waiting: Sequence[str] = ()
    """Which of them are still to be confirmed, or of which places nobody knows it."""
    meant: int = 0
    """The run that is being finished: nobody must be told of it."""
    certain: bool = False
    """Whether their places were asked under the lock, so that it can be written down."""

    @property
    def places(self) -> set[str]:
        """The places of all half-made steps."""
        return {place for half in self.halves for place in half.places}

    def inventory(self, inventory: Inventory) -> Inventory:
        """The places that are known, and those that were when the runs were."""
        for run in self.runs if self.halves else ():
            if run.book:  # by another's word no place is reached but those that are known here
                continue
            inventory = undoing.inventory_for(run, inventory)
        return inventory


@dataclass(frozen=True)
class Mending:
    """What a session lends for it: `lock` locks places, `folder` gives the one where runs are written down."""

    inventory: Inventory
    vocabulary: Vocabulary
    backends: Mapping[str, Backend]
    connections: Connections
    lock: Callable[[Inventory, Iterable[str]], None]
    progress: Report
    folder: Callable[[], Path]
    records: Records | None = None
    """What the hosts keep of runs; None where they are imagined."""

    @property
    def runs(self) -> Path:
        """The folder where runs are written down. Raises `JournalFailed`."""
        return self.folder()

    def cut(
        self,
        at: set[str],
        *,
        but: Collection[int] = (),
        meant: int = 0,
        others: bool = True,
        before: Cut | None = None,
    ) -> Cut:
        """What was cut off at these places (of other runs than `but`), the newest run first.

        `others`: also by others, which is certain only where the places are locked. `before` is what was known when it
        was last asked: what that had to say is still to be said.
        """
        try:
            runs = reversed(journal.cut_off(self.runs, others=others))
        except journal.JournalFailed:  # there are none; whoever must write one down is told so
            return Cut()
        of = (run for run in runs if run.number not in but and at & {*(run.at if run.block else run.places)})
        told = [self.asked(run) for run in of]
        found = [one.run for one in told if one.run.cut_off]
        waiting = [half for one in told for half in waiting_of(one)]
        open_ = {(half.run.number, half.step.number) for half, _ in waiting}
        halves = [HalfMade(run, step) for run in found for step in self._open(run)]
        known = [half for half in halves if not half.run.book or half.places <= self.inventory.keys()]
        left = [
            half for half in known if half.places & at and (half.run.number, half.step.number) not in open_
        ]
        notes = dict.fromkeys([*(before.notes if before else ()), *(n for one in told for n in one.notes)])
        silent = [
            f"run {one.run.name} ({one.run.what}): {why}" for one in told for why in one.silent.values()
        ]
        return Cut(found, left, unsettled=waiting, notes=[*notes], waiting=silent, meant=meant)

    def take_stock(self) -> list[str]:
        """What became of runs of ours that were cut off unconfirmed: where they still could be, they go back now."""
        cut_off = journal.cut_off(self.runs, others=False)
        told = [self.asked(run, end=True) for run in cut_off if run.block and run.block.waits]
        return [note for one in told for note in (*one.notes, *one.silent.values())]

    def asked(self, run: Run, *, end: bool = False) -> Told:
        """What its hosts say of a run that had to be confirmed when it was cut off."""
        # By another's word no place is reached but those that are known here.
        inventory = self.inventory if run.book else undoing.inventory_for(run, self.inventory)
        return asked(run, inventory, self.connections, lambda record: self.tell(run, record), end=end)

    def tries(self, numbers: Collection[int]) -> list[Run]:
        """The runs that took one of these back, or tried to, the newest first."""
        found = journal.of_all(self.runs) if numbers else ()
        return [one for one in found if one.readable and {*numbers} & {*one.undoes}]

    def taken_back_of(self, numbers: Collection[int]) -> list[Change]:
        """What tries to take runs back have certainly made, and nobody has taken back since."""
        tries = [
            one
            for one in self.tries(numbers)
            if not (one.taken_back_by or one.ended_by or one.number in numbers)
        ]
        return [change for one in tries for step in one.certain() for change in step.changes]

    def fresh(self, run: Run) -> Run:
        """A run as its hosts tell it now, which are locked; of one's own, what others have told of it is known then.

        Raises `VnetshError` where a part of another's run is not to be seen, `HostsDown`.
        """
        if not self.records:
            return run
        # By another's word no place is reached but those that are known here.
        inventory = self.inventory if run.book else undoing.inventory_for(run, self.inventory)
        at = [place for place in run.at if place in inventory]
        self.lock(inventory, at)
        silent = self.records.look(inventory, at)
        run = journal.again(run)
        hidden = [*(place for place in run.at if place not in inventory), *run.unkept] if run.book else ()
        if run.book and silent:
            raise HostsDown(silent)
        if hidden:
            raise VnetshError(
                f"what run {run.name} did on {hidden[0]} is not to be seen from here",
                help=f"only {run.who} can take it back or finish it: its journal alone has all of it",
            )
        return run

    def tell(self, run: Run, record: Mapping[str, Any], by: int = 0) -> None:
        """Write down what became of a run, `by` which one of ours; also with its hosts. Raises `JournalFailed`."""
        if self.records:
            self.records.tell(run, record, self.inventory, by)
        else:
            run.note(record)

    def _open(self, run: Run) -> list[Step]:
        """A run's half-made steps, but those that a try to take it back has certainly taken back."""
        halves = run.half_made()
        done = self.taken_back_of([run.number] if halves else ())
        left = {step.number for step in undoing.remaining(halves, done, self.vocabulary)}
        return [step for step in halves if step.number in left]

    def settle(self, cut: Cut, *, locked: bool = True) -> Cut:
        """Wait until nothing half-made is under way any more, and ask what stands."""
        told: list[_Told] = []
        unsettled: list[tuple[HalfMade, str]] = []
        inventory = cut.inventory(self.inventory)
        self.connections.know(inventory)
        for half in cut.halves:
            step = half.step
            try:
                if step.backend not in self.backends:
                    raise VnetshError(
                        f"run {half.run.name} was made by the backend `{step.backend}`, which is not installed",
                        help="install its plugin again: nobody else can take back what it left half-made",
                    )
                connection = self.connections.living(inventory[step.place], step.backend)
                told.append((half, connection.settle(step.changes, self.connections.progress(step.place))))
            except VnetshError as error:
                if isinstance(error, HostUnreachable):
                    self.connections.drop(step.place, step.backend)
                elif not half.run.book:  # by another's word nobody is kept from what it does not speak of
                    raise
                unsettled.append((half, error.message))
        return replace(cut, told=told, unsettled=[*cut.unsettled, *unsettled], certain=locked)

    def mends(self, cut: Cut, fleet: Fleet) -> tuple[Sequence[Mend], Fleet]:
        """What makes half-made steps certain, and the fleet as it is then. Raises `PlanRefused`."""
        for half, _ in cut.unsettled:
            fleet = half_made.undecided(half.step.changes, fleet)
        waiting = {number for half, _ in cut.unsettled for number in half.run.undoes}
        seen = [
            (half, told)
            for half, told in cut.told
            if half.run.number not in waiting and not half.places & fleet.unreachable.keys()
        ]
        found, fleet, problems = half_made.mends(seen, fleet, self.vocabulary, self.backends)
        if problems:
            raise PlanRefused(problems)
        return found, fleet

    def note(self, cut: Cut, mends: Iterable[Mend]) -> tuple[Mend, ...]:
        """Those of mends for which something must be done; others are certain, and written down as that."""
        left = []
        for mend in mends:
            if mend.changes:
                left.append(mend)
            elif cut.certain:
                book = self._book(mend.half.run, self.inventory)
                book.settled(mend.half.step.number, mend.standing)
                book.leave()
        return tuple(left)

    def said(self, cut: Cut, mends: Iterable[Mend]) -> tuple[str, ...]:
        """What there is to know of runs that were cut off, in sentences."""
        return (
            *cut.notes,
            *cut.waiting,
            *(mend.words for mend in mends if not mend.changes),
            *(
                f"run {half.run.name} left `{half.step.changes[0]}` half-made, and it stays so: {why}"
                for half, why in cut.unsettled
                if not any(line.endswith(why) for line in cut.waiting)
            ),
            *(
                f"run {run.name} ({run.what}) was cut off: `vnetsh recover` finishes it, or takes it back"
                for run in cut.runs
                if run.number != cut.meant
            ),
        )

    def _book(self, run: Run, inventory: Inventory) -> Journal:
        """The book of a run that was cut off, with its copies."""
        run = journal.again(run)
        if not self.records or not run.records[0].get("at"):  # it was written before hosts kept records
            return Journal.of(run)
        return Journal.of(run, self.records.copies(inventory if run.book else {**run.places, **inventory}))

    def make(self, mend: Mend, inventory: Inventory, progress: Report) -> tuple[Failed | None, Sequence[str]]:
        """Take back what is half-made of a step, and write down that it is certain then; how it failed, if it did.

        Also what it had to leave, in sentences. `progress` raises `KeyboardInterrupt` when it is to end.
        """
        step = mend.half.step
        self.connections.know(inventory)
        book = self._book(mend.half.run, inventory)
        try:
            steps = Steps(inventory, self.connections, book)
            failed = steps.make(
                Group(step.place, step.backend, mend.changes),
                0,
                lambda text, fraction=None: progress(step.place, text, fraction),
                mends=step.number,
            )
            if failed is None:
                book.settled(step.number, mend.standing)
            return failed, (*steps.stays, *(failed.leftovers if failed else ()))
        finally:
            book.leave()

    def finished(self, text: str, by: int = 0) -> None:
        """Runs of the same script that were cut off are finished by this one, or by what is there already."""
        with suppress(journal.JournalFailed):
            for run in journal.cut_off(self.runs) if text else ():
                if run.script == text and not self._open(run):
                    self.tell(run, {"end": f"finished by {by}" if by else "finished"}, by)


def refuse_half_made(cut: Cut, changes: Iterable[Change]) -> None:
    """Raise `VnetshError` where a plan would touch what a run left half-made that cannot be settled now."""
    open_ = {
        (c.resource.kind, c.resource.name): (half, why)
        for half, why in cut.unsettled
        for c in half.step.changes
    }
    for change in changes:
        half, why = open_.get((change.resource.kind, change.resource.name), (None, ""))
        if half:
            raise VnetshError(
                f"{change.resource.kind} {change.resource.name}: run {half.run.name} left it half-made: {why}",
                help=f"when all of {', '.join(sorted(half.places))} answer again, any run there settles it",
            )
