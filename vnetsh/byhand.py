"""What `--explain` says: the commands by which somebody would do by hand what a plan does. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vnetsh.backend import Backend, HostCommand
from vnetsh.model import Fleet, Resource
from vnetsh.plan import Change
from vnetsh.planner import Plan

Commands = Sequence[HostCommand]


def by_hand(plan: Plan, fleet: Fleet, backends: Mapping[str, Backend]) -> Sequence[Commands]:
    """The commands for each of `plan.changes`, in their order; `fleet` is what the plan was made on."""
    found: list[Commands] = []
    for segment in plan.segments:
        for stage in segment.stages:
            after = fleet.after(stage)
            found += [_commands(change, fleet, after, backends[change.backend]) for change in stage]
            fleet = after
    return found


def _commands(change: Change, before: Fleet, after: Fleet, backend: Backend) -> Commands:
    if _content(before.resources.get(change.resource.key)) == _content(change.after):
        return ()  # when a run is taken back: already so
    commands = getattr(backend, "commands", None)
    return tuple(commands(change, before, after)) if commands else ()


def _content(resource: Resource | None) -> tuple[object, ...] | None:
    return (resource.attributes, resource.marked, resource.owner) if resource else None
