"""A fleet that is kept true: looked at once, and again wherever something says that it changed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from time import sleep

from vnetsh.backend import Backend, Connection, Observation
from vnetsh.engine.connections import Connections
from vnetsh.engine.observe import At, completed, found_at, merged, places
from vnetsh.errors import HostUnreachable, PluginBroken, ServiceAbsent, VnetshError
from vnetsh.hosts.workers import Workers
from vnetsh.model import Fleet, Inventory

_GATHER = 0.05  # seconds in which what is told is gathered before a place is looked at


class Watching:
    """Watches all places of an inventory in threads of its own, over connections of its own.

    No place waits for another one that hangs. Places that cannot tell of changes, and those that did not answer, are
    looked at again when `look_again` is called.
    """

    def __init__(self, inventory: Inventory, backends: Mapping[str, Backend], timeout: float = 10.0) -> None:
        self._inventory = inventory
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
            self._wanted.wait()
            self._wanted.clear()
            sleep(_GATHER)
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
            self._found[at] = found
            self._fleet = None
            self._busy.discard(at)
            again = at in self._due
            everything = len(self._found) == len(self._all)
        if everything:
            self.seen.set()
        if again:
            self._wanted.set()

    def _found_at(self, at: At) -> Observation | VnetshError:
        """What is there; a new connection is first asked to tell of changes."""
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
        return found_at(self._inventory[place], backend, self._connections)
