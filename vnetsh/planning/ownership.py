"""Whose a thing on a host is: what a script made, what it no longer says, what is adopted. Pure."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.diagnostics import did_you_mean
from vnetsh.errors import UsageError
from vnetsh.model import Fleet
from vnetsh.model.change import ActionKind, Change
from vnetsh.planning.plan import Plan, PlannedSegment
from vnetsh.schema import Scope, Vocabulary
from vnetsh.script.script import Script, Segment


def pruning(script: Script, owner: str) -> Script:
    """The script with a last segment that removes what its owner made and it no longer says.

    Raises `UsageError` for a script that has no name.
    """
    if not owner:
        raise UsageError(
            "--prune needs a script in a file", help="what a script made is known by its file's name"
        )
    return replace(script, segments=(*script.segments, Segment(owner=owner, keep=frozenset())))


def adoption(fleet: Fleet, vocabulary: Vocabulary, kind: str, name: str, owner: str) -> Plan:
    """The plan that marks what has that name, on every host. Raises `UsageError`."""
    found = fleet.named(kind, name)
    if not found:
        known = [resource.name for resource in fleet.of_kind(kind)]
        where = "at any place" if vocabulary.kinds[kind].sort else "on any host"
        raise UsageError(f"there is no {kind} `{name}` {where}", help=did_you_mean(name, known))
    for parent in {resource.parent for resource in found}:
        if parent and vocabulary.kinds[parent[0]].scope is Scope.FLEET:
            whole = f"`vnetsh adopt {parent[0]} {parent[1]}`"
            raise UsageError(f"{kind} `{name}` is a {parent[0]}'s", help=f"adopt the {parent[0]}: {whole}")
    changes = tuple(
        Change(ActionKind.CHANGE, one, replace(one, marked=True, owner=owner), how="adopted")
        for one in found
        if not one.marked or one.owner != owner
    )
    return Plan((PlannedSegment(Segment(), (changes,) if changes else ()),), fleet.places)
