"""The blocks of a run that have to be confirmed, one after the other: how each begins and ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Protocol

from vnetsh.engine.connections import Connections
from vnetsh.engine.probation import Agree, Ended, Probation
from vnetsh.engine.report import Failure, Outcome
from vnetsh.engine.steps import Group, Steps
from vnetsh.journal import Journal, JournalFailed
from vnetsh.model import Change, Inventory

_Part = tuple[Group, Sequence[Change]]


class Run(Protocol):
    """What a run knows of itself that a block has a say in: its report, and whether it was broken off."""

    outcomes: dict[int, tuple[Change, Outcome]]
    leftovers: list[str]
    unknown: bool

    @property
    def warnings(self) -> list[str]:
        """What is to be said of it besides."""

    @property
    def interrupted(self) -> bool:
        """Whether the user broke it off."""


class Trials:
    """Those of one run. `agree` asks a person where nothing is expected in a block."""

    def __init__(
        self, run: Run, steps: Steps, inventory: Inventory, connections: Connections, journal: Journal
    ) -> None:
        self._run = run
        self._steps = steps
        self._inventory = inventory
        self._connections = connections
        self._journal = journal
        self._gone: set[Group] = set()
        self._mixed: set[Group] = set()
        self.agree: Agree | None = None
        self.real = True

    @property
    def open(self) -> bool:
        """Whether something waits to be confirmed."""
        return self._steps.probation is not None

    @property
    def over(self) -> Failure | None:
        """That the time to confirm is over: what is seen then tells nothing of what was made."""
        return self._steps.probation.over if self._steps.probation else None

    def begin(self, places: Sequence[str], seconds: float) -> Failure | None:
        """Have these places guarded; why not."""
        from vnetsh.hosts.locking_here import who_we_are

        probation = Probation(
            places, seconds, self._inventory, self._connections, self._journal, who_we_are(), real=self.real
        )
        self._steps.probation = probation
        return probation.arm()

    def anew(self) -> None:
        """Have whatever is looked at from here on come over new connections, if something waits to be confirmed."""
        if self._steps.probation:
            self._steps.probation.anew(len(self._steps.guarded))

    def confirm(self, *, expected: bool) -> Failure | None:
        """Confirm what waits, if something does; why it is not. `expected`: something was, and it was so."""
        probation, agree = self._steps.probation, self.agree if not expected else None
        if probation is None:
            return None
        ended = probation.confirm(agree, lambda: self._run.interrupted)
        self._close(ended)
        return ended.failure

    def end(self) -> bool:
        """Have what waits to be confirmed go back; whether something did."""
        probation = self._steps.probation
        if probation:
            self._close(probation.back(Failure("", "")))
        return probation is not None

    def without_guarded(self, parts: Sequence[_Part]) -> list[_Part]:
        """Those of parts that have to be taken back by us: what waits to be confirmed its places take back."""
        self.end()
        return [part for part in parts if part[0] not in self._gone]

    def mixed(self, done: dict[int, list[Group]]) -> Iterator[list[_Part]]:
        """What was confirmed at some places of a block while others went back, the last stage first.

        It is taken out of what is `done`, for it is to be taken back.
        """
        for stage in sorted(done, reverse=True):
            yield [(group, group.changes) for group in done[stage] if group in self._mixed]
            done[stage] = [group for group in done[stage] if group not in self._mixed]

    def _close(self, ended: Ended) -> None:
        """Write down what became of a block, and tell it."""
        self._steps.probation, self._steps.guarded, made = None, [], self._steps.guarded
        gone = [group for group in made if group.place in ended.back]
        with suppress(JournalFailed):  # not written down: the places are asked again
            if ended.confirmed:
                self._journal.confirmed(ended.confirmed)
            if ended.back:
                self._journal.gone_back(ended.back, (self._steps.numbers[group] for group in gone))
        self._gone |= {group for group in made if group.place not in ended.confirmed}
        if ended.back and not ended.unknown:
            self._connections.anew(ended.confirmed)  # the way to a place may be what it took so long for
            self._mixed = {group for group in made if group.place in ended.confirmed}
        for group in self._gone & {*made}:
            now = Outcome.UNDONE if group.place in ended.back else Outcome.LEFT
            for change in group.changes:
                failed = self._run.outcomes.get(id(change), (change, now))[1] is Outcome.FAILED
                if not failed or now is Outcome.LEFT:
                    self._run.outcomes[id(change)] = (change, now)
        if ended.back:
            were = "what it was" if len(ended.back) == 1 else "what they were"
            self._run.warnings.append(f"{', '.join(sorted(ended.back))} went back to {were} before the block")
        self._run.warnings.extend(ended.slow)
        self._run.leftovers += ended.left
        self._run.unknown = self._run.unknown or bool(ended.unknown)
