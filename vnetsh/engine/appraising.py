"""What only running things can tell of a plan: how long moves take, and what their places' own parsers refuse.

Asked at all their places at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.engine.connections import Connections
from vnetsh.errors import PluginBroken, VnetshError
from vnetsh.hosts.workers import at_once
from vnetsh.model import ActionKind, Change, Fleet
from vnetsh.planning.plan import Plan

_At = tuple[str, str]


def appraised(plan: Plan, fleet: Fleet, connections: Connections) -> tuple[Plan, list[Diagnostic]]:
    """The plan with how long its moves take, and what speaks against them; of what it makes itself nobody can tell.

    A place that does not answer tells nothing: whoever makes the change will say so.
    """
    asked: dict[_At, list[Change]] = {}
    for change in plan.changes:
        before = change.before
        moves = change.action is ActionKind.MOVE and before and before.key in fleet.resources
        if moves or change.resource.kind in connections.backends[change.backend].appraises:
            asked.setdefault((change.place, change.backend), []).append(change)
    if not asked:
        return plan, []

    def ask(at: _At) -> Iterable[tuple[int, Assessment]]:
        place = plan.inventory[at[0]]
        try:
            connection, progress = connections.connection(place, at[1]), connections.progress(place.name)
            told = connection.appraise(asked[at], fleet, progress)
        except VnetshError:
            return ()
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            raise PluginBroken(
                f"{place.name}: backend {at[1]} failed: {type(error).__name__}: {error}"
            ) from error
        return zip(map(id, asked[at]), told, strict=False)

    told = dict(pair for found in at_once("appraise", ask, list(asked)) for pair in found)
    problems = [one.problem for one in told.values() if one.problem]
    return _with(plan, told), problems


def _with(plan: Plan, told: Mapping[int, Assessment]) -> Plan:
    def one(change: Change) -> Change:
        found = told.get(id(change))
        if not found:
            return change
        how = "; ".join(filter(None, (change.how, found.how)))
        return replace(change, how=how, estimate=found.estimate)

    segments = (
        replace(segment, stages=tuple(tuple(map(one, stage)) for stage in segment.stages))
        for segment in plan.segments
    )
    return replace(plan, segments=tuple(segments))
