"""A run as those are told of it who only look on: what it was, what came of it, and when what was done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from vnetsh.engine.failures import HostsDown
from vnetsh.engine.prepared import Prepared
from vnetsh.engine.report import Report
from vnetsh.errors import VnetshError
from vnetsh.model import Inventory, fleet_name
from vnetsh.planning.plan import Plan


class Ending(StrEnum):
    """How a run ended."""

    DONE = "done"  # also with nothing to do
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CUT_OFF = "cut_off"  # a host went silent: it is to be ended by `recover`
    REFUSED = "refused"  # by the plan, or hosts that were busy: nothing was touched
    UNREACHABLE = "unreachable"  # hosts did not answer: nothing was touched


@dataclass(frozen=True)
class Ran:
    """A run that is over. `what` it was: the scripts' names, `undo 12`; `fleet`: which hosts it was about.

    Times are seconds since the epoch: from `began` to `planned` it was planned, until `ended` made. A run that was
    refused has no `plan` and no `report`, and `error` says why; `down` are the hosts that did not answer.
    """

    what: str
    fleet: str
    ending: Ending
    began: float
    planned: float
    ended: float
    plan: Plan | None = None
    report: Report | None = None
    error: str = ""
    down: Sequence[str] = ()

    @property
    def places(self) -> Mapping[str, bool]:
        """The places that it had to do with, and whether each answered when it was planned."""
        changes = self.plan.changes if self.plan else ()
        touched = {place for change in changes for place in change.concerned}
        return {place: place not in self.down for place in sorted({*touched, *self.down})}


Tell = Callable[..., list[str]]
"""Calls a hook that only looks on; a sentence for each plugin that fails in it."""


def timed(plan: Callable[[], Prepared], what: str, inventory: Inventory, tell: Tell | None) -> Prepared:
    """Plan a run, and note from when to when; where it is refused that is told, too. Raises as `plan` does."""
    began = time.time()
    try:
        prepared = plan()
    except VnetshError as error:
        if tell:
            tell("vnetsh_after_run", ran=refused(what, inventory, began, error))
        raise
    return replace(prepared, began=began, planned=time.time())


def tell_of(tell: Tell, prepared: Prepared, report: Report) -> list[str]:
    """Tell of a run what came of it; what went wrong with whom it was told. What only asks is no run."""
    return tell("vnetsh_after_run", ran=ran(prepared, report)) if prepared.acting else []


def ran(prepared: Prepared, report: Report) -> Ran:
    """A plan that was made, or of which nothing was to be made."""
    now = time.time()
    planned = prepared.planned or now - report.seconds
    down = [failure.place for failure in prepared.down]
    ending = Ending.DONE if report.ok else Ending.FAILED
    ending = Ending.CUT_OFF if report.cut_off else Ending.INTERRUPTED if report.interrupted else ending
    what, fleet = prepared.what or ", ".join(prepared.script.names), fleet_name(prepared.plan.inventory)
    return Ran(what, fleet, ending, prepared.began or planned, planned, now, prepared.plan, report, down=down)


def refused(what: str, inventory: Inventory, began: float, error: VnetshError) -> Ran:
    """A run that came to nothing before it began."""
    now = time.time()
    down = sorted(error.hosts) if isinstance(error, HostsDown) else ()
    ending = Ending.UNREACHABLE if down else Ending.REFUSED
    fleet = fleet_name(inventory)
    return Ran(what, fleet, ending, began, now, now, error=error.message, down=down)
