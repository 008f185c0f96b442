"""Which runs have made or changed a thing, as the journal tells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice
from pathlib import Path

from vnetsh import journal
from vnetsh.journal import Run
from vnetsh.model import ActionKind, Key, Resource
from vnetsh.model.change import Change
from vnetsh.views.page import Row

LOOKED_AT = 200
"""Runs of the past that are looked at, the newest ones."""
SHOWN = 8

_DID = {
    ActionKind.ADD: "made",
    ActionKind.CHANGE: "changed",
    ActionKind.REMOVE: "removed",
    ActionKind.MOVE: "moved",
}


def runs_of(resource: Resource, parts: Sequence[Resource], folder: Path) -> list[Row]:
    """A row for each run that did something to it or a part of it, the newest first."""
    rows: list[Row] = []
    of_parts = {part.key for part in parts}
    for run in islice(journal.runs(folder), LOOKED_AT):
        did = _did(run, resource, of_parts) if run.readable else ""
        if did:
            when = f"{run.time.astimezone():%Y-%m-%d %H:%M:%S}"
            rows.append({"run": run.name, "time": when, "did": did, "what": run.what, "who": run.who})
        if len(rows) == SHOWN:
            break
    return rows


def _did(run: Run, resource: Resource, parts: Collection[Key]) -> str:
    changes = [change for step in run.standing() for change in step.changes]
    own = [change for change in changes if _about(change, resource)]
    words = [
        f"{_DID[change.action]} from {change.place} to {change.resource.place}"
        if change.action is ActionKind.MOVE
        else _DID[change.action]
        for change in own
    ]
    if not own and any(change.resource.key in parts for change in changes):
        words = ["changed a part"]
    return ", ".join(dict.fromkeys(words))


def _about(change: Change, resource: Resource) -> bool:
    one = change.resource
    moved = change.action is ActionKind.MOVE
    return (one.kind, one.name) == (resource.kind, resource.name) and (moved or one.place == resource.place)
