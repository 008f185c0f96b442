"""A backend that keeps everything in memory, on any host."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.backend import Assessment, Backend, Connection, Context, Observation, Progress
from vnetsh.model import Fleet, Host, Key, Place, Resource
from vnetsh.model.change import ActionKind, Change


class Ledger(Backend):
    """What is rented, and to whom."""

    name = "ledger"
    kinds = frozenset({"customer", "lan", "rule", "door", "cable", "desk"})
    preferred = True

    def __init__(self) -> None:
        self.pages: dict[str, dict[Key, Resource]] = {}

    def serves(self, place: Place) -> bool:
        """Every host has room for a page."""
        return isinstance(place, Host)

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """Nothing costs anything."""
        return Assessment()

    def connect(self, place: Place, context: Context) -> Page:
        """The host's page."""
        return Page(self.pages.setdefault(place.name, {}))


class Page(Connection):
    """One host's page."""

    def __init__(self, lines: dict[Key, Resource]) -> None:
        self._lines = lines

    def observe(self, progress: Progress) -> Observation:
        """All that stands there."""
        return Observation(tuple(self._lines.values()))

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Write and strike out."""
        for change in changes:
            if change.action is ActionKind.REMOVE:
                self._lines.pop(change.resource.key, None)
            else:
                self._lines[change.resource.key] = change.resource

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """It stands there at once."""

    def close(self) -> None:
        """Nothing is held."""
