"""What came of a plan: data first, rendered elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vnetsh.model.change import Change, Thing


class Outcome(StrEnum):
    """What became of a change."""

    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    LEFT = "left"  # made, and could not be taken back
    SKIPPED = "skipped"  # never begun


@dataclass(frozen=True)
class Failure:
    """Why something failed, in the daemon's own words, and what to do; `code` says more (`vnetsh explain`)."""

    place: str
    message: str
    help: str = ""
    change: Change | None = None
    code: str = ""


@dataclass(frozen=True)
class Measured:
    """What was measured while a change was made: in words, and as data for JSON.

    `unmet` says what of it is not as its sentence wishes: the change stands, and its run has failed.
    """

    change: Change
    says: str
    data: Mapping[str, object]
    unmet: str = ""

    @classmethod
    def of(cls, change: Change, thing: Thing) -> Measured:
        """As a backend had it written down."""
        import json

        return cls(change, thing["says"], json.loads(thing["measured"]), thing.get("unmet", ""))

    @property
    def failure(self) -> Failure:
        """What is unmet, as a failure."""
        return Failure(self.change.resource.place, self.unmet, "it stays so: `undo` takes it back")


@dataclass(frozen=True)
class StepRan:
    """What one backend was to change at a place in one call, and from when to when, in seconds since the epoch.

    `failed` says why it failed; `back`: it took another one back.
    """

    place: str
    backend: str
    changes: tuple[Change, ...]
    began: float
    ended: float
    failed: str = ""
    back: bool = False


@dataclass(frozen=True)
class Report:
    """The outcome of each change, the failures, and in sentences what is left half-made."""

    outcomes: tuple[tuple[Change, Outcome], ...] = ()
    failures: tuple[Failure, ...] = ()
    leftovers: tuple[str, ...] = ()
    interrupted: bool = False
    seconds: float = field(default=0.0, compare=False)
    run: int = field(default=0, compare=False)
    """Its number in the journal; 0 when nothing was to be done."""
    cut_off: bool = False
    """A host went silent, so the run is left as one that was cut off: to be finished or taken back later."""
    warnings: tuple[str, ...] = ()
    """What went wrong beside the hosts: a plugin that only looks on has failed."""
    measured: tuple[Measured, ...] = ()
    """What was measured on the way, also of what was taken back."""
    unasked: int = 0
    """How many questions were not asked any more."""
    steps: tuple[StepRan, ...] = field(default=(), compare=False)
    """What was done when, in the order in which it ended."""

    @property
    def ok(self) -> bool:
        """Whether everything was done."""
        return not self.failures and not self.interrupted

    @property
    def exit_code(self) -> int:
        """0 done, 1 something failed, 130 interrupted."""
        return 130 if self.interrupted else 0 if self.ok else 1

    def count(self, outcome: Outcome) -> int:
        """How many changes came out so."""
        return sum(1 for _, found in self.outcomes if found is outcome)
