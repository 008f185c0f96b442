"""Runs of the past: what takes them back, what finishes them. Pure but for the planner's backends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from vnetsh.backend import Backend
from vnetsh.diagnostics import Diagnostic
from vnetsh.journal import Run, Step
from vnetsh.model import Attributes, Fleet, Inventory, Resource
from vnetsh.model.change import Change
from vnetsh.nouns import taken
from vnetsh.planning.losses import with_losses
from vnetsh.planning.plan import Plan, PlannedSegment
from vnetsh.planning.planning_problems import failed_assessing
from vnetsh.script.script import Segment


def inventory_for(run: Run, inventory: Inventory) -> Inventory:
    """The places of a run, as they are reached now; those that nobody knows any more, as they were then."""
    return {**run.places, **inventory}


def taking_back(
    steps: Sequence[Step], fleet: Fleet, backends: Mapping[str, Backend]
) -> tuple[Plan, list[Diagnostic]]:
    """The plan that takes steps back (the last of them first), and what speaks against it."""
    stages: list[tuple[Change, ...]] = []
    now = fleet
    problems: list[Diagnostic] = []
    last = -1
    for step in steps:
        inverses: list[Change] = []
        # What is undone first makes way for the rest: a bridge is free when its vm is gone.
        for _, kind in groupby(reversed(step.changes), key=lambda change: change.resource.kind):
            group = [_assessed(change.inverse(), fleet, backends, problems) for change in kind]
            fleet = fleet.after(group)
            inverses += group
        if step.stage == last:
            stages[-1] += tuple(inverses)
        else:
            stages.append(tuple(inverses))
        last = step.stage
    return Plan((PlannedSegment(Segment(), with_losses(stages, now, fleet)),), fleet.places), problems


def _assessed(
    change: Change, fleet: Fleet, backends: Mapping[str, Backend], problems: list[Diagnostic]
) -> Change:
    """A change with what it costs now; one that is there already costs nothing."""
    there = fleet.resources.get(change.resource.key)
    wanted = change.after and _but_error(change.after)
    if (there is None and change.after is None) or (there and wanted == _but_error(there)):
        return replace(change, how="already so")
    try:
        assessment = backends[change.backend].assess(change, fleet)
    except (Exception, SystemExit) as error:  # a plugin can raise anything
        raise failed_assessing(change, error) from error
    problem = assessment.problem or taken.problem(change, fleet)
    if problem:
        problems.append(problem)
    return replace(change, impact=assessment.impact, hits=assessment.hits, how=assessment.how)


def _but_error(resource: Resource) -> Attributes:
    """Its attributes, but what its switch says is wrong with it just now."""
    return {name: value for name, value in resource.attributes.items() if name != "error"}
