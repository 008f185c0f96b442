"""A script, planned on what the places hold: on those that it needs and, where its changes matter to others, on all."""

from __future__ import annotations

from collections.abc import Mapping

from vnetsh.engine.appraising import appraised
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.engine.looking import Looking
from vnetsh.engine.mending import Cut, Mending, refuse_half_made
from vnetsh.engine.observe import observe, places
from vnetsh.engine.prepared import Prepared
from vnetsh.engine.report import Failure
from vnetsh.errors import VnetshError
from vnetsh.model import Fleet
from vnetsh.planning.half_made import segments
from vnetsh.planning.plan import Plan
from vnetsh.planning.planner import Planner
from vnetsh.schema import Scope
from vnetsh.script.script import Script


def plan_on_sight(
    script: Script,
    looking: Looking,
    planner: Planner,
    mending: Mending,
    cut: Cut,
    *,
    drift: bool = False,
    foresees: bool = False,
) -> Prepared:
    """The plan of a script, after what is to be done of runs that were cut off, and what it was made on.

    A place that the script does not need may be silent: then what it holds could not be checked, and that is said.
    With `foresees` it says what will be answered.
    With `drift` nothing is refused: what stands in the way of the script is a difference like others.
    Raises `HostsDown`, `PlanRefused`, `VnetshError` where it would touch what is half-made and cannot be settled.
    """
    acting = any(not segment.query for segment in script.segments)
    looks = acting or (foresees and any(segment.foreseen for segment in script.segments))
    looked = script.places() | cut.places if looks else set()
    fleet = looking.observe_for(script, cut.places) if looks else Fleet(script.inventory)
    down: tuple[Failure, ...] = ()
    needed = {name: error for name, error in fleet.unreachable.items() if name in script.needed()}
    if needed and not looking.keep_going:
        raise HostsDown(needed)
    unreachable = {name: error for name, error in fleet.unreachable.items() if name in script.places()}
    if looking.keep_going and unreachable:
        down = tuple(Failure(host, e.message, e.help) for host, e in unreachable.items())
        script = script.without(set(unreachable))
    mends, base = mending.mends(cut, fleet)
    plan, problems = planner.plan(script, base, drift=drift, foresees=foresees)
    rest = sorted(set(script.inventory) - looked)
    if rest and not problems and not drift and _matters_elsewhere(plan):
        fleet = observe(
            script.inventory, places(script.inventory, rest, looking.backends), looking.connections, fleet
        )
        mends, base = mending.mends(cut, fleet)
        plan, problems = planner.plan(script, base, foresees=foresees)
    if plan.changes and not problems and not drift:
        plan, problems = appraised(plan, fleet, looking.connections)
    if problems and not drift:
        raise PlanRefused(problems, mending.said(cut, mends))
    silent = {
        name: error for name, error in fleet.unreachable.items() if not looking.keep_going or name in rest
    }
    if silent and _makes_what_may_be_there(plan, script) and not looking.keep_going:
        raise HostsDown(silent)
    refuse_half_made(cut, plan.changes)
    left = mending.note(cut, mends)
    out = (f"{failure.place} is left out: {failure.message}" for failure in down)
    plan = Plan((*segments(left), *plan.segments), plan.inventory, (*out, *mending.said(cut, mends)))
    return Prepared(script, plan, fleet, down, mends=left, unseen=_said(silent), differences=tuple(problems))


def _matters_elsewhere(plan: Plan) -> bool:
    """Whether what other places hold has a say in it."""
    if not plan.changes:
        return False
    from vnetsh.planning.wide import concerns_all

    return any(map(concerns_all, plan.changes))


def _makes_what_may_be_there(plan: Plan, script: Script) -> bool:
    """Whether it makes anew what is one in all, and may be where nobody could look."""
    kinds = script.vocabulary.kinds
    return any(
        change.before is None and kinds[change.resource.kind].scope is Scope.FLEET for change in plan.changes
    )


def _said(silent: Mapping[str, VnetshError]) -> tuple[str, ...]:
    return tuple(f"what {name} holds was not checked: {error.message}" for name, error in silent.items())
