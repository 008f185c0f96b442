"""Runs that were cut off while they had to be confirmed: their hosts tell what became of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from vnetsh import journal
from vnetsh.engine.connections import Connections
from vnetsh.errors import BackendRefused, HostUnreachable, VnetshError
from vnetsh.hosts.going_back import (
    ARMED,
    BACK,
    CONFIRMED,
    GOING,
    STUCK,
    UNKNOWN,
    Standing,
    standings,
    told_back,
)
from vnetsh.hosts.workers import at_once
from vnetsh.journal import Run
from vnetsh.journal.unconfirmed import Block
from vnetsh.model import Host, Inventory
from vnetsh.planning.half_made import HalfMade

_Note = Callable[[Mapping[str, Any]], None]
"""Writes down what became of the run."""


@dataclass
class Told:
    """A run as it is known now; `notes` say it.

    `silent` are the places of which nobody knows yet, or that still wait, each in words.
    """

    run: Run
    notes: list[str] = field(default_factory=list)
    silent: dict[str, str] = field(default_factory=dict)


def asked(
    run: Run, inventory: Inventory, connections: Connections, note: _Note, *, end: bool = False
) -> Told:
    """What became of a run's block, where that is not written down yet: `note` does that.

    With `end` places that wait go back at once.
    """
    block = run.block
    if block is None or run.outcome:
        return Told(run)
    connections.know(inventory)
    waits = block.waits

    def one(place: str) -> Standing | VnetshError:
        host = inventory.get(place)
        if not isinstance(host, Host):
            return VnetshError(f"{place} is in no hosts file any more")
        try:
            way, token = connections.transport(host), waits[place]
            if end:
                return told_back(place, way, token)
            return standings(place, way, [token], connections.timeout)[token]
        except (HostUnreachable, BackendRefused) as error:
            return error

    told = dict(zip(waits, at_once("ask", one, waits), strict=True))
    return _written(run, block, told, note)


def _written(run: Run, block: Block, told: Mapping[str, Standing | VnetshError], note: _Note) -> Told:
    found = Told(run)
    back, stands = set[str](), set[str]()
    for place, one in told.items():
        if isinstance(one, VnetshError):
            found.silent[place] = one.message
        elif one.state == BACK or (one.state == UNKNOWN and place not in block.steps.values()):
            back.add(place)
        elif one.state == ARMED:
            found.silent[place] = f"{place} waits to be confirmed: it goes back in {one.left:.0f} s"
        elif one.state == GOING:
            found.silent[place] = one.going(place)
        else:
            stands.add(place)
            if one.state == STUCK:
                found.notes.append(f"run {run.name}: {place} could not go back: {'; '.join(one.said)}")
            elif one.state != CONFIRMED:
                why = "nobody knows its guard any more, as after a restart"
                found.notes.append(f"run {run.name}: what it made on {place} stands: {why}")
    with suppress(journal.JournalFailed):  # it is asked again then
        if stands:
            note({"confirmed": sorted(stands)})
        if back:
            for step, place in block.steps.items():
                if place in back:
                    note({"settled": step, "standing": []})
            note({"gone back": sorted(back)})
        found.run = journal.again(run)
        now = found.run.block
        if now and now.back >= now.tokens.keys():
            note({"end": "not confirmed"})
            found.notes.append(f"run {run.name} ({run.what}) was not confirmed: {_went_back(now.back)}")
            found.run = journal.again(run)
    found.notes += _mixed(found.run)
    return found


def _mixed(run: Run) -> list[str]:
    block = run.block
    if not block or not (block.confirmed and block.back) or run.outcome:
        return []
    here = ", ".join(sorted(block.confirmed))
    return [f"run {run.name} ({run.what}) was confirmed on {here}, and {_went_back(block.back)}"]


def _went_back(places: Collection[str]) -> str:
    itself = "itself" if len(places) == 1 else "themselves"
    return f"{', '.join(sorted(places))} went back by {itself}"


def waiting_of(told: Told) -> list[tuple[HalfMade, str]]:
    """The steps of which nobody knows yet whether their places go back, each with the reason."""
    steps = told.run.block.steps if told.run.block else {}
    return [
        (HalfMade(told.run, step), told.silent[step.place])
        for step in told.run.standing()
        if step.number in steps and step.place in told.silent
    ]
