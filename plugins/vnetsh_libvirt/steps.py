"""Fold the changes of one call into steps: a VM is made, renamed, and goes, with its NICs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from vnetsh.model.change import ActionKind, Change


@dataclass(frozen=True)
class Step:
    """A change and those that are made by making it."""

    change: Change
    folded: tuple[Change, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """All of the step."""
        return (self.change, *self.folded)


def steps(changes: Sequence[Change]) -> Iterator[Step]:
    """The steps, in the order of the changes that lead them."""
    leaders = {
        (change.action, change.resource.name)
        for change in changes
        if change.resource.kind == "vm"
        and (change.action in (ActionKind.ADD, ActionKind.REMOVE) or change.renames)
    }
    folded: dict[tuple[ActionKind, str], list[Change]] = {leader: [] for leader in leaders}
    for change in changes:
        if (parent := change.resource.parent) and (change.action, parent[1]) in leaders:
            folded[change.action, parent[1]].append(change)
    for change in changes:
        if change.resource.kind == "vm":
            yield Step(change, tuple(folded.get((change.action, change.resource.name), ())))
        elif not (parent := change.resource.parent) or (change.action, parent[1]) not in leaders:
            yield Step(change)


def moving_together(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """The steps in their order; moves that follow one another are made at the same time."""
    moves: list[Step] = []
    for step in steps:
        if step.change.action is ActionKind.MOVE:
            moves.append(step)
            continue
        if moves:
            yield moves
            moves = []
        yield [step]
    if moves:
        yield moves
