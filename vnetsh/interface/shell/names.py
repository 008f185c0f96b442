"""The names that completion offers: what the places hold, kept true in the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vnetsh.engine.watching import Watching
from vnetsh.model import Fleet
from vnetsh.schema import Vocabulary
from vnetsh.session import Session


class KnownNames:
    """The names of each kind, and of each sort of place, as last seen. Asking for them never waits."""

    def __init__(self, session: Session) -> None:
        self._watching = Watching(session.inventory, session.backends, session.connections.timeout)
        self._vocabulary = session.vocabulary
        self._of: Fleet | None = None
        self._names: Mapping[str, Sequence[str]] = {}

    def __call__(self) -> Mapping[str, Sequence[str]]:
        """The names by kind."""
        fleet = self._watching.fleet
        if fleet is not self._of:
            self._names, self._of = _names_in(fleet, self._vocabulary), fleet
        return self._names

    def start(self) -> None:
        """Begin to look, in the background."""
        self._watching.start()

    def refresh(self) -> None:
        """Something was done: look again where nothing tells of it."""
        self._watching.look_again()

    def close(self) -> None:
        """Look no longer."""
        self._watching.close()


def _names_in(fleet: Fleet, vocabulary: Vocabulary) -> Mapping[str, Sequence[str]]:
    names: dict[str, dict[str, None]] = {"host": {}}
    for place in fleet.places.values():
        names.setdefault(place.sort, {})[place.name] = None
        names.setdefault(place.noun, {})[place.name] = None
    gathered = [one for kind in vocabulary.kinds.values() if kind.gather for one in kind.gather(fleet)]
    for resource in sorted((*fleet.resources.values(), *gathered), key=lambda one: one.name):
        if resource.name.isprintable():  # what is not cannot be typed either
            names.setdefault(resource.kind, {})[resource.name] = None
    return {kind: list(found) for kind, found in names.items()}
