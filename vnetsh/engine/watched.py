"""A fleet that is watched, as it is lent to verbs that answer: they read what was seen last, and ask nobody."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from vnetsh.engine.looking import Looking
from vnetsh.engine.watching import Watching
from vnetsh.model import Fleet, Inventory


class Watched(Looking):
    """What is seen of a fleet while it is watched; what only its places tell of themselves is asked for each time."""

    def __init__(self, base: Looking, watching: Watching) -> None:
        known = base.inventory, base.vocabulary, base.backends, base.connections
        super().__init__(*known, keep_going=True, runs=base.runs_folder)
        self.real, self.patience = base.real, base.patience
        self._watching = watching

    def _seen(
        self,
        inventory: Inventory,
        names: Iterable[str],
        kinds: frozenset[str] | None = None,
        patience: float = inf,
    ) -> Fleet:
        return self._watching.fleet
