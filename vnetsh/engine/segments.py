"""A plan, made segment by segment: each planned on what there really is, made, and looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from vnetsh.engine.answering import Ask, unmet
from vnetsh.engine.apply import Applier
from vnetsh.engine.connections import Connections
from vnetsh.engine.observe import looked_at, observe
from vnetsh.engine.report import Failure
from vnetsh.engine.trials import Trials
from vnetsh.errors import PluginBroken, VnetshError
from vnetsh.journal import Journal
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import EACH_TIME, Change
from vnetsh.planning.plan import PlannedSegment
from vnetsh.planning.planner import Planner
from vnetsh.planning.unconfirmed import inside, places_in, seconds_of
from vnetsh.schema import Answer
from vnetsh.script.script import Segment


@dataclass(frozen=True)
class Segments:
    """The segments of a plan, and the fleet that they were planned on."""

    planned: Sequence[PlannedSegment]
    fleet: Fleet
    planner: Planner
    connections: Connections

    def make(
        self,
        applier: Applier,
        book: Journal,
        ask: Ask,
        *,
        first: int,
        fleet: Fleet,
        lost: Callable[[], Iterable[Failure]] = tuple,
    ) -> int:
        """Make them in their order until one fails; how many were begun.

        `first` is the number of the first one in the journal, `fleet` what there is now; `ask` answers each query at
        its place; `lost` tells in the end what was to be kept and was not.
        """

        def noted(segment: Segment) -> Answer:
            answer = ask(segment)
            if segment.foreseen:
                book.answered(answer.text, ok=answer.ok)
            return answer

        begun = 0
        for number, planned in enumerate(self.planned, first):
            if applier.unmet:  # what follows may rest on it; what was made stands
                break
            begun += 1
            book.segment(number)
            try:
                if planned.segment.bounds:
                    failure = self._bound(planned, applier.trials)
                    if failure:
                        applier.disappoint(failure) if planned.segment.ended else applier.fail(failure)
                        break
                elif planned.segment.query:
                    if planned.segment.unconfirmed:
                        applier.trials.anew()
                    failure = unmet(planned.segment, noted)
                    if failure:
                        applier.disappoint(applier.trials.over or failure)
                        break
                elif planned.changes:
                    found = self._make_one(planned, fleet, applier)
                    if found is None:
                        break
                    fleet = found
            except KeyboardInterrupt:  # while something was looked at
                applier.cancel()
                break
            except VnetshError as error:
                failure = Failure("", error.message, error.help)
                looked = planned.segment.query and not isinstance(error, PluginBroken)
                applier.disappoint(failure) if looked else applier.fail(failure)
                break
            except (Exception, SystemExit) as error:  # what is made is taken back whatever goes wrong
                message = f"a defect of vnetsh or a plugin: {type(error).__name__}: {error}"
                applier.fail(Failure("", message, "run it again with --debug and report what it prints"))
                break
        applier.trials.end()
        for failure in lost():
            book.answered(failure.message, ok=False)
            applier.disappoint(failure)
        if applier.interrupted:  # while the last of it was verified: undone like any other
            applier.undo()
        elif applier.unmet:
            applier.end_unmet()
        return begun

    def _bound(self, bound: PlannedSegment, trials: Trials) -> Failure | None:
        """Begin or end a block that has to be confirmed; what speaks against it."""
        if bound.segment.ended:
            return trials.confirm(expected=any(one.segment.query for one in inside(self.planned, bound)))
        places, action = places_in(self.planned, bound), bound.segment.action
        return trials.begin(places, seconds_of(action)) if places and action else None

    def _make_one(self, planned: PlannedSegment, fleet: Fleet, applier: Applier) -> Fleet | None:
        """Make a segment; the fleet as it is then, None when it failed."""
        if fleet is not self.fleet:  # planned on a prediction: now on what really is there
            foreseen = planned
            planned, _, problems = self.planner.plan_segment(planned.segment, fleet)
            if problems:
                host = planned.changes[0].place if planned.changes else ""
                applier.fail(Failure(host, problems[0].message, problems[0].help))
                return None
            new = next((change for change in planned.changes if not _foreseen(change, foreseen)), None)
            if new:
                message = (
                    f"the hosts are not as was foreseen: now it would take: {new} (impact: {new.impact})"
                )
                applier.fail(Failure(new.place, message, "look at the plan of it, and run it again", new))
                return None
        if not applier.run(planned.stages):
            return None
        fleet = observe(fleet.places, looked_at(planned.changes, fleet), self.connections, fleet)
        missing = self._still_missing(planned, fleet, applier.failed_hosts)
        if missing:
            applier.fail(missing)
            return None
        return fleet

    def _still_missing(self, planned: PlannedSegment, fleet: Fleet, but: set[str]) -> Failure | None:
        """What planning a segment again, after it was made, still finds to do; nothing is right."""
        # What is meant each time that it is said would be begun anew: what was made is looked at by its backend alone.
        anew = bool(planned.changes) and all(one.wishes.get(EACH_TIME) for one in planned.changes)
        again, _, problems = self.planner.plan_segment(Segment() if anew else planned.segment, fleet)
        down = sorted({change.place for change in planned.changes} & set(fleet.unreachable) - but)
        if down:
            return Failure(down[0], fleet.unreachable[down[0]].message)
        if problems and not but:
            host = planned.changes[0].place
            return Failure(host, f"verification failed: {problems[0].message}", problems[0].help)
        ill = next((found for change in planned.changes if (found := _newly_ill(change, fleet, but))), None)
        if ill:
            message = f"verification failed: {ill.kind} {ill.name}: {ill.text('error')}"
            return Failure(ill.place, message)
        # An act that leaves no trace is planned each time that it is said.
        left = [change for change in again.changes if not (change.place in but or change.traceless)]
        if left:
            wants = "; ".join(f"{change} ({_values(change)})" for change in left)
            message = f"verification failed: the host still differs: {wants}"
            return Failure(left[0].place, message, change=left[0])
        return None


def _newly_ill(change: Change, fleet: Fleet, but: set[str]) -> Resource | None:
    """What a change has made, or changed, when its switch says now that something is wrong with it."""
    if change.after is None or change.after.place in but:
        return None
    found = fleet.resources.get(change.after.key)
    was = any(one and one.get("error") for one in (change.before, change.after))  # restored as it was
    return found if found and found.get("error") and not was else None


def _foreseen(change: Change, planned: PlannedSegment) -> bool:
    """Whether a change was in the plan that was shown, at no less a cost."""
    return any(
        shown.action is change.action
        and shown.resource.key == change.resource.key
        and shown.impact >= change.impact
        for shown in planned.changes
    )


def _values(change: Change) -> str:
    return ", ".join(f"{name} is {old!r}, not {new!r}" for name, (old, new) in change.differing().items())
