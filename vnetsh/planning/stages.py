"""The order of changes: what may be made together, and what waits for what. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import TopologicalSorter

from vnetsh.model import ActionKind, Change, Resource
from vnetsh.planning.plan import Stage
from vnetsh.schema import Scope, Vocabulary


class Stages:
    """Cuts changes into stages. `order` numbers the kinds: those that others build on come first."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        # A name that refers to a place refers to no kind that is planned.
        planned = {
            kind.name for kind in vocabulary.kinds.values() if kind.scope not in (Scope.INVENTORY, Scope.RUN)
        }
        order = TopologicalSorter({k.name: k.builds_on & planned for k in vocabulary.kinds.values()})
        self.order = {name: index for index, name in enumerate(order.static_order())}

    def of(self, changes: Iterable[Change]) -> Sequence[Stage]:
        """Stages of changes: turn by turn, each as if there were no other."""
        turns: dict[int, list[Change]] = {}
        for change in changes:
            turns.setdefault(change.turn, []).append(change)
        return [stage for turn in sorted(turns) for stage in self._of_one_turn(turns[turn])]

    def _of_one_turn(self, changes: Iterable[Change]) -> Sequence[Stage]:
        """Additions and changes in the order of their kinds, then removals in reverse.

        What depends on something of another backend, or on what is apart, waits for a later stage; within one backend
        a single transaction takes all.
        """
        ordered = sorted(changes, key=lambda change: self.order[change.resource.kind])
        # Of a kind all wait for what any of them builds on: an address may be a bridge's, and the next one a port's.
        needed: dict[tuple[str, str], set[str]] = {}
        for change in ordered:
            needed.setdefault((change.resource.kind, change.backend), set()).update(
                self._needed(change.resource)
            )
        levels: dict[tuple[str, str], int] = {}
        for (kind, backend), kinds in needed.items():
            levels[kind, backend] = max(
                (
                    at + self._waits((kind, backend), for_=other)
                    for other, at in levels.items()
                    if other[0] in kinds
                ),
                default=0,
            )
        making: dict[int, list[Change]] = {}
        removing: dict[int, list[Change]] = {}
        for change in ordered:
            kind, backend = change.resource.kind, change.backend
            target = removing if change.action is ActionKind.REMOVE else making
            target.setdefault(levels[kind, backend], []).append(change)
        return [tuple(making[level]) for level in sorted(making)] + [
            tuple(reversed(removing[level])) for level in sorted(removing, reverse=True)
        ]

    def _waits(self, one: tuple[str, str], *, for_: tuple[str, str]) -> bool:
        """Whether a kind of a backend is made in a later stage than another that it builds on."""
        return one[1] != for_[1] or self._vocabulary.kinds[for_[0]].apart

    def _needed(self, resource: Resource) -> set[str]:
        """The kinds that this resource builds on: its parent's, and those that its attributes refer to."""
        kind = self._vocabulary.kinds[resource.kind]
        said = {ref for a in kind.attributes if resource.get(a.name) is not None for ref in a.type.kinds}
        return said | set(kind.requires) | ({resource.parent[0]} if resource.parent else set())
