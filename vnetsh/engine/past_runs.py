"""The runs of the past, and the moves of vms that they made, as things to be shown."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from vnetsh import journal
from vnetsh.engine.connections import Connections
from vnetsh.engine.observe import At
from vnetsh.engine.under_way import jobs
from vnetsh.errors import VnetshError
from vnetsh.journal import Run
from vnetsh.model import ActionKind, Inventory, Resource, Value
from vnetsh.model.change import Change

SHOWN = 200
"""Runs that are looked at, the newest."""


def of_runs(
    kind: str,
    hosts: Collection[str],
    folder: Path | None,
    inventory: Inventory,
    at: Sequence[At],
    connections: Connections,
) -> tuple[list[Resource], Mapping[str, VnetshError]]:
    """Jobs, migrations or runs that have to do with one of these hosts, or any; and who does not answer.

    The runs are those of a folder; `at` are the places that are asked for moves, by which backend.
    """
    runs = journal.runs(folder) if folder else iter(())
    if kind == "run":
        return runs_seen(runs, hosts), {}
    found, silent = jobs(journal.under_way(folder) if folder else [], inventory, at, connections)
    meant = [job for job in found if not hosts or {job.place, job.text("to")} & {*hosts}]
    return (meant if kind == "job" else migrations_seen(runs, meant, hosts)), silent


def runs_seen(runs: Iterable[Run], hosts: Collection[str]) -> list[Resource]:
    """A row for each run that touched one of these hosts, or any; the newest first."""
    found = []
    for run in islice(runs, SHOWN):
        if not run.readable:
            found += [Resource("run", run.name, "", {"outcome": outcome_of(run)})] if not hosts else []
            continue
        changes = [change for step in run.standing() for change in step.changes]
        touched = {*run.places, *(place for change in changes for place in change.places)}
        if not hosts or touched & {*hosts}:
            about: dict[str, Value] = {
                "time": _time(run),
                "who": run.who or None,
                "what": run.what,
                "changes": ", ".join(f"{n} {action}" for action, n in changes_of(run).items()) or None,
                "hosts": tuple(sorted(touched)),
                "outcome": outcome_of(run),
            }
            found.append(Resource("run", run.name, "", about))
    return found


def outcome_of(run: Run) -> str:
    """How a run ended, and what became of it, in words."""
    if not run.readable:
        return "unknown format"
    if run.taken_back_by:
        by_itself = run.taken_back_by == run.number
        return "nothing of it stands" if by_itself else f"taken back by {run.taker}"
    if run.alive and run.book:
        return "under way, or cut off"
    return run.outcome or ("under way" if run.alive else "cut off: `vnetsh recover`")


def changes_of(run: Run) -> dict[str, int]:
    """How many changes of a run stand, by what they do."""
    changes = [change for step in run.standing() for change in step.changes] if run.readable else []
    counts = {str(action): sum(change.action is action for change in changes) for action in ActionKind}
    return {action: count for action, count in counts.items() if count}


def migrations_seen(runs: Iterable[Run], jobs: Iterable[Resource], hosts: Collection[str]) -> list[Resource]:
    """A row for each move of a vm: those under way first, by their `jobs`; then the past ones, the newest first."""
    moving = [
        Resource(
            "migration",
            job.name,
            job.place,
            {**job.attributes, "when": job.get("since"), "state": "under way"},
        )
        for job in jobs
        if job.get("vm")
    ]
    past = (one for run in islice(runs, SHOWN) if run.readable for one in _moves(run))
    return [one for one in (*moving, *past) if not hosts or {one.text("from"), one.text("to")} & {*hosts}]


def _moves(run: Run) -> Iterator[Resource]:
    sure = {id(step) for step in run.certain()}
    for step in reversed(run.standing()):
        for change in step.changes:
            if change.action is ActionKind.MOVE:
                if run.alive and id(step) not in sure:  # a job tells of it
                    continue
                state = "done" if id(step) in sure else "not known"
                state = f"taken back by {run.taker}" if run.taken_back_by else state
                yield _move(run, change, state, run.seconds_of(step))


def _move(run: Run, change: Change, state: str, seconds: float | None) -> Resource:
    name = change.resource.name
    told = _measured(run, name)
    about: dict[str, Value] = {
        "vm": name,
        "from": change.place,
        "to": change.resource.place,
        "when": _time(run),
        "state": state,
        "gap": told.get("gap_ms"),
        "downtime": told.get("downtime_ms"),
        "took": None if seconds is None else max(round(seconds * 1000), 1),
        "what": run.what,
    }
    return Resource("migration", run.name, change.place, about)


def _measured(run: Run, vm: str) -> dict[str, Any]:
    """What was measured of a vm's move in a run."""
    things = (record.get("thing", {}) for record in run.records)
    said = (
        thing["measured"]
        for thing in things
        if thing.get("measured") and thing.get("what") == f"the gap of {vm}"
    )
    return next((json.loads(text) for text in said), {})


def _time(run: Run) -> str:
    return f"{run.time.astimezone():%Y-%m-%d %H:%M:%S}"
