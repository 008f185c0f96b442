"""What is true now, told to a hub: the picture of the watched fleet, runs, jobs, and what is wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import islice

from vnetsh import journal
from vnetsh.engine.connections import quiet
from vnetsh.engine.finding_runs import refuse_undoing
from vnetsh.engine.watched import Watched
from vnetsh.engine.watching import Watching
from vnetsh.errors import UsageError
from vnetsh.interface.history import as_json as run_json
from vnetsh.interface.tables import rows_of, shown_row
from vnetsh.interface.web.hub import PICTURE, Drawn, Hub
from vnetsh.journal import Run
from vnetsh.model import Fleet, Resource
from vnetsh.nouns.warning import WARNING
from vnetsh.pictures.drawing import picture_of
from vnetsh.pictures.laying import Laid, lay
from vnetsh.pictures.page_html import shown
from vnetsh.pictures.picture import Picture, Thing, as_json
from vnetsh.pictures.svg import pieces
from vnetsh.plain_text import plain
from vnetsh.session import Session

FIRST = 2.0
"""Seconds that the first page waits for places that hang."""
LOOK = 1.0
"""Seconds after which what cannot tell of changes is looked at again, and runs are."""
IDLE, ENDING = 0.25, 2.0
"""Seconds after which it is seen that there are pages now; that are waited for what is being looked at in the end."""
APART = 0.1
"""Seconds between two pictures, at least."""
JOBS, WARNINGS = 5.0, 60.0
"""Seconds after which hosts are asked for moves that no run of ours makes, and for what is wrong with them."""
RUNS = 50
"""Runs that are shown, the newest."""
RECORDS = 30.0
"""Seconds after which hosts are asked what they keep of runs of others."""


class Live:
    """Looks as long as there are pages, in threads of its own; the fleet is watched from `start` to `close`."""

    def __init__(self, session: Session, hub: Hub) -> None:
        self._hub, self._inventory = hub, session.inventory
        self._vocabulary, self.runs = session.vocabulary, session.runs
        self._changed, self._closed = threading.Event(), threading.Event()
        self._drawing = threading.Lock()
        self._fleet: Fleet | None = None
        self._laid: tuple[Picture, Laid] | None = None
        timeout = session.connections.timeout
        self._watching = Watching(session.inventory, session.backends, timeout, self._changed.set)
        # What two threads ask goes over connections of their own.
        self._beside = session.beside(quiet), session.beside(quiet), session.beside(quiet)
        self._jobs, self._doctor = (Watched(one, self._watching) for one in self._beside[:2])
        self._others: Sequence[Run] = ()
        self._threads: list[threading.Thread] = []
        self._failures: dict[str, str] = {}
        self._doctor_at = -WARNINGS
        self._jobs_at = -JOBS
        self._records_at = -RECORDS

    def start(self) -> None:
        """Begin to look; returns when all places have been looked at, or hang."""
        self._watching.start()
        self._watching.seen.wait(FIRST)
        works = (self._look, self._examine, self._remember, self._draw)
        self._threads = [
            threading.Thread(target=self._kept, args=(work,), name="web", daemon=True) for work in works
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Look no longer. Does not wait for places that hang: their connections end with this process."""
        self._closed.set()
        self._changed.set()
        self._watching.close()
        until = time.monotonic() + ENDING
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        hanging = [thread.is_alive() for thread in self._threads] or [False] * 3
        for session, hangs in zip(self._beside, hanging, strict=False):
            if not hangs:
                session.close()

    def look_again(self) -> None:
        """Have what is wrong looked at again, soon."""
        self._doctor_at = -WARNINGS

    def picture(self) -> tuple[Picture, Laid, str]:
        """The picture of the fleet as it was last seen, with the id under which the hub tells it."""
        with self._drawing:
            fleet = self._watching.fleet
            if fleet is not self._fleet or self._laid is None:
                picture = picture_of(fleet, self._vocabulary, "The fleet")
                self._laid = picture, lay(picture)
                self._fleet = fleet
                drawn, (_, before) = _in_pieces(*self._laid), self._hub.get(PICTURE)
                if not (isinstance(before, Drawn) and before.same(drawn)):
                    self._hub.set(PICTURE, drawn)
            return *self._laid, self._hub.get(PICTURE)[0]

    def _kept(self, work: Callable[[], None]) -> None:
        """Do a work again and again, while there are pages: one that fails is told, and goes on."""
        while not self._closed.is_set():
            if not self._hub.watched.is_set():
                self._closed.wait(IDLE)
                continue
            failed = ""
            try:
                work()
            except Exception as error:  # a plugin can raise anything
                failed = plain(f"{type(error).__name__}: {error}")
                self._closed.wait(LOOK)
            self._failures = {**self._failures, work.__name__: failed}
            self._hub.set("failures", sorted(filter(None, self._failures.values())))

    def _draw(self) -> None:
        self._changed.clear()
        self.picture()
        self._hub.set("waiting", [*self._watching.waiting])
        self._closed.wait(APART)
        if not self._changed.wait(LOOK):
            self._watching.look_again()

    def _look(self) -> None:
        folder = self.runs
        runs = sorted([*islice(journal.runs(folder), RUNS), *self._others], key=journal.when, reverse=True)
        self._hub.set("runs", [run_row(run) for run in runs[:RUNS]])
        soon = journal.under_way(folder) or self._hub.get("jobs")[1]
        if soon or time.monotonic() - self._jobs_at >= JOBS:
            self._jobs_at = time.monotonic()
            self._hub.set("jobs", self._rows("job", self._jobs.look("job")))
        self._closed.wait(LOOK)

    def _examine(self) -> None:
        if time.monotonic() - self._doctor_at >= WARNINGS:
            self._doctor_at = time.monotonic()
            found = self._rows(WARNING, self._doctor.look(WARNING))
            self._hub.set("warnings", {"at": time.strftime("%H:%M:%S"), "found": found})
        self._closed.wait(LOOK)

    def _remember(self) -> None:
        """What hosts keep of the runs of others, who may be at other machines."""
        if time.monotonic() - self._records_at >= RECORDS:
            self._records_at = time.monotonic()
            silent = self._beside[2].past.look()
            here = self._inventory.keys()
            found = [run for run in journal.of_others(self.runs) if here & {*run.at}]
            self._others = sorted(found, key=journal.when, reverse=True)[:RUNS]
            self._hub.set("silent", sorted(silent))
        self._closed.wait(LOOK)

    def _rows(self, kind: str, found: Sequence[Resource]) -> object:
        noun = self._vocabulary.kinds[kind]
        rows = (rows_of(noun, [one], ())[1][0] for one in found)
        return shown([shown_row(noun, row, all=True) for row in rows])


def run_row(run: Run) -> object:
    """A run as a page is told of it; `undo`: it can be taken back."""
    undo = True
    try:
        refuse_undoing(run)
    except UsageError:
        undo = False
    return shown({**run_json(run), "undo": undo, "name": run.name})


def _in_pieces(picture: Picture, laid: Laid) -> Drawn:
    found: dict[str, tuple[object, str]] = {}
    for one, markup in pieces(picture, laid):
        key = f"{'t' if isinstance(one, Thing) else 'l'} {plain(one.id)}"
        while key in found:  # two patch ports between the same, say
            key += "'"
        found[key] = shown(as_json(one)), markup
    return Drawn(picture.title, found)  # type: ignore[arg-type]
