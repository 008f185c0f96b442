"""Runs of the past: how one is taken back, and how what a run that was cut off left half-made is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vnetsh.backend import Backend
from vnetsh.engine.apply import Applier, interrupts
from vnetsh.engine.connections import Connections, Report
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.engine.observe import observe, places, touched
from vnetsh.engine.prepared import Prepared
from vnetsh.errors import VnetshError
from vnetsh.journal import Journal, Run, Step
from vnetsh.model import Inventory
from vnetsh.planning import undoing
from vnetsh.schema import Vocabulary
from vnetsh.script.script import Script


@dataclass(frozen=True)
class Mending:
    """What a session lends for it: `lock` locks places, `runs` is the folder where runs are written down."""

    inventory: Inventory
    vocabulary: Vocabulary
    backends: Mapping[str, Backend]
    connections: Connections
    lock: Callable[[Inventory, Iterable[str]], None]
    progress: Report
    runs: Path
    keep_going: bool

    def taking_back(self, run: Run, steps: Sequence[Step], what: str) -> Prepared:
        """What takes these steps of a run back. Raises `HostsDown`, `PlanRefused`, as `lock` does."""
        missing = next((step.backend for step in steps if step.backend not in self.backends), "")
        if missing:
            raise VnetshError(
                f"run {run.number} was made by the backend `{missing}`, which is not installed",
                help="install its plugin again: nobody else can take it back",
            )
        inventory = undoing.inventory_for(run, self.inventory)
        at = {place for place, _ in touched(change for step in steps for change in step.changes)}
        self.lock(inventory, at)
        # Also by backends that the steps did not need: a vm that moves back needs its bridges there.
        fleet = observe(inventory, places(inventory, sorted(at), self.backends), self.connections)
        if fleet.unreachable:
            raise HostsDown(fleet.unreachable)
        plan, problems = undoing.taking_back(steps, fleet, self.backends)
        if problems:
            raise PlanRefused(problems)
        return Prepared(Script(inventory, (), self.vocabulary), plan, fleet, what=what, back=True)

    def mend(self, run: Run) -> None:
        """Take back what a run that was cut off left half-made. Raises `VnetshError` when that fails.

        With `keep_going` it stays so at places that do not answer: nothing else is done there either.
        """
        steps = run.half_made()
        self.progress(steps[0].place, f"taking back a half-made step of run {run.number}", None)
        try:
            prepared = self.taking_back(run, steps, f"mend {run.number}")
        except HostsDown as down:
            steps = [step for step in steps if step.place not in down.hosts]
            if not self.keep_going:
                raise
            if not steps:
                return
            prepared = self.taking_back(run, steps, f"mend {run.number}")
        book = Journal(prepared.what, "", self.runs, back=True)
        applier = Applier(prepared.script.inventory, self.connections, self.progress, book)
        with interrupts(applier.cancel):
            done = all(applier.run(segment.stages) for segment in prepared.plan.segments)
        book.leave() if applier.unknown else book.end(
            "done" if done else "interrupted" if applier.interrupted else "failed"
        )
        if applier.interrupted and not done:
            raise KeyboardInterrupt
        if not done:
            failure = applier.failures[0]
            raise VnetshError(
                f"run {run.number} was cut off, and what it left half-made could not be taken back: {failure.message}",
                help=failure.help or f"mend that on {failure.place}, then try again",
            )
        run.note({"mended": [step.number for step in steps]})
