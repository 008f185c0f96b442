"""The runs that are under way, in this process or another one, and the moves that hosts tell of; breaking one off."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from vnetsh import journal
from vnetsh.engine.connections import Connections
from vnetsh.errors import VnetshError
from vnetsh.hosts.workers import at_once
from vnetsh.journal import Run
from vnetsh.model import ActionKind, Inventory, Resource, UnderWay

_At = tuple[str, str]
"""A place and a backend."""

PATIENCE = 300.0
"""Seconds that are waited until whoever makes a job has taken it back: a move that goes back takes its time."""

_LOOK = 0.2

MIB, MBIT = 2**20, 10**6


def jobs(
    runs: Sequence[Run], inventory: Inventory, at: Sequence[_At], connections: Connections
) -> tuple[list[Resource], Mapping[str, VnetshError]]:
    """A row for each move of these runs, or for the run; then those moves that no run is known of.

    `at` are the places that are asked, by which backend. Also those that do not answer, with the reason.
    """
    told, silent = _told(inventory, at, connections)
    found: list[Resource] = []
    for run in sorted(runs, key=lambda run: run.number):
        about = {"what": run.what, "since": f"{run.time.astimezone():%Y-%m-%d %H:%M:%S}"}
        moves = [c for step in run.half_made() for c in step.changes if c.action is ActionKind.MOVE]
        for change in moves:
            name, place = change.resource.name, change.place
            ends = {"vm": name, "from": place, "to": change.resource.place}
            seen = told.pop((place, name), UnderWay(name))
            found.append(Resource("job", str(run.number), place, {**about, **ends, **_numbers(seen)}))
        if not moves:
            found.append(Resource("job", str(run.number), "", about))
    for (place, name), seen in sorted(told.items()):
        found.append(Resource("job", "-", place, {"vm": name, "from": place, **_numbers(seen)}))
    return found, silent


def _told(
    inventory: Inventory, at: Sequence[_At], connections: Connections
) -> tuple[dict[_At, UnderWay], dict[str, VnetshError]]:
    silent: dict[str, VnetshError] = {}

    def ask(one: _At) -> Sequence[UnderWay]:
        try:
            return connections.connection(inventory[one[0]], one[1]).under_way()
        except VnetshError as error:
            silent[one[0]] = error
            return ()

    found = at_once("under way", ask, at)
    return {(place, seen.vm): seen for (place, _), all in zip(at, found, strict=True) for seen in all}, silent


def _numbers(seen: UnderWay) -> Mapping[str, int | None]:
    """What is shown; whole MiB, Mbit and seconds are enough."""
    if not seen.sent and not seen.left:
        return {}
    ends = seen.to_go
    return {
        "sent": seen.sent // MIB * MIB,
        "left": seen.left // MIB * MIB,
        "rate": seen.rate * 8 // MBIT * MBIT or None,
        "writes": seen.written * 8 // MBIT * MBIT or None,
        "ends": None if ends is None else max(round(ends), 1) * 1000,
    }


def cancel(runs: Path, number: int, who: str, say: Callable[[str], None]) -> tuple[str, bool]:
    """Ask whoever makes a run to take it back, and wait until that is over: what came of it, and whether that is so.

    Raises `VnetshError` where no such run is under way, or it does not end.
    """
    run = next((run for run in journal.under_way(runs) if run.number == number), None)
    if run is None:
        raise VnetshError(f"no job {number} is under way", help="`show jobs` lists them")
    journal.ask_to_end(run, who)
    until = time.monotonic() + PATIENCE
    while (run := journal.again(run)).alive:
        if time.monotonic() > until:
            raise VnetshError(
                f"job {number} is under way still: it was asked to end, and did not in {PATIENCE:g} s",
                help="`show jobs` tells how far it is; its own terminal, what it waits for",
            )
        say(f"waits until job {number} has taken back what it did")
        time.sleep(_LOOK)
    if run.outcome == "done":
        return f"job {number} was done before it could be broken off: `undo {number}` takes it back", False
    if run.outcome and not run.standing():
        return f"job {number} is broken off, and nothing of it stands", True
    return (
        f"job {number} has ended ({run.outcome or 'cut off'}), and something of it stands: `history`",
        False,
    )
