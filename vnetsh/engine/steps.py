"""One step of a run: what a backend changes at a place in one call, written down before and after."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from vnetsh.backend import ApplyFailed, Connection, Progress
from vnetsh.crashpoints import reached
from vnetsh.engine.connections import Connections
from vnetsh.engine.jobs import see_through
from vnetsh.engine.probation import Probation
from vnetsh.engine.report import Failure, Measured, StepRan
from vnetsh.errors import HostHung, HostUnreachable, VnetshError
from vnetsh.journal import Journal, JournalFailed
from vnetsh.model import Change, Inventory, Thing
from vnetsh.model.change import file_of


@dataclass(frozen=True, eq=False)
class Group:
    """What one backend changes at one place in one stage: one call, one transaction. Equal only to itself."""

    place: str
    backend: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Failed:
    """A group that failed; `standing` are its changes that took effect, or may have.

    `unknown`: its place went silent, so nobody knows which of them did. `open`: something of them may still be under
    way, so they must not be taken back before that has ended.
    """

    failure: Failure
    standing: tuple[Change, ...]
    leftovers: tuple[str, ...] = ()
    unknown: bool = False
    open: bool = False


class Steps:
    """Makes groups of changes. Safe for several threads; `numbers` are those that the journal gave them."""

    def __init__(self, inventory: Inventory, connections: Connections, journal: Journal) -> None:
        self._inventory = inventory
        self._connections = connections
        self._journal = journal
        self.numbers: dict[Group, int] = {}
        self._made: dict[int, list[Thing]] = {}
        self._made_of: dict[tuple[str, str], list[Thing]] = {}
        self._made_at: dict[tuple[str, str], list[Thing]] = {}
        self.probation: Probation | None = None
        """The guards under which steps are made now: of a block that has to be confirmed."""
        self.guarded: list[Group] = []
        """What was made under them."""
        self.measured: list[Measured] = []
        self.stays: list[str] = []
        """What changes were to remove and did not, in sentences with the reason."""
        self.warnings: list[str] = []
        """What is to be said of changes that are made."""
        self.ran: list[StepRan] = []
        """The groups that were made, or were to be, as they ended."""

    def inverse(self, group: Group, changes: Sequence[Change]) -> Group:
        """What takes these changes of a group back, with what they made."""
        back = (replace(c.inverse(), made=(*c.made, *self._made.get(id(c), ()))) for c in reversed(changes))
        return Group(group.place, group.backend, tuple(back))

    def make(
        self, group: Group, stage: int, progress: Progress, undoes: int = 0, mends: int = 0
    ) -> Failed | None:
        """Write a group down, make it, and write down what became of it; how it failed, if it did.

        `undoes` is the number of the step that it takes back, `mends` of one that it takes back in part.
        """
        began = time.time()
        failed = self._written(group, stage, progress, undoes, mends)
        said = failed.failure.message if failed else ""
        step = StepRan(group.place, group.backend, group.changes, began, time.time(), said, bool(undoes))
        self.ran.append(step)
        return failed

    def _written(
        self, group: Group, stage: int, progress: Progress, undoes: int, mends: int
    ) -> Failed | None:
        # Before it is asked for, nothing stands; of what was to be taken back, all.
        failed = self._guarded(group, self._living, standing=group.changes if undoes or mends else ())
        if failed:
            return failed
        try:
            place = self._inventory[group.place]
            step = self._journal.intend(place, group.backend, group.changes, stage, undoes, mends)
        except JournalFailed as error:
            return Failed(Failure(group.place, error.message, error.help), ())
        self.numbers[group] = step
        failed = self._guarded(group, lambda one: self._make(one, step, progress), standing=group.changes)
        if failed and failed.unknown:
            failed = self._settled(group, failed, progress)
        with suppress(JournalFailed):  # not written down: it counts as half-made, and is looked at again
            if failed is None:
                self._journal.done(step)
            elif not failed.unknown:
                self._journal.failed(step, _positions(failed.standing, group.changes))
        return failed

    def _knowing(self, change: Change) -> Change:
        """A taking back that knows also what this run has made of its resource, or in the place of its files.

        That is a disk that it has moved back, a seed that it has made anew.
        """
        if not change.undo:
            return change
        things = list(self._made_of.get((change.resource.kind, change.resource.name), ()))
        for file in filter(None, map(file_of, change.made)):
            things += self._made_at.get(file, ())
        more = [thing for n, thing in enumerate(things) if thing not in (*change.made, *things[:n])]
        return replace(change, made=(*change.made, *more)) if more else change

    def _make(self, group: Group, step: int, progress: Progress) -> None:
        changes = tuple(map(self._knowing, group.changes))
        try:
            self._apply(group, changes, step, progress)
        except ApplyFailed as error:
            ours = {id(known): change for known, change in zip(changes, group.changes, strict=True)}
            error.change = ours.get(id(error.change), error.change)
            error.done = tuple(ours.get(id(change), change) for change in error.done)
            raise

    def _apply(self, group: Group, changes: Sequence[Change], step: int, progress: Progress) -> None:
        def keep(change: Change, thing: Thing) -> None:
            for word, told in (("stays", self.stays), ("warns", self.warnings)):
                if word in thing and thing[word] not in told:  # each stage that is taken back may say it
                    told.append(thing[word])
            thing = {name: value for name, value in thing.items() if name not in ("stays", "warns")}
            if not thing:
                return
            position = next(n for n, one in enumerate(changes) if one is change)
            self._journal.made(step, position, thing)
            if "measured" in thing:
                self.measured.append(Measured.of(group.changes[position], thing))
                return
            self._made.setdefault(id(group.changes[position]), []).append(thing)
            self._made_of.setdefault((change.resource.kind, change.resource.name), []).append(thing)
            if file := file_of(thing):
                self._made_at.setdefault(file, []).append(thing)

        acts = [change for change in changes if change.traceless and change.undo]
        self.stays += [f"{act}: that was done, and nobody can take it back" for act in acts]
        to_make = tuple(change for change in changes if change not in acts) if acts else changes
        connection = self._connection(group)
        connection.keep = keep
        connection.guard = None
        if self.probation:
            connection.guard = self.probation.guard(group.place)
            self.guarded.append(group)
        job = connection.begin(to_make)
        if job:
            see_through(job, progress)
        else:
            connection.apply(to_make, progress)
        reached("step is made")
        connection.verify(to_make, progress)

    def _settled(self, group: Group, failed: Failed, progress: Progress) -> Failed | None:
        """What can be known after all of a group whose place went silent; None where all of it came about."""
        standing: Sequence[Change] | None = ()

        def ask(group: Group) -> None:
            nonlocal standing
            connection = self._connection(group)
            standing = connection.settle(group.changes, progress)
            if standing is not None and len(standing) == len(group.changes):
                connection.verify(group.changes, progress)

        if self._guarded(group, ask, standing=group.changes):
            return replace(failed, standing=(), open=True)
        if standing is None:
            return failed
        if len(standing) == len(group.changes):
            return None
        left = tuple(c for c in group.changes if c in standing or id(c) in self._made)
        return replace(failed, standing=left, unknown=False)

    def _living(self, group: Group) -> Connection:
        return self._connections.living(self._inventory[group.place], group.backend)

    def _connection(self, group: Group) -> Connection:
        return self._connections.connection(self._inventory[group.place], group.backend)

    def _guarded(
        self, group: Group, do: Callable[[Group], object], *, standing: tuple[Change, ...]
    ) -> Failed | None:
        """Do something with a group; what came of it where it fails, with the changes that may stand then."""
        try:
            do(group)
        except ApplyFailed as error:
            failure = Failure(group.place, error.message, error.help, error.change)
            return Failed(failure, error.done, error.leftovers)
        except HostUnreachable as error:
            # The way was lost: what was asked may have been done. Taking it back is right in both cases.
            self._connections.drop(group.place, group.backend)
            if isinstance(error, HostHung):
                self._connections.give_up(group.place, error)
            failure = Failure(group.place, error.message, error.help)
            return Failed(failure, standing, unknown=bool(standing))
        except VnetshError as error:
            return Failed(Failure(group.place, error.message, error.help), standing)
        except KeyboardInterrupt:
            return Failed(Failure(group.place, "interrupted"), standing)
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            message = f"backend {group.backend} failed: {type(error).__name__}: {error}"
            return Failed(Failure(group.place, message, "run again with --debug for a traceback"), standing)
        return None


def _positions(some: Sequence[Change], all: Sequence[Change]) -> Sequence[int]:
    """The positions of some changes among all; mostly these are the same thousands, which are not searched."""
    return range(len(all)) if some == all else [n for n, change in enumerate(all) if change in some]
