"""Runs of the past, for a session: taken back, brought to their end, and what the hosts keep of those of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from vnetsh import journal
from vnetsh.diagnostics import Source
from vnetsh.engine.locks import Locks
from vnetsh.engine.mending import Mending
from vnetsh.engine.prepared import Prepared
from vnetsh.engine.ran import Tell, timed
from vnetsh.engine.taking_back import taking_back
from vnetsh.errors import VnetshError
from vnetsh.journal import Run
from vnetsh.model import hosts_in
from vnetsh.script.script import Script

_BUSY = 2.0
"""Seconds that are waited for a host that somebody changes: what is open there is under way then, and not cut off."""


@dataclass(frozen=True)
class Past:
    """What a session lends for it."""

    mending: Mending
    locks: Locks
    check: Callable[[Source], Script]
    prepare: Callable[[Script, int], Prepared]
    tell: Tell

    def take_back(self, runs: Sequence[Run], what: str, *, naming: bool = False) -> Prepared:
        """What takes runs back, the newest first: all that they did, or may have done. Raises as `prepare` does.

        `naming`: what speaks against it says of which run it does.
        """

        def plan() -> Prepared:
            with self.locks.only_if_it_succeeds():
                return taking_back(self.mending, runs, what, naming=naming)

        return timed(plan, what, self.mending.inventory, self.tell)

    def rest_of(self, run: Run) -> Prepared:
        """What finishes a run that was cut off: its half-made steps anew, and its later segments."""
        if not run.script:
            return self._rest_of_undoing(run)
        with self.locks.only_if_it_succeeds():
            run = self.mending.fresh(run)
            script = replace(self.check(Source(f"<run {run.name}>", run.script)), names=(run.what,))
            script = replace(script, segments=script.segments[run.segment :])
            return replace(
                self.prepare(script, run.number),
                what=f"recover {run.name}",
                first=run.segment,
                finishes=run,
            )

    def _rest_of_undoing(self, run: Run) -> Prepared:
        """What finishes the taking back of runs; anything else without a script is taken back itself."""
        of = [one for one in journal.of_all(self.mending.runs) if one.number in run.undoes]
        if not of:
            return self.take_back([run], f"undo {run.name}")
        return replace(self.take_back(of, run.what, naming=len(of) > 1), finishes=run)

    def look(self, hosts: Iterable[str] = ()) -> Mapping[str, VnetshError]:
        """Read what these hosts, or all, keep of runs; those that do not answer."""
        if not self.mending.records:
            return {}
        self.mending.connections.know(self.mending.inventory)
        return self.mending.records.look(self.mending.inventory, {*hosts} or hosts_in(self.mending.inventory))

    def find_cut_off(self) -> tuple[Mapping[str, VnetshError], Sequence[str]]:
        """Look at all hosts for runs of others that were cut off; those that do not answer, and what is under way."""
        silent = self.look()
        under_way = []
        inventory = self.mending.inventory
        for run in journal.of_others(self.mending.runs) if self.mending.records else ():
            at = {place for place in run.at if place in inventory} - silent.keys()
            if not run.outcome and at:
                patience, self.locks.patience = self.locks.patience, min(self.locks.patience, _BUSY)
                try:
                    self.mending.lock(inventory, at)  # which looks at them
                except VnetshError as error:
                    under_way.append(f"run {run.name} ({run.what}) is under way: {error.message}")
                finally:
                    self.locks.patience = patience
                    self.locks.release()
        return silent, under_way
