"""A run of the past, taken back: its steps' inverses, on the hosts as they are. All tries to do so make one undo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vnetsh import journal
from vnetsh.diagnostics import Diagnostic
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
from vnetsh.planning.folding import folded
from vnetsh.planning.half_made import HalfMade, Mend
from vnetsh.planning.plan import Plan
from vnetsh.script.script import Script


def taking_back(mending: Mending, runs: Sequence[Run], what: str, *, naming: bool = False) -> Prepared:
    """What takes runs back, the newest first: all that they did, or may have done.

    `naming`: what speaks against it says of which run it does.

    Raises `HostsDown`, `PlanRefused`, and as `lock` does.
    """
    runs = [mending.fresh(run) for run in runs]
    numbers = [run.number for run in runs]
    _refuse(mending, runs)
    steps = _steps_of(mending, runs)
    together = folded(steps) if len(runs) > 1 else steps
    missing = next((step.backend for step in steps if step.backend not in mending.backends), "")
    if missing:
        raise VnetshError(
            f"run {runs[0].name} was made by the backend `{missing}`, which is not installed",
            help="install its plugin again: nobody else can take it back",
        )
    at = {place for step in steps for change in step.changes for place in change.concerned}
    # What was being taken back is taken back first: only then it can come again.
    but = [run.number for run in runs if not run.takes_back]
    others = mending.cut(at, but=but)
    inventory = mending.inventory
    for run in runs:
        inventory = inventory if run.book else undoing.inventory_for(run, inventory)
    inventory = others.inventory(inventory)
    mending.lock(inventory, at | others.places)
    others = mending.settle(others)
    halves = [HalfMade(run, step) for run in runs if not run.takes_back for step in run.half_made()]
    own = mending.settle(Cut(runs, halves))
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
        half, why = own.unsettled[0]
        raise VnetshError(f"run {half.run.name} cannot be taken back now: {why}")
    mends, fleet_then = mending.mends(others, fleet)
    tried = [*_tried(mending, numbers, mends)]
    steps = undoing.remaining(together, tried, mending.vocabulary)
    if undoing.lost_sight_of(steps, fleet_then, mending.vocabulary):
        mending.lock(inventory, inventory)
        rest = places(inventory, sorted({*inventory} - seen), mending.backends)
        fleet = observe(inventory, rest, mending.connections, fleet)
        mends, fleet_then = mending.mends(others, fleet)
    for _, told in own.told:
        fleet_then = half_made.settled(told or (), fleet_then)

    def planned(steps: Sequence[Step]) -> tuple[Plan, list[Diagnostic]]:
        steps = half_made.without_gone(steps, own.halves, fleet_then, mending.vocabulary)
        if any(change.made for step in steps for change in step.changes):
            steps = _knowing(mending, runs, steps)
        plan, problems = undoing.taking_back(steps, fleet_then, mending.backends, mending.vocabulary)
        return (plan, problems) if problems else appraised(plan, fleet, mending.connections)

    plan, problems = planned(steps)
    if problems and naming:  # one after the other; and which of them it is that speaks against it
        for last in range(1, len(runs) + 1):
            some = undoing.remaining(_steps_of(mending, runs[:last]), tried, mending.vocabulary)
            plan, problems = planned(some)
            if problems:
                problems = [_of_run(runs[last - 1], problem) for problem in problems]
                break
    if problems:
        raise PlanRefused(problems)
    left = mending.note(others, mends)
    segments = (*half_made.segments(left), *plan.segments)
    script = Script(inventory, (), mending.vocabulary)
    plan = Plan(segments, inventory, mending.said(others, mends))
    return Prepared(script, plan, fleet, what=what, back=True, mends=left, undoes=tuple(runs))


def _of_run(run: Run, problem: Diagnostic) -> Diagnostic:
    """What speaks against taking back one of several runs."""
    return Diagnostic(
        "E546",
        f"run {run.name} cannot be taken back, and so nothing is: {problem.message}",
        None,
        help=f"{problem.help + '; ' if problem.help else ''}or roll back to run {run.name} or a later one",
    )


def _refuse(mending: Mending, runs: Sequence[Run]) -> None:
    """Raise `VnetshError` where runs cannot be taken back as they are now: others may have been there meanwhile."""
    numbers = {run.number for run in runs}
    tries = mending.tries(numbers)
    ending = {one.number for one in tries if one.cut_off}  # killed when all was done, and before it said so
    for run in runs:
        if run.taken_back_by not in (0, run.number, *numbers, *ending):
            raise VnetshError(f"run {run.name} was taken back by run {run.taker} already")
    half = next((one for one in tries if one.cut_off and len(one.undoes) > 1), None)
    if half and {*half.undoes} != numbers:
        raise VnetshError(
            f"run {half.name} ({half.what}) was cut off, and takes back more than that",
            help="`vnetsh recover` finishes it, `vnetsh recover --undo` takes it back",
        )


def came_true(mending: Mending, prepared: Prepared, by: int = 0) -> None:
    """Note that a plan is true, by which run of ours; where nothing had to be done for it, by none."""
    for run in prepared.undoes:
        taken_back(mending, journal.again(run), by)
    if prepared.finishes and not journal.again(prepared.finishes).outcome:
        mending.tell(prepared.finishes, {"end": f"finished by {by}" if by else "finished"}, by)
    mending.finished(prepared.script.text, by)


def taken_back(mending: Mending, run: Run, by: int = 0) -> None:
    """Note that a run was taken back by that one, or (0) by what earlier tries had done.

    The one that it took back itself stands again then. Raises `JournalFailed`.
    """
    tries = [
        one
        for one in mending.tries([run.number])
        if one.number != by and not (one.taken_back_by or one.half_made())
    ]
    if not by and tries:
        by = tries[0].number
        mending.tell(tries.pop(0), {"end": "done"})
    said = f"taken back by {by}" if by else "nothing of it stood"
    mending.tell(run, {"taken back by": by or run.number, **({} if run.outcome else {"end": said})}, by)
    for one in tries:
        mending.tell(one, {"end": f"finished by {by}"}, by)
    _change_sides(mending, run, journal.of_all(mending.runs)[::-1])


def _change_sides(mending: Mending, run: Run, known: Sequence[Run]) -> None:
    """Note that what a run took back stands again; and that what one of those took back does no longer.

    The oldest first: what one of them took back of the others it took back in the end.
    """
    for before in [one for one in known if one.number in run.undoes]:
        mending.tell(before, {"taken back by": 0})
        for one in known:
            if one.number in before.undoes and any(
                record.get("taken back by") == before.number for record in one.records
            ):
                mending.tell(one, {"taken back by": before.number}, before.number)
                _change_sides(mending, one, known)


def _steps_of(mending: Mending, runs: Sequence[Run]) -> list[Step]:
    """What stands of runs, the last first: each one's stages come before those of the next newer one."""
    if len(runs) == 1:
        return _steps(mending, runs[0])
    found: list[Step] = []
    for run in reversed(runs):
        steps = _steps(mending, run)
        last = found[0].stage if found else 0
        first = steps[-1].stage if steps else 0
        found[:0] = [replace(step, stage=last + 1 - first + step.stage) for step in steps]
    return found


def _steps(mending: Mending, run: Run) -> list[Step]:
    """What stands of a run, and of earlier tries to do the same, which it went on from; the last first."""
    found = run.standing()
    for one in mending.tries(run.undoes) if run.undoes else ():
        if one.ended_by == run.number:  # its stages come before all of those that follow
            first = found[-1].stage if found else 0
            last = max((step.stage for step in one.standing()), default=0)
            found += [replace(step, stage=first - 1 - last + step.stage) for step in one.standing()]
    return found


def _tried(mending: Mending, numbers: Sequence[int], mends: Iterable[Mend]) -> Iterator[Change]:
    """What tries to take runs back have made, or will have when mended, and nobody has taken back since."""
    yield from mending.taken_back_of(numbers)
    for mend in mends:
        if {*numbers} & {*mend.half.run.undoes}:
            yield from mend.came


def _knowing(mending: Mending, runs: Sequence[Run], steps: Sequence[Step]) -> list[Step]:
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
    family = {run.number for run in runs}
    all_ = journal.of_all(mending.runs)[::-1]
    first = next((at for at, one in enumerate(all_) if one.number in family), 0)
    for one in all_[first:]:
        if not one.readable:
            continue
        if family & {*one.undoes} and one.takes_back:
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
