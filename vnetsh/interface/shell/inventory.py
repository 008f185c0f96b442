"""What a shell knows of its fleet while somebody types: kept true in the background, read without waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from vnetsh import journal
from vnetsh.engine.watching import Silent, Watching
from vnetsh.errors import VnetshError
from vnetsh.interface.shell.vlans import Vlans
from vnetsh.model import Fleet
from vnetsh.plain_text import plain
from vnetsh.schema import Vocabulary
from vnetsh.session import Session

_PAUSE = 0.1  # seconds between two times that a picture is made: changes come in swarms

_RUNS = 50  # that completion offers

Names = Mapping[str, Mapping[str, str]]
"""The names of each kind, each with the places where it is; and the runs, by their numbers."""


@dataclass(frozen=True)
class Known:
    """The fleet at a moment."""

    names: Names = field(default_factory=dict)
    silent: Mapping[str, Silent] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    """The places that have not been looked at yet."""
    vlans: Vlans = field(default_factory=Vlans)


class LiveInventory:
    """Watches the places; `now` is always there at once. `changed` is called, on any thread, when it is another one."""

    def __init__(self, session: Session, changed: Callable[[], None] = lambda: None) -> None:
        self._session = session
        self._changed = changed
        self._wanted = threading.Event()
        self._closed = False
        self._watching = Watching(
            session.inventory, session.backends, session.connections.timeout, self._wanted.set
        )
        self._of: Fleet | None = None
        self._runs_due = True
        self._runs: Mapping[str, str] = {}
        names = _names_in(Fleet(session.inventory), session.vocabulary)
        self.now = Known(names, waiting=tuple(self._watching.waiting))

    @property
    def fleet(self) -> Fleet:
        """All that is known."""
        return self._watching.fleet

    def start(self) -> None:
        """Begin to look, in the background."""
        self._watching.start()
        self._wanted.set()
        threading.Thread(target=self._work, name="inventory", daemon=True).start()

    def refresh(self) -> None:
        """Something was done: look again where nothing tells of it."""
        self._watching.look_again()
        self._runs_due = True
        self._wanted.set()

    def close(self) -> None:
        """Look no longer."""
        self._watching.close()
        self._closed = True
        self._wanted.set()

    def _work(self) -> None:
        """Make a picture of what has changed: of a large fleet that takes longer than a key may."""
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._closed:
                return
            silent, waiting = self._watching.silent, tuple(self._watching.waiting)  # before what they are of
            fleet, names, vlans = self._watching.fleet, self.now.names, self.now.vlans
            if fleet is not self._of:
                names, self._of = _names_in(fleet, self._session.vocabulary), fleet
                vlans = Vlans.of(fleet)
            if self._runs_due:
                self._runs_due, self._runs = False, self._runs_done()
            names = {**names, "run": self._runs}
            self.now = Known(names, silent, waiting, vlans)
            self._changed()
            time.sleep(_PAUSE)

    def _runs_done(self) -> Mapping[str, str]:
        with suppress(OSError, VnetshError):
            newest = islice(journal.runs(self._session.runs), _RUNS)
            return {str(run.number): plain(run.what)[:40] for run in newest if run.readable}
        return {}


def _names_in(fleet: Fleet, vocabulary: Vocabulary) -> Names:
    names: dict[str, dict[str, list[str]]] = {"host": {}}
    for place in fleet.places.values():
        for kind in {place.sort, place.noun} - {""}:
            names.setdefault(kind, {})[place.name] = []
    gathered = [one for kind in vocabulary.kinds.values() if kind.gather for one in kind.gather(fleet)]
    for resource in sorted((*fleet.resources.values(), *gathered), key=lambda one: one.name):
        if resource.name.isprintable():  # what is not cannot be typed either
            names.setdefault(resource.kind, {}).setdefault(resource.name, []).append(resource.place)
    for (place_name, _), facts in fleet.facts.items():
        for kind, offered in facts.offered().items():
            for name in offered:
                places = names.setdefault(kind, {}).setdefault(name, [])
                if place_name not in places:
                    places.append(place_name)
    return {kind: {name: _where(places) for name, places in found.items()} for kind, found in names.items()}


def _where(places: list[str]) -> str:
    """The places of a name, in a few words."""
    return ", ".join(places) if len(places) <= 3 else f"{', '.join(places[:2])} and {len(places) - 2} more"
