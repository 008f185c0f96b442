"""A fleet that is kept true: looked at once, and again wherever something says that it changed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from time import sleep

from vnetsh.backend import Backend, Connection
from vnetsh.engine.connections import Connections
from vnetsh.engine.observe import At, observe, places
from vnetsh.errors import HostHung, HostUnreachable, VnetshError
from vnetsh.hosts.workers import at_once
from vnetsh.model import Fleet, Inventory

_GATHER = 0.05  # seconds in which what is told is gathered before a place is looked at


class Watching:
    """Watches all places of an inventory in a thread of its own, over connections of its own.

    `fleet` is as it was last seen; reading it never waits. Places that cannot tell of changes, and those that did not
    answer, are looked at again when `look_again` is called.
    """

    def __init__(self, inventory: Inventory, backends: Mapping[str, Backend], timeout: float = 10.0) -> None:
        self._inventory = inventory
        self._connections = Connections(backends, timeout)
        self._all = places(inventory, inventory, backends)
        self._lock = threading.Lock()
        self._due: set[At] = set(self._all)
        self._telling: set[At] = set()
        self._asked: dict[At, Connection] = {}
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self.seen = threading.Event()
        """Set when everything has been looked at once."""
        self.fleet = Fleet(inventory)

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
        while self._wanted.wait() and not self._closed.is_set():
            sleep(_GATHER)
            self._wanted.clear()
            with self._lock:
                due, self._due = sorted(self._due), set()
            self._connections.know(self._inventory)
            self._connections.try_again()
            # Watched first: what changes while it is looked at is told, and looked at once more.
            at_once("watch", self._watch, due)
            places = {place for place, _ in due}
            unreachable = {name: why for name, why in self.fleet.unreachable.items() if name not in places}
            self.fleet = self._seen(due, replace(self.fleet, unreachable=unreachable))
            self._telling -= {at for at in due if at[0] in self.fleet.unreachable}
            self.seen.set()
        self._connections.close()

    def _seen(self, due: Sequence[At], known: Fleet) -> Fleet:
        """The fleet with these places looked at. Where a backend fails it is as at a place that does not answer."""
        try:
            return observe(self._inventory, due, self._connections, known)
        except VnetshError:
            fleet = known
        for at in due:
            try:
                fleet = observe(self._inventory, [at], self._connections, fleet)
            except VnetshError as error:
                fleet = replace(fleet, unreachable={**fleet.unreachable, at[0]: error})
        return fleet

    def _watch(self, at: At) -> None:
        """Have a place tell of its changes, if it can; each connection is asked once."""
        place, backend = at
        try:
            connection = self._connections.connection(self._inventory[place], backend)
            if self._asked.get(at) is connection:
                return
            self._telling.discard(at)
            self._asked[at] = connection
            if connection.watch(lambda: self._look_at([at])):
                self._telling.add(at)
        except HostUnreachable as error:
            # Looking at it says the same, and does not wait for it once more.
            self._connections.give_up(place, HostHung(error.message, help=error.help))
        except (Exception, SystemExit):  # a plugin can raise anything; what can be seen is seen all the same
            pass
