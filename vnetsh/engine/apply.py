"""Make changes stage by stage, all hosts at once, verified; on a failure take everything back.

No host waits for another one: each goes through its own stages. A host that hangs costs the others nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace

from vnetsh.backend import Progress
from vnetsh.engine.connections import Connections
from vnetsh.engine.report import Failure, Measured, Outcome, StepRan
from vnetsh.engine.steps import Failed, Group, Steps
from vnetsh.engine.trials import Trials
from vnetsh.engine.ways import Ways
from vnetsh.errors import HostHung
from vnetsh.hosts.workers import Workers
from vnetsh.journal import Journal
from vnetsh.model import Inventory
from vnetsh.model.change import ActionKind, Change

_Running = Future[Failed | None]
_LOOK = 0.2  # seconds after which a second Ctrl-C is seen
_STANDS = "what was {} stands: `undo` takes it back, `--undo-on-failure` would have done so"


class Applier:
    """Applies the stages of one plan and remembers what it did, so that it can be undone.

    `report` is told what each host is busy with. After `cancel` no new stage begins, and a backend that
    reports progress is interrupted there (by `KeyboardInterrupt`); after a second one nobody waits for a call
    that does not come back.
    """

    def __init__(
        self,
        inventory: Inventory,
        connections: Connections,
        report: Callable[[str, str, float | None], None],
        journal: Journal,
        *,
        keep_going: bool = False,
        undo_on_failure: bool = False,
    ) -> None:
        self._undo_on_failure = undo_on_failure
        self._inventory = inventory
        self._steps = Steps(inventory, connections, journal)
        self._journal = journal
        self.trials = Trials(self, self._steps, inventory, connections, journal)
        self.cancelled_by, self._heard = "", 0
        """Who asked for it from elsewhere; how often that was heard."""
        self._connections = connections
        self._report = report
        self._keep_going = keep_going
        self._cancelled = threading.Event()
        self._impatient = threading.Event()
        self._undoing = False
        self._stage = 0
        self._done: dict[int, list[Group]] = {}
        self.outcomes: dict[int, tuple[Change, Outcome]] = {}
        self.failures: list[Failure] = []
        self.leftovers: list[str] = []
        self.failed_hosts: set[str] = set()
        self.unknown = False
        """Whether a host went silent on the way: only it can tell how far it came."""

    @property
    def warnings(self) -> list[str]:
        """What is to be said of what was done, though it is as it should be."""
        return self._steps.warnings

    @property
    def stays(self) -> list[str]:
        """What was to be removed and is not, in sentences with the reason."""
        return self._steps.stays

    @property
    def measured(self) -> list[Measured]:
        """What was measured on the way."""
        return self._steps.measured

    @property
    def ran(self) -> list[StepRan]:
        """What was done when."""
        return self._steps.ran

    @property
    def unmet(self) -> list[Failure]:
        """What was made and stands, and is not as its sentence wishes."""
        done = {id(change) for change, outcome in self.outcomes.values() if outcome is Outcome.DONE}
        return [found.failure for found in self.measured if found.unmet and id(found.change) in done]

    @property
    def interrupted(self) -> bool:
        """Whether the user broke it off."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Stop soon and take everything back; asked for again, do not wait for calls that hang."""
        if self._cancelled.is_set():
            self._impatient.set()
        self._cancelled.set()

    def run(self, stages: Sequence[Sequence[Change]]) -> bool:
        """Make these stages. False when it must stop: everything since the beginning is then undone.

        A host's stages need nothing of another host's (of its clusters' they may: `Ways`), but where something moves
        from one to the other: all have come to that stage before it, and begin the next one after it.
        """
        parts: list[list[Sequence[Change]]] = []
        apart = True
        for stage in stages:
            moves = any(change.action is ActionKind.MOVE for change in stage)
            if moves or apart:
                parts.append([])
            parts[-1].append(stage)
            apart = moves
        return all(self._run(part) for part in parts)

    def _run(self, stages: Sequence[Sequence[Change]]) -> bool:
        """Make these stages, and take all back where one fails; False then."""
        ways, workers = self._ways(stages), Workers("apply")
        running: dict[_Running, Group] = {}
        failed: dict[Group, Failed] = {}

        def begin() -> None:
            """Begin what can be begun now."""
            for stage, group in ways.begun():
                made = workers.submit(self._steps.make, group, stage, self._progress(group.place))
                running[made] = group

        if not self.interrupted:
            begin()
        for group, problem in self._ended(running):
            if problem:
                failed[group] = problem
                self.failed_hosts.add(group.place)
                ways.leave(group.place)
            else:
                self._done.setdefault(ways.stages[group], []).append(group)
                self._note(group.changes, Outcome.DONE)
            ways.ended(group)
            if not (self.interrupted or (failed and not self._keep_going)):
                begin()
        workers.stop()
        for group, problem in failed.items():
            self._fail(group, problem)
        if self.interrupted or (failed and not (self._keep_going and not self.trials.open)):
            self.undo()
            return False
        return True

    def _ways(self, stages: Sequence[Sequence[Change]]) -> Ways:
        """The stages that each place goes through, with their numbers in the run."""
        numbered = [(self._stage + n, self._groups(stage)) for n, stage in enumerate(stages, 1)]
        self._stage += len(stages)
        return Ways(self._inventory, numbered)

    def fail(self, failure: Failure) -> None:
        """Note a failure found from outside (verification) and undo everything."""
        self.failures.append(failure)
        self.undo()

    def disappoint(self, failure: Failure) -> None:
        """Note that something is not as it was expected: what was made stands, but where it is to be undone then."""
        made = "made before the block" if self.trials.end() else "made"
        for parts in self.trials.mixed(self._done):
            self._take_back(parts)
        if self._undo_on_failure:
            self.fail(failure)
            return
        stands = any(outcome is Outcome.DONE for _, outcome in self.outcomes.values())
        help = failure.help or (_STANDS.format(made) if stands else "")
        self.failures.append(replace(failure, help=help))

    def end_unmet(self) -> None:
        """What was made is not as its sentence wishes: it stands, but where it is to be undone then."""
        if self._undo_on_failure:
            self.failures += [replace(failure, help="") for failure in self.unmet]
            self.undo()

    def undo(self) -> None:
        """Take back all that was done, the last stage first. What resists is in `leftovers`.

        What was done to something before it began to move stays where nobody knows how that ended: it may be elsewhere.
        """
        for stage in sorted(self._done, reverse=True):
            self._take_back([(group, self._known(group.changes)) for group in self._done.pop(stage)])

    def _known(self, changes: Sequence[Change]) -> Sequence[Change]:
        """Those of changes whose resources are known to be where they were; the others are left, and that is said."""
        moved = {
            (change.resource.kind, change.resource.name)
            for change, outcome in self.outcomes.values()
            if self.unknown and outcome is Outcome.LEFT and change.action is ActionKind.MOVE
        }
        stay = [c for c in changes if {(c.resource.kind, c.resource.name), c.resource.parent} & moved]
        self._note(stay, Outcome.LEFT)
        self.leftovers += [f"{change}: stays, for nobody knows what became of it since" for change in stay]
        return [change for change in changes if change not in stay]

    def _fail(self, group: Group, problem: Failed) -> None:
        self.failures.append(problem.failure)
        self.leftovers += problem.leftovers
        self._note(group.changes, Outcome.FAILED)
        if problem.open and not self.trials.open:
            self._note(group.changes, Outcome.LEFT)
            self._leave(group, group.changes, problem, made=False)
        elif problem.standing:
            self._take_back([(group, problem.standing)])

    def _take_back(self, parts: Sequence[tuple[Group, Sequence[Change]]]) -> None:
        parts = self.trials.without_guarded(parts)
        undoing, self._undoing = self._undoing, True
        inverses = {
            self._steps.inverse(group, changes): (group, changes) for group, changes in parts if changes
        }
        workers = Workers("undo")
        running = {
            workers.submit(
                self._steps.make, inverse, 0, self._progress(group.place), self._steps.numbers.get(group, 0)
            ): inverse
            for inverse, (group, _) in inverses.items()
        }
        workers.stop()
        for inverse, problem in self._ended(running):
            group, changes = inverses[inverse]
            # A change that failed stays "failed" though it was taken back; others become "undone".
            made = self.outcomes.get(id(changes[0]), (changes[0], Outcome.DONE))[1] is Outcome.DONE
            for change in changes:
                now = self.outcomes.get(id(change), (change, Outcome.DONE))[1]
                if problem:
                    self.outcomes[id(change)] = (change, Outcome.LEFT)
                elif now is not Outcome.FAILED:
                    self.outcomes[id(change)] = (change, Outcome.LEFT if change.traceless else Outcome.UNDONE)
            if problem:
                self._leave(group, changes, problem, made=made)
        self._undoing = undoing

    def _leave(self, group: Group, changes: Sequence[Change], problem: Failed, *, made: bool) -> None:
        """Say what could not be taken back."""
        if problem.unknown:
            self.unknown = True
            many = f"{len(changes)} changes by {group.backend} on {group.place}"
            what = str(changes[0]) if len(changes) == 1 else many
            unmade = "may have been made, and cannot be taken back now"
            self.leftovers.append(f"{what}: {'was made, and may still stand' if made else unmade}")
            return
        self.leftovers += problem.leftovers
        self.leftovers += [
            f"{change} could not be taken back: {problem.failure.message}" for change in changes
        ]

    def _note(self, changes: Iterable[Change], outcome: Outcome) -> None:
        for change in changes:
            self.outcomes[id(change)] = (change, outcome)

    def _groups(self, stage: Sequence[Change]) -> list[Group]:
        groups: dict[tuple[str, str], list[Change]] = {}
        for change in stage:
            if self.failed_hosts and {change.place, change.resource.place} & self.failed_hosts:
                continue
            groups.setdefault((change.place, change.backend), []).append(change)
        return [Group(host, backend, tuple(changes)) for (host, backend), changes in groups.items()]

    def _ended(self, running: dict[_Running, Group]) -> Iterator[tuple[Group, Failed | None]]:
        """The groups under way as they end, also those that are added meanwhile."""
        while running:
            if self._impatient.is_set():
                self._impatient.clear()
                for group in running.values():
                    error = HostHung(f"{group.place}: {group.backend} hangs; nobody waits for it any longer")
                    self._connections.give_up(group.place, error)
                    yield group, Failed(Failure(group.place, error.message), group.changes, unknown=True)
                return
            ended, _ = wait(running, _LOOK, FIRST_COMPLETED)
            for who in self._journal.asked_to_end()[self._heard :]:  # the second one is for what hangs
                if self._heard or not self.interrupted:
                    self.cancelled_by = self.cancelled_by or who
                    self.cancel()
                self._heard += 1
            if self.interrupted and not ended:
                self._report("", "ending in order; Ctrl-C again: without those that hang", None)
            for future in ended:
                yield running.pop(future), future.result()

    def _progress(self, place: str) -> Progress:
        undoing = self._undoing

        def progress(text: str, fraction: float | None = None) -> None:
            if self.interrupted and not undoing:
                raise KeyboardInterrupt
            self._report(place, text, fraction)

        return progress
