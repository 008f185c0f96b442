"""A prepared plan made true: first what takes back half-made steps of earlier runs, then its own segments; reported."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from vnetsh.engine.answering import Ask
from vnetsh.engine.apply import Applier
from vnetsh.engine.connections import Connections, Report as Tell
from vnetsh.engine.interrupts import interrupts
from vnetsh.engine.looking import Looking
from vnetsh.engine.mending import Mending
from vnetsh.engine.observe import looked_at, observe
from vnetsh.engine.prepared import Prepared
from vnetsh.engine.probation import Agree
from vnetsh.engine.report import Failure, Outcome, Report
from vnetsh.engine.segments import Segments
from vnetsh.engine.steps import Failed
from vnetsh.engine.taking_back import came_true
from vnetsh.hosts.locking_here import operator
from vnetsh.journal import Journal, JournalFailed
from vnetsh.model import Change, Fleet
from vnetsh.planning.plan import PlannedSegment
from vnetsh.planning.planner import Planner

_Outcomes = list[tuple[Change, Outcome]]


@dataclass(frozen=True)
class Making:
    """What a session lends for it."""

    connections: Connections
    planner: Planner
    mending: Mending
    progress: Tell
    asking: Looking
    keep_going: bool = False
    undo_on_failure: bool = False
    begun: Callable[[int], None] = lambda run: None
    agree: Agree | None = None

    def make(self, prepared: Prepared, ask: Ask, lost: Callable[[], Iterable[Failure]] = tuple) -> Report:
        """Make a plan true; `ask` answers each query at its place, `lost` tells in the end what was not kept."""
        started = time.monotonic()
        outcomes: _Outcomes = []
        left: list[str] = []
        segments = [planned for planned in prepared.plan.segments if not planned.mends]
        fleet = prepared.fleet
        failed: Failed | None = None
        cancelled = threading.Event()
        if prepared.mends:
            with interrupts(cancelled.set):
                failed = self._mend(prepared, outcomes, left, cancelled)
                changes = [change for mend in prepared.mends for change in mend.changes]
                # A vm that was started has its NICs at their switches.
                looks = looked_at(changes, prepared.fleet)
                fleet = observe(prepared.fleet.places, looks, self.connections, prepared.fleet)
        more = any(planned.changes or planned.segment.query for planned in segments)
        if failed or cancelled.is_set() or (prepared.mends and not more):
            outcomes += _skipped(segments)
            failures = (*prepared.down, *([failed.failure] if failed else ()))
            seconds = time.monotonic() - started
            unknown = failed.unknown if failed else False
            if not (failed or cancelled.is_set() or prepared.down):
                came_true(self.mending, prepared)
            return Report(
                tuple(outcomes),
                failures,
                tuple(left),
                cancelled.is_set(),
                seconds,
                cut_off=unknown,
                unasked=unasked(segments),
            )
        report = self._make(prepared, segments, fleet, ask, lost, started)
        return Report(
            (*outcomes, *report.outcomes),
            report.failures,
            (*left, *report.leftovers),
            report.interrupted,
            time.monotonic() - started,
            report.run,
            report.cut_off,
            report.warnings,
            report.measured,
            report.unasked,
            report.steps,
        )

    def _mend(
        self, prepared: Prepared, outcomes: _Outcomes, left: list[str], cancelled: threading.Event
    ) -> Failed | None:
        """Make half-made steps certain, one after the other; the first failure. `outcomes` and `left` grow."""

        def progress(place: str, text: str, fraction: float | None) -> None:
            if cancelled.is_set():
                raise KeyboardInterrupt
            self.progress(place, text, fraction)

        failed: Failed | None = None
        for mend in prepared.mends:
            if failed is None:
                failed, stays = self.mending.make(mend, prepared.script.inventory, progress)
                left += stays
                outcomes += [(change, Outcome.FAILED if failed else Outcome.DONE) for change in mend.changes]
                if failed:
                    what = f"what run {mend.half.run.number} left half-made cannot be taken back"
                    message = f"{what}: {failed.failure.message}"
                    failed = replace(failed, failure=replace(failed.failure, message=message))
            else:
                outcomes += [(change, Outcome.SKIPPED) for change in mend.changes]
        return failed

    def _make(
        self,
        prepared: Prepared,
        segments: Sequence[PlannedSegment],
        fleet: Fleet,
        ask: Ask,
        lost: Callable[[], Iterable[Failure]],
        started: float,
    ) -> Report:
        script = prepared.script
        records = self.mending.records
        copies = records.copies(script.inventory) if records else None
        book = Journal(
            prepared.what or ", ".join(script.names),
            script.text,
            self.mending.runs,
            back=prepared.back,
            undoes=[run.number for run in prepared.undoes],
            about=_about(prepared),
            copying=copies,
        )
        applier = Applier(
            script.inventory,
            self.connections,
            self.progress,
            book,
            keep_going=self.keep_going,
            undo_on_failure=self.undo_on_failure,
        )
        self.asking.broken_off = lambda: applier.interrupted
        applier.failures += prepared.down
        applier.trials.agree, applier.trials.real = self.agree, self.asking.real
        self.begun(book.number)
        with interrupts(applier.cancel):
            # What takes a run back has no sentences that could be planned anew.
            planned_on = fleet if prepared.back else prepared.fleet
            making = Segments(segments, planned_on, self.planner, self.connections)
            begun = making.make(applier, book, ask, first=prepared.first, fleet=fleet, lost=lost)
        outcomes = [*applier.outcomes.values(), *_skipped(segments[begun:])]
        made = not applier.failures and not applier.interrupted
        report = Report(
            tuple(outcomes),
            (*applier.failures, *applier.unmet),
            (*applier.leftovers, *applier.stays),
            applier.interrupted,
            0.0,
            book.number,
            applier.unknown,
            measured=tuple(applier.measured),
            unasked=unasked(segments[begun:]),
            steps=tuple(applier.ran),
            warnings=(
                *applier.warnings,
                *(f"it was broken off by {who}" for who in [applier.cancelled_by] if who),
                *(copies.warnings if copies else ()),
            ),
        )
        if applier.unknown:
            book.leave()
            return report
        with suppress(JournalFailed):
            if made and (report.ok or prepared.undoes):
                came_true(self.mending, prepared, book.number)
            book.end(
                "done" if made else "interrupted" if report.interrupted else "failed",
                time.monotonic() - started,
            )
        return report


def _about(prepared: Prepared) -> dict[str, object]:
    """What a run's record says in its beginning, besides what is to be done."""
    at = {place for change in prepared.plan.changes for place in change.concerned}
    typed = {"typed": prepared.script.typed} if prepared.script.typed else {}
    return {"who": operator(), "at": sorted(at), **typed}


def unasked(segments: Sequence[PlannedSegment]) -> int:
    """How many questions there are in segments that were not begun."""
    return sum(planned.segment.query for planned in segments)


def _skipped(segments: Sequence[PlannedSegment]) -> _Outcomes:
    return [(change, Outcome.SKIPPED) for planned in segments for change in planned.changes]
