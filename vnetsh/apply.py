"""Make changes stage by stage, all hosts of a stage at once; verify; on a failure take everything back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from vnetsh.backend import ApplyFailed, Progress
from vnetsh.connections import Connections
from vnetsh.crashpoints import reached
from vnetsh.errors import HostUnreachable, VerificationFailed, VnetshError
from vnetsh.journal import Journal, JournalFailed
from vnetsh.model import Inventory
from vnetsh.observe import WORKERS
from vnetsh.plan import Change
from vnetsh.report import Failure, Outcome


@dataclass(frozen=True, eq=False)
class Group:
    """What one backend changes on one host in one stage: one call, one transaction. Equal only to itself."""

    host: str
    backend: str
    changes: tuple[Change, ...]

    def inverse(self, changes: Sequence[Change]) -> Group:
        """The group that takes these of its changes back."""
        return Group(self.host, self.backend, tuple(change.inverse() for change in reversed(changes)))


@dataclass(frozen=True)
class _Failed:
    """A group that failed; `standing` are its changes that took effect, or may have."""

    failure: Failure
    standing: tuple[Change, ...]
    leftovers: tuple[str, ...] = ()


def _places(some: Sequence[Change], all: Sequence[Change]) -> Sequence[int]:
    """The positions of some changes among all; mostly these are the same thousands, which are not searched."""
    return range(len(all)) if some == all else [n for n, change in enumerate(all) if change in some]


class Applier:
    """Applies the stages of one plan and remembers what it did, so that it can be undone.

    `report` is told what each host is busy with. After `cancel` no new stage begins, and a backend that
    reports progress is interrupted there (by `KeyboardInterrupt`).
    """

    def __init__(
        self,
        inventory: Inventory,
        connections: Connections,
        report: Callable[[str, str, float | None], None],
        journal: Journal,
        *,
        keep_going: bool = False,
    ) -> None:
        self._journal = journal
        self._steps: dict[Group, int] = {}
        self._inventory = inventory
        self._connections = connections
        self._report = report
        self._keep_going = keep_going
        self._cancelled = threading.Event()
        self._undoing = False
        self._done: list[list[Group]] = []
        self.outcomes: dict[int, tuple[Change, Outcome]] = {}
        self.failures: list[Failure] = []
        self.leftovers: list[str] = []
        self.failed_hosts: set[str] = set()

    @property
    def interrupted(self) -> bool:
        """Whether the user broke it off."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Stop soon and take everything back. Asked for again, it changes nothing: that is under way."""
        self._cancelled.set()

    def run(self, stages: Iterable[Sequence[Change]]) -> bool:
        """Make these stages. False when it must stop: everything since the beginning is then undone."""
        for stage in stages:
            if self.interrupted:
                self.undo()
                return False
            groups = self._groups(stage)
            self._journal.stage()
            failed = self._run_groups(dict.fromkeys(groups, 0))
            standing = [group for group in groups if group not in failed]
            self._done.append(standing)
            for group in standing:
                self._note(group.changes, Outcome.DONE)
            for group, result in failed.items():
                self._fail(group, result)
            if self.interrupted or (failed and not self._keep_going):
                self.undo()
                return False
        return True

    def fail(self, failure: Failure) -> None:
        """Note a failure found from outside (verification) and undo everything."""
        self.failures.append(failure)
        self.undo()

    def undo(self) -> None:
        """Take back all that was done, the last first. What resists is in `leftovers`."""
        self._undoing = True
        while self._done:
            groups = self._done.pop()
            self._take_back([(group, group.changes) for group in groups])

    def _fail(self, group: Group, result: _Failed) -> None:
        self.failures.append(result.failure)
        self.failed_hosts.add(group.host)
        self.leftovers += result.leftovers
        self._note(group.changes, Outcome.FAILED)
        if result.standing:
            self._take_back([(group, result.standing)])

    def _take_back(self, parts: Sequence[tuple[Group, Sequence[Change]]]) -> None:
        undoing, self._undoing = self._undoing, True
        inverses = {group.inverse(changes): (group, changes) for group, changes in parts if changes}
        failed = self._run_groups(
            {inverse: self._steps.get(group, 0) for inverse, (group, _) in inverses.items()}
        )
        for inverse, (_, changes) in inverses.items():
            problem = failed.get(inverse)
            # A change that failed stays "failed" though it was taken back; others become "undone".
            for change in changes:
                now = self.outcomes.get(id(change), (change, Outcome.DONE))[1]
                if problem:
                    self.outcomes[id(change)] = (change, Outcome.LEFT)
                elif now is not Outcome.FAILED:
                    self.outcomes[id(change)] = (change, Outcome.UNDONE)
            if problem:
                self.leftovers += problem.leftovers
                self.leftovers += [
                    f"{change} could not be taken back: {problem.failure.message}" for change in changes
                ]
        self._undoing = undoing

    def _note(self, changes: Iterable[Change], outcome: Outcome) -> None:
        for change in changes:
            self.outcomes[id(change)] = (change, outcome)

    def _groups(self, stage: Sequence[Change]) -> list[Group]:
        groups: dict[tuple[str, str], list[Change]] = {}
        for change in stage:
            if not {change.host, change.resource.host} & self.failed_hosts:
                groups.setdefault((change.host, change.backend), []).append(change)
        return [Group(host, backend, tuple(changes)) for (host, backend), changes in groups.items()]

    def _run_groups(self, groups: Mapping[Group, int]) -> dict[Group, _Failed]:
        """Make the groups, all at once; each may take a step back, by its number in the journal."""
        if not groups:
            return {}
        with ThreadPoolExecutor(min(WORKERS, len(groups)), "apply") as pool:
            results = list(pool.map(self._run_step, groups, groups.values()))
        return {group: failed for group, failed in zip(groups, results, strict=True) if failed}

    def _run_step(self, group: Group, undoes: int) -> _Failed | None:
        """Write a group down, make it, and write down what became of it."""
        try:
            step = self._journal.intend(self._inventory[group.host], group.backend, group.changes, undoes)
        except JournalFailed as error:
            if not undoes:
                return _Failed(Failure(group.host, error.message, error.help), ())
            step = 0  # what was done is taken back all the same
        self._steps[group] = step
        failed = self._run_group(group)
        with suppress(JournalFailed):  # not written down: it counts as half-made, and is looked at again
            if failed is None:
                self._journal.done(step)
            else:
                self._journal.failed(step, _places(failed.standing, group.changes))
        return failed

    def _run_group(self, group: Group) -> _Failed | None:
        try:
            connection = self._connections.connection(self._inventory[group.host], group.backend)
            connection.apply(group.changes, self._progress(group.host))
            reached("step is made")
            try:
                connection.verify(group.changes)
            except VerificationFailed as error:
                return _Failed(Failure(group.host, error.message, error.help), group.changes)
        except ApplyFailed as error:
            failure = Failure(group.host, error.message, error.help, error.change)
            return _Failed(failure, error.done, error.leftovers)
        except HostUnreachable as error:
            # The way was lost: what was asked may have been done. Taking it back is right in both cases.
            self._connections.drop(group.host, group.backend)
            return _Failed(Failure(group.host, error.message, error.help), group.changes)
        except VnetshError as error:
            return _Failed(Failure(group.host, error.message, error.help), group.changes)
        except KeyboardInterrupt:
            return _Failed(Failure(group.host, "interrupted"), group.changes)
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            message = f"backend {group.backend} failed: {type(error).__name__}: {error}"
            return _Failed(
                Failure(group.host, message, "run again with --debug for a traceback"), group.changes
            )
        return None

    def _progress(self, host: str) -> Progress:
        undoing = self._undoing

        def progress(text: str, fraction: float | None = None) -> None:
            if self._cancelled.is_set() and not undoing:
                raise KeyboardInterrupt
            self._report(host, text, fraction)

        return progress
