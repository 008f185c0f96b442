"""A fleet that is kept true: looked at once, and again wherever something says that it changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, sleep

from vnetsh.backend import Backend, Connection, Observation
from vnetsh.engine.connections import Connections
from vnetsh.engine.observe import At, completed, found_at, merged, places
from vnetsh.errors import HostUnreachable, PluginBroken, ServiceAbsent, VnetshError
from vnetsh.hosts.workers import Workers
from vnetsh.model import Fleet, Inventory

_GATHER = 0.05  # seconds in which what is told is gathered before a place is looked at
_TIMES = 2  # that a place is looked at, where the connection of the first look had been lost
_AGAIN, _AGAIN_AT_MOST = 5.0, 60.0  # seconds after which a place is asked again that does not answer


def _same(one: Observation | VnetshError, other: Observation | VnetshError | None) -> bool:
    if isinstance(one, VnetshError) and isinstance(other, VnetshError):
        return one.message == other.message
    return one == other


@dataclass(frozen=True)
class Silent:
    """A place that does not answer: since when (as `time.monotonic` has it), and why."""

    since: float
    why: str


class Watching:
    """Watches all places of an inventory in threads of its own, over connections of its own.

    No place waits for another one that hangs. Those that did not answer are asked again by and by; those that cannot
    tell of changes are looked at again when `look_again` is called. `changed` is called, on any thread, when something
    else was found than before, or a place has answered no longer, or again.
    """

    def __init__(
        self,
        inventory: Inventory,
        backends: Mapping[str, Backend],
        timeout: float = 10.0,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._inventory = inventory
        self._changed = changed
        self._connections = Connections(backends, timeout)
        self._connections.know(inventory)
        self._all = places(inventory, inventory, backends)
        self._lock = threading.Lock()
        self._due: set[At] = set(self._all)
        self._busy: set[At] = set()
        self._telling: set[At] = set()
        self._asked: dict[At, Connection] = {}
        self._found: dict[At, Observation | VnetshError] = {}
        self._fleet: Fleet | None = None
        self._silent: dict[str, Silent] = {}
        self._again: dict[At, tuple[float, float]] = {}  # when it is asked next, and the pause after that
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self.seen = threading.Event()
        """Set when everything has been looked at once."""

    @property
    def fleet(self) -> Fleet:
        """As it was last seen, and the same object as long as that is so; reading it never waits for a place."""
        with self._lock:
            if self._fleet is None:
                self._fleet = merged(Fleet(self._inventory), self._found)
                with suppress(PluginBroken):  # what could be seen without it is seen all the same
                    self._fleet = completed(self._fleet, self._connections.backends)
            return self._fleet

    @property
    def silent(self) -> Mapping[str, Silent]:
        """The places that do not answer."""
        with self._lock:
            return {**self._silent}

    @property
    def waiting(self) -> Sequence[str]:
        """The places of which something has not been looked at yet."""
        with self._lock:
            return sorted({place for place, backend in self._all if (place, backend) not in self._found})

    def start(self) -> None:
        """Begin to look; returns at once."""
        self._wanted.set()
        threading.Thread(target=self._work, name="watch", daemon=True).start()

    def look_again(self) -> None:
        """Look again, soon, where nothing tells of changes."""
        self._look_at(at for at in self._all if at not in self._telling)

    def close(self) -> None:
        """Watch no longer. Does not wait for a place that hangs."""
        self._closed.set()
        self._wanted.set()

    def _look_at(self, some: Iterable[At]) -> None:
        with self._lock:
            self._due |= set(some)
        self._wanted.set()

    def _work(self) -> None:
        """Have looked at what is due: each place by one thread at a time."""
        workers, running = Workers("look"), list[Future[None]]()
        while not self._closed.is_set():  # it is set before `_wanted` is, which may be cleared again here
            with self._lock:
                soon = min((when for when, _ in self._again.values()), default=None)
            self._wanted.wait(None if soon is None else max(0.0, soon - monotonic()))
            self._wanted.clear()
            sleep(_GATHER)
            with self._lock:
                asked = [at for at, (when, _) in self._again.items() if when <= monotonic()]
                for at in asked:
                    pause = self._again[at][1]
                    self._again[at] = monotonic() + pause, min(2 * pause, _AGAIN_AT_MOST)
                self._due |= set(asked)
            if asked:
                self._connections.try_again()
            with self._lock:
                due = sorted(self._due - self._busy)
                self._due -= set(due)
                self._busy |= set(due)
            running = [future for future in running if not future.done()]
            running += [workers.submit(self._look, at) for at in due]
            if not self._all:
                self.seen.set()
        workers.stop()
        wait(running)
        self._connections.close()

    def _look(self, at: At) -> None:
        if self._closed.is_set():
            return
        found = self._found_at(at)
        if isinstance(found, VnetshError) and not isinstance(found, ServiceAbsent):
            self._telling.discard(at)
            if not isinstance(found, HostUnreachable):  # a backend that fails is as good as no answer
                found = HostUnreachable(found.message, help=found.help)
        with self._lock:
            news = not _same(found, self._found.get(at))
            self._found[at] = found
            if news:
                self._fleet = None
            self._busy.discard(at)
            again = at in self._due
            everything = len(self._found) == len(self._all)
            self._note(at, found)
        if everything:
            self.seen.set()
        if news:
            self._changed()
        if again:
            self._wanted.set()

    def _note(self, at: At, found: Observation | VnetshError) -> None:
        """Whether a place answers; called with the lock."""
        place = at[0]
        if isinstance(found, HostUnreachable):
            self._again.setdefault(at, (monotonic() + _AGAIN, 2 * _AGAIN))
            self._silent.setdefault(place, Silent(monotonic(), found.message))
            self._wanted.set()  # who waits is to know when it is asked again
        else:
            self._again.pop(at, None)
            if all(other != place for other, _ in self._again):
                self._silent.pop(place, None)

    def _found_at(self, at: At) -> Observation | VnetshError:
        """What is there; the connection by which that is seen is asked to tell of changes, also one made anew."""
        place, backend = at
        for _ in range(_TIMES):
            connection = self._told_by(at)
            if isinstance(connection, VnetshError):
                return connection
            found = found_at(self._inventory[place], backend, self._connections)
            if isinstance(found, VnetshError) or connection in self._connections.opened(backend):
                break
        return found

    def _told_by(self, at: At) -> Connection | VnetshError | None:
        """The connection to a place, which was asked to tell of changes; or why there is none."""
        place, backend = at
        with suppress(Exception):  # a plugin can raise anything; what can be seen is seen all the same
            try:
                connection = self._connections.connection(self._inventory[place], backend)
            except VnetshError as error:
                return error  # to look would be to wait for it once more
            if self._asked.get(at) is not connection:
                self._telling.discard(at)
                self._asked[at] = connection
                # Before it is looked at: what changes meanwhile is told, and looked at once more.
                if connection.watch(lambda: self._look_at([at])):
                    self._telling.add(at)
            return connection
        return None
