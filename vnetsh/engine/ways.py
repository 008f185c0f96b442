"""Which groups of changes may begin: each place goes through its stages, and waits for whom it has to do with."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from vnetsh.engine.steps import Group
from vnetsh.model import Inventory


class Ways:
    """The ways of places through numbered stages.

    No host waits for another one. What is of a cluster builds on what its hosts hold, and the other way round: so a
    cluster waits for its hosts' earlier stages, and they for its.
    """

    def __init__(self, inventory: Inventory, stages: Sequence[tuple[int, Sequence[Group]]]) -> None:
        self.stages: dict[Group, int] = {}
        """The stage of each group that was begun."""
        self._left: dict[str, deque[tuple[int, list[Group]]]] = {}
        self._running: dict[str, list[Group]] = {}
        for stage, groups in stages:
            by_place: dict[str, list[Group]] = {}
            for group in groups:
                by_place.setdefault(group.place, []).append(group)
            for place, some in by_place.items():
                self._left.setdefault(place, deque()).append((stage, some))
        self._with: dict[str, set[str]] = {place: set() for place in self._left}
        for place in self._left:
            for host in inventory[place].hosts if place in inventory else ():
                if host in self._left and host != place:
                    self._with[place].add(host)
                    self._with[host].add(place)

    def begun(self) -> Iterator[tuple[int, Group]]:
        """The groups that may begin now, each with its stage; they count as begun."""
        for place, left in self._left.items():
            if left and not self._running.get(place) and all(map(left[0][0].__le__, self._at(place))):
                stage, groups = left.popleft()
                self._running[place] = groups
                for group in groups:
                    self.stages[group] = stage
                    yield stage, group

    def _at(self, place: str) -> Iterator[int]:
        """The stages at which those are with whom a place has to do."""
        for other in self._with[place]:
            yield from (self.stages[group] for group in self._running.get(other, ()))
            yield from (stage for stage, _ in self._left[other])

    def ended(self, group: Group) -> None:
        """A group has ended."""
        self._running[group.place] = [one for one in self._running[group.place] if one is not group]

    def leave(self, place: str) -> None:
        """A place goes no further."""
        self._left[place].clear()
