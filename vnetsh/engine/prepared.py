"""A plan that is ready to be made, with the fleet it was planned on."""

from __future__ import annotations

from dataclasses import dataclass, field

from vnetsh.diagnostics import Diagnostic
from vnetsh.engine.report import Failure
from vnetsh.journal import Run
from vnetsh.model import Fleet
from vnetsh.planning.half_made import Mend
from vnetsh.planning.plan import Plan
from vnetsh.script.script import Script


@dataclass(frozen=True)
class Prepared:
    """A script, its plan, and the fleet it was planned on.

    `down` are the hosts that did not answer and are left out (only with `keep_going`). `what` names it where
    the script does not; `first` is the number of its first segment when others are done already; `back`: it
    takes back another run. `unseen` says in words which places did not answer that might have had a say; `differences`
    are what stands in the way of a script that is only compared with the hosts.
    """

    script: Script
    plan: Plan
    fleet: Fleet
    down: tuple[Failure, ...] = ()
    what: str = ""
    first: int = 0
    back: bool = False
    unseen: tuple[str, ...] = ()
    differences: tuple[Diagnostic, ...] = ()
    mends: tuple[Mend, ...] = ()
    """What is done first of it: what makes half-made steps of runs that were cut off certain."""
    undoes: tuple[Run, ...] = ()
    """The runs that it takes back, the newest first."""
    finishes: Run | None = None
    """The run that was cut off and that it brings to its end."""
    began: float = field(default=0.0, compare=False)
    planned: float = field(default=0.0, compare=False)
    """From when to when it was planned, in seconds since the epoch; 0 where nobody looked at the clock."""

    @property
    def after(self) -> Fleet:
        """The fleet as it will be when all of the plan is made."""
        fleet = self.fleet
        for stage in (stage for planned in self.plan.segments for stage in planned.stages):
            fleet = fleet.after(stage)
        return fleet

    @property
    def acting(self) -> bool:
        """Whether it is to do anything, or would, if there were anything to do; else it only looks."""
        return any(not planned.segment.query for planned in self.plan.segments)
