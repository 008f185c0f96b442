"""One session: an inventory, the plugins, the connections. The shell and the batch mode are its two faces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Source
from vnetsh.engine.connections import Connections, Report as Tell, quiet
from vnetsh.engine.failures import HostsDown
from vnetsh.engine.locks import Locks
from vnetsh.engine.looking import Looking
from vnetsh.engine.mending import Cut, Mending
from vnetsh.engine.observe import places
from vnetsh.engine.planned import plan_on_sight
from vnetsh.engine.prepared import Prepared
from vnetsh.engine.questions import Questions
from vnetsh.engine.ran import tell_of, timed
from vnetsh.engine.report import Report
from vnetsh.engine.unchanged import unchanged
from vnetsh.errors import VnetshError
from vnetsh.language.expanding import Variables
from vnetsh.model import Inventory
from vnetsh.planning.planner import Planner
from vnetsh.registry import Plugins
from vnetsh.schema import Answer
from vnetsh.script.reading import read
from vnetsh.script.script import Script, owner_of

if TYPE_CHECKING:
    from vnetsh.engine.past import Past
    from vnetsh.engine.probation import Agree
    from vnetsh.engine.records import Records
    from vnetsh.journal import Run
    from vnetsh.journal.imagined import ImaginedFolder

_Begun = Callable[[int], None]


class Session(Looking):
    """Check, plan and run scripts on an inventory. Also the Python API.

    Use as a context manager: leaving it closes every connection. `progress` is told what each host does.
    """

    def __init__(
        self,
        plugins: Plugins,
        inventory: Inventory,
        *,
        settings: Mapping[str, str] | None = None,
        keep_going: bool = False,
        undo_on_failure: bool = False,
        timeout: float = 10.0,
        lock_timeout: float = 60.0,
        progress: Tell = quiet,
    ) -> None:
        connections = Connections(plugins.backends, timeout, progress)
        known = plugins.vocabulary, plugins.backends, connections
        super().__init__(inventory, *known, keep_going=keep_going, runs=lambda: self.runs)
        self.asks_again = True
        self.plugins = plugins
        self.settings = settings or {}
        self.variables: Variables = {}
        """What `let` said in earlier scripts of this session; the shell adds to it."""
        self.progress = progress
        self.undo_on_failure = undo_on_failure
        self.agree: Agree | None = None  # asks a person to confirm a run where nothing is expected
        imagined = {world.name for world in plugins.worlds.values() if not world.real}
        self.real = not any(host.world in imagined for host in inventory.values())
        self._imagined: ImaginedFolder | None = None
        self._beside: Session | None = None
        self.behind = False  # whether its runs go on behind a prompt: who wants its hosts is told
        self._locks = Locks(self.connections, lock_timeout, lambda place, text: progress(place, text, None))
        self.planner = Planner(plugins.vocabulary, plugins.backends)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self.release()
        self.connections.close()
        if self._imagined:
            self._imagined.remove()
            self._imagined = None

    def beside(self, progress: Tell) -> Session:
        """Another session on the same hosts, for a run beside this one's: its connections and locks are its own."""
        other = Session(self.plugins, self.inventory, settings=self.settings, progress=progress)
        other.keep_going, other.undo_on_failure = self.keep_going, self.undo_on_failure
        other._locks.patience, other.connections.timeout = self._locks.patience, self.connections.timeout
        other.variables, other._beside = self.variables, self
        return other

    @property
    def runs(self) -> Path:
        """The folder where this session's runs are written down."""
        if self._beside:
            return self._beside.runs
        if self.real:  # of hosts that end with this process nothing is kept
            from vnetsh import journal

            return journal.folder()
        if not self._imagined:
            from vnetsh.journal.imagined import ImaginedFolder

            self._imagined = ImaginedFolder.make()
        return self._imagined.path

    def release(self) -> None:
        """Let go of the hosts' locks: what was prepared will not be applied."""
        self._locks.release()
        self.connections.try_again()

    @property
    def _mending(self) -> Mending:
        known = self.vocabulary, self.backends, self.connections
        return Mending(self.inventory, *known, self._lock, self.progress, lambda: self.runs, self._records)

    @property
    def _records(self) -> Records | None:
        from vnetsh.engine.records import Records  # imagined hosts keep nothing of runs

        return Records(lambda: self.runs, self.connections, self._locks) if self.real else None

    def _lock(self, inventory: Inventory, places: Iterable[str]) -> None:
        if self.real:
            from vnetsh.hosts.locking_here import who_we_are

            self.connections.know(inventory)
            self._locks.acquire(inventory, places, who_we_are() + ", in the background" * self.behind)
            if records := self._records:
                records.after_locking(inventory)

    def check(self, *sources: Source, confirm_within: str | None = None, alone: bool = False) -> Script:
        """Parse and check without touching any host. Raises `ProblemsFound` with all problems."""
        known = self.inventory, self.settings, self.variables
        return read(sources, self.vocabulary, *known, self.plugins.check, confirm_within, alone=alone)

    def prepare(
        self,
        *sources: Source,
        lock: bool = False,
        prune: bool = False,
        confirm_within: str | None = None,
        alone: bool = False,
    ) -> Prepared:
        """Check, observe and plan; touches nothing.

        With `lock` the hosts stay locked until `apply` or `release`, so that the plan stays true; and what a
        run that was cut off left half-made on them is taken back first. With `prune` what the script once made
        and no longer says goes, in the end; it is known by its file's name. With `confirm_within` all of it has to
        be confirmed in that time (`60s`), or its hosts take it back by themselves. `alone`: it comes from
        elsewhere, and reads nothing of this machine.
        Raises `ProblemsFound`, `HostsDown`, `PlanRefused`, `VnetshError` when a host stays locked.
        """
        script = self.check(*sources, confirm_within=confirm_within, alone=alone)
        return self._prepare(_pruning(script, sources) if prune else script, lock)

    def drift(self, *sources: Source) -> Prepared:
        """What would make the hosts again as the script declares them; its verbs are left out.

        Raises as `prepare` does. Of a script without a file's name, what it no longer says is not looked for.
        """
        script = self.check(*sources)
        script = replace(script, segments=tuple(s for s in script.segments if not s.action))
        return self._prepare(
            _pruning(script, sources) if owner_of(sources) else script, lock=False, drift=True
        )

    def adopt(self, kind: str, name: str, owner: str = "") -> Prepared:
        """What marks the objects of that name as vnetsh's own, or as a script's. Raises as `prepare` does."""
        from vnetsh.planning.ownership import adoption

        with self._locks.only_if_it_succeeds():
            self._lock(self.inventory, self.inventory)
            fleet = self.observe()
            if fleet.unreachable and not self.keep_going:
                raise HostsDown(fleet.unreachable)
            plan = adoption(fleet, self.vocabulary, kind, name, owner)
        return Prepared(Script(self.inventory, (), self.vocabulary), plan, fleet, what=f"adopt {kind} {name}")

    def _prepare(self, script: Script, lock: bool, *, drift: bool = False, meant: int = 0) -> Prepared:
        def plan() -> Prepared:
            with self._locks.only_if_it_succeeds():
                return self._planned(script, lock, drift, meant)

        acts = lock and any(not segment.query for segment in script.segments)
        names, tell = ", ".join(script.names), self.plugins.tell if acts else None
        return timed(plan, names, script.inventory, tell)

    def _planned(self, script: Script, lock: bool, drift: bool, meant: int) -> Prepared:
        """`meant` is the run that was cut off and is being finished."""
        acting = any(not segment.query for segment in script.segments)
        locks = any(segment.locks for segment in script.segments)
        self.connections.try_again()
        mending = self._mending
        looks = acting and self.real and not drift
        cut = mending.cut(script.places(), meant=meant, others=False) if looks else Cut()
        inventory = cut.inventory(script.inventory)
        if lock and locks:
            if self.real:  # an imagined host is nowhere to be reached
                at = places(inventory, sorted(script.places()), self.backends)
                self.connections.know(inventory)
                self.connections.begin((inventory[place], backend) for place, backend in at)
            self._lock(inventory, script.places() | cut.places)
            if looks:  # as it is now, under the lock; also what others left
                cut = mending.cut(script.places(), meant=meant, before=cut)
                self._lock(inventory := cut.inventory(inventory), script.places() | cut.places)
        cut = mending.settle(cut, locked=lock) if cut.halves else cut
        open_ = next((why for half, why in cut.unsettled if half.run.number == meant), "")
        if open_:
            raise VnetshError(f"run {meant} cannot be finished now: {open_}")
        script = replace(script, inventory=cut.inventory(script.inventory))
        # What is only asked need not be foreseen where it is about to be asked.
        foresees = not drift and (acting or not lock)
        return plan_on_sight(script, self, self.planner, mending, cut, drift=drift, foresees=foresees)

    def apply(
        self,
        prepared: Prepared,
        tell: Callable[[Answer], None] = lambda answer: None,
        begun: _Begun = lambda run: None,
    ) -> Report:
        """Make a plan true; `tell` is given the answer to each query, `begun` the number of the run, if there is one.

        Raises `VnetshError` when a script that changes nothing asks what cannot be answered.
        """
        with self._locks.only_if_it_succeeds():
            return self._apply(prepared, tell, begun)

    def _apply(self, prepared: Prepared, tell: Callable[[Answer], None], begun: _Begun) -> Report:
        questions = Questions(self.at(prepared.script.inventory), tell)  # it may declare some itself
        try:
            return self._made(prepared, questions, begun)
        finally:
            questions.close()

    def _made(self, prepared: Prepared, questions: Questions, begun: _Begun) -> Report:
        ask = questions.ask
        warnings = [*self._locks.overruled, *self.plugins.tell("vnetsh_before_apply", plan=prepared.plan)]
        if not prepared.plan.changes:
            report = unchanged(prepared, ask, self._mending, real=self.real)
            self.release()
            report = replace(report, failures=(*report.failures, *questions.lost()))
            warnings += tell_of(self.plugins.tell, prepared, report)
            return replace(report, warnings=tuple(warnings))
        from vnetsh.engine.making import Making

        making = Making(
            self.connections,
            self.planner,
            self._mending,
            self.progress,
            questions.asking,
            keep_going=self.keep_going,
            undo_on_failure=self.undo_on_failure,
            begun=begun,
            agree=self.agree,
        )
        report = making.make(prepared, ask, questions.lost)
        self.release()
        warnings += self.plugins.tell("vnetsh_after_apply", plan=prepared.plan, report=report)
        warnings += tell_of(self.plugins.tell, prepared, report)
        return replace(report, warnings=(*report.warnings, *warnings))

    def take_stock(self) -> Sequence[str]:
        """Have runs that were cut off unconfirmed end, and write down what became of them: in sentences."""
        return self._mending.take_stock() if self.real else ()

    @property
    def past(self) -> Past:
        """Runs, also those of others, to be taken back or brought to their end."""
        from vnetsh.engine.past import Past

        def prepare(script: Script, run: int) -> Prepared:
            return self._prepare(script, lock=True, meant=run)

        return Past(self._mending, self._locks, self.check, prepare, self.plugins.tell)

    def take_back(self, *runs: Run) -> Prepared:
        """What takes a run back, and others with it: all that they did, or may have done. Raises as `prepare` does."""
        return self.past.take_back(runs, f"undo {runs[0].name}", naming=len(runs) > 1)


def _pruning(script: Script, sources: Sequence[Source]) -> Script:
    """A script that also removes what it once made and no longer says. Raises `UsageError`."""
    from vnetsh.planning.ownership import pruning

    return pruning(script, owner_of(sources))
