"""A run of the past, taken back: its steps' inverses, on the hosts as they are. All tries to do so make one undo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vnetsh import journal
from vnetsh.engine.appraising import appraised
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.engine.mending import Cut, Mending
from vnetsh.engine.observe import observe, places
from vnetsh.engine.prepared import Prepared
from vnetsh.errors import VnetshError
from vnetsh.journal import Run, Step
from vnetsh.model import Change, Thing
from vnetsh.model.change import file_of
from vnetsh.planning import half_made, undoing
from vnetsh.planning.half_made import HalfMade, Mend
from vnetsh.planning.plan import Plan
from vnetsh.script.script import Script


def taking_back(mending: Mending, run: Run, what: str) -> Prepared:
    """What takes a run back: all that it did, or may have done.

    Raises `HostsDown`, `PlanRefused`, and as `lock` does.
    """
    steps = _steps(mending, run)
    missing = next((step.backend for step in steps if step.backend not in mending.backends), "")
    if missing:
        raise VnetshError(
            f"run {run.number} was made by the backend `{missing}`, which is not installed",
            help="install its plugin again: nobody else can take it back",
        )
    at = {place for step in steps for change in step.changes for place in change.places}
    # What was being taken back is taken back first: only then it can come again.
    others = mending.cut(at, but=0 if run.takes_back else run.number)
    inventory = others.inventory(undoing.inventory_for(run, mending.inventory))
    mending.lock(inventory, at | others.places)
    others = mending.settle(others)
    halves = [] if run.takes_back else run.half_made()
    own = mending.settle(Cut([run], [HalfMade(run, step) for step in halves]))
    from vnetsh.planning.wide import concerns_all

    # Also by backends that the steps did not need: a vm that moves back needs its bridges there. And everywhere,
    # where a file may go, for it must be nobody else's, and where a change has its effect on others.
    wide = any(change.made or concerns_all(change.inverse()) for step in steps for change in step.changes)
    seen = {*inventory} if wide else at | others.places
    fleet = observe(inventory, places(inventory, sorted(seen), mending.backends), mending.connections)
    down = {place: error for place, error in fleet.unreachable.items() if place in at}
    if down:
        raise HostsDown(down)
    if own.unsettled:
        raise VnetshError(f"run {run.number} cannot be taken back now: {own.unsettled[0][1]}")
    mends, fleet_then = mending.mends(others, fleet)
    steps = undoing.remaining(steps, _tried(mending, run, mends), mending.vocabulary)
    if undoing.lost_sight_of(steps, fleet_then, mending.vocabulary):
        mending.lock(inventory, inventory)
        rest = places(inventory, sorted({*inventory} - seen), mending.backends)
        fleet = observe(inventory, rest, mending.connections, fleet)
        mends, fleet_then = mending.mends(others, fleet)
    for _, told in own.told:
        fleet_then = half_made.settled(told or (), fleet_then)
    steps = half_made.without_gone(steps, own.halves, fleet_then, mending.vocabulary)
    if any(change.made for step in steps for change in step.changes):
        steps = _knowing(mending, run, steps)
    plan, problems = undoing.taking_back(steps, fleet_then, mending.backends, mending.vocabulary)
    if not problems:
        plan, problems = appraised(plan, fleet, mending.connections)
    if problems:
        raise PlanRefused(problems)
    left = mending.note(others, mends)
    segments = (*half_made.segments(left), *plan.segments)
    script = Script(inventory, (), mending.vocabulary)
    plan = Plan(segments, inventory, mending.said(others, mends))
    return Prepared(script, plan, fleet, what=what, back=True, mends=left, undoes=run)


def taken_back(mending: Mending, run: Run, by: int = 0) -> None:
    """Note that a run was taken back by that one, or (0) by what earlier tries had done.

    The one that it took back itself stands again then. Raises `JournalFailed`.
    """
    tries = [
        one
        for one in mending.tries(run.number)
        if one.number != by and not (one.taken_back_by or one.half_made())
    ]
    if not by and tries:
        by = tries[0].number
        tries.pop(0).note({"end": "done"})
    said = f"taken back by {by}" if by else "nothing of it stood"
    run.note({"taken back by": by or run.number, **({} if run.outcome else {"end": said})})
    for one in tries:
        one.note({"end": f"finished by {by}"})
    before = next((one for one in journal.runs(mending.runs) if one.number == run.undoes), None)
    if before:
        before.note({"taken back by": 0})


def _steps(mending: Mending, run: Run) -> list[Step]:
    """What stands of a run, and of earlier tries to do the same, which it went on from; the last first."""
    found = run.standing()
    for one in mending.tries(run.undoes):
        if one.ended_by == run.number:  # its stages come before all of those that follow
            first = found[-1].stage if found else 0
            last = max((step.stage for step in one.standing()), default=0)
            found += [replace(step, stage=first - 1 - last + step.stage) for step in one.standing()]
    return found


def _tried(mending: Mending, run: Run, mends: Iterable[Mend]) -> Iterator[Change]:
    """What tries to take a run back have made, or will have when mended, and nobody has taken back since."""
    yield from mending.taken_back_of(run.number)
    for mend in mends:
        if mend.half.run.undoes == run.number:
            yield from mend.came


def _knowing(mending: Mending, run: Run, steps: Sequence[Step]) -> list[Step]:
    """Steps that know also what was made when they were taken back, and when that was: a disk that was moved.

    What another run brought back when it was taken back, be it by itself when it failed, is in the place of what a step
    had made.
    """
    things: dict[tuple[str, str], list[Thing]] = {}
    for step in steps:
        for change in step.changes:
            things.setdefault((change.resource.kind, change.resource.name), []).extend(change.made)
    # Who made a file is its resource, also where another one has made it anew: a vm's seed.
    makers = {file: of for of, known in things.items() for file in filter(None, map(file_of, known))}
    family = {run.number}
    for one in sorted(journal.runs(mending.runs), key=lambda one: one.number):
        if one.number < run.number or not one.readable:
            continue
        if one.undoes in family and one.takes_back:
            family.add(one.number)
        for kind, name, thing in one.things() if one.takes_back else one.things(back=True):
            file = file_of(thing)
            known = things.get(makers.get(file, (kind, name)) if file else (kind, name), [])
            # Each of these runs has written down what it knew: so much is the same in all of them.
            if thing not in known and (one.number in family or (file and file in map(file_of, known))):
                known.append(thing)

    def knowing(change: Change) -> Change:
        more = things.get((change.resource.kind, change.resource.name), ())
        return replace(change, made=(*change.made, *(thing for thing in more if thing not in change.made)))

    return [replace(step, changes=tuple(map(knowing, step.changes))) for step in steps]
