"""The plan: what would be done, segment by segment, stage by stage, and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vnetsh.model import Inventory, Resource
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.schema import Foreseen
from vnetsh.script.script import Segment

Stage = tuple[Change, ...]


@dataclass(frozen=True)
class PlannedSegment:
    """One segment's changes, in stages: all of a stage may be made at once, on all hosts."""

    segment: Segment
    stages: tuple[Stage, ...]
    wanted: Sequence[Resource] = ()
    """What the segment says there should be, with all that the fleet adds."""
    mends: str = ""
    """The run that was cut off, if that is what it takes back a half-made step of."""
    foreseen: Foreseen | None = None
    """Of one that only looks: what it asks, and what will be answered."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, in order."""
        return tuple(change for stage in self.stages for change in stage)


@dataclass(frozen=True)
class Plan:
    """What would be done, and what it costs."""

    segments: tuple[PlannedSegment, ...]
    inventory: Inventory
    notes: tuple[str, ...] = ()
    """What else there is to know: runs that were cut off here."""

    def of(self, change: Change) -> Plan:
        """One change alone, on the same inventory."""
        return Plan((PlannedSegment(Segment(), ((change,),)),), self.inventory)

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes of all segments, in order."""
        return tuple(change for segment in self.segments for change in segment.changes)

    @property
    def impact(self) -> Impact:
        """The worst of its changes'."""
        return max((change.impact for change in self.changes), default=Impact.NONE)

    def summary(self) -> dict[str, int]:
        """How many changes there are of each action."""
        counts = Counter(str(change.action) for change in self.changes)
        return {action.value: counts[action.value] for action in ActionKind}
