"""What `--explain` says: the commands by which somebody would do by hand what a plan does. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from vnetsh.backend import Backend, HostCommand
from vnetsh.model import Fleet, Inventory, Resource, hosts_in
from vnetsh.model.change import Change
from vnetsh.planning.plan import Plan

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
    return tuple(backend.commands(change, before, after))


def _content(resource: Resource | None) -> tuple[object, ...] | None:
    return (resource.attributes, resource.marked, resource.owner) if resource else None


def prompts(change: Change, commands: Commands) -> list[str]:
    """The lines that go under a change in a plan: its commands, as at the prompts of their hosts."""
    return [
        f"      {line}"
        for command in commands
        for line in f"{command.host or change.place}$ {command}".split("\n")
    ]


def shell_lines(change: Change, commands: Commands, inventory: Inventory) -> list[str]:
    """The commands of a change, each for a shell on its host (`Change.host`): by ssh from there for another host."""
    lines = []
    for command in commands:
        other = hosts_in(inventory).get(command.host) if command.host not in ("", change.place) else None
        text = str(command)
        lines.append(shlex.join(["ssh", other.address or other.name, text]) if other else text)
    return lines
