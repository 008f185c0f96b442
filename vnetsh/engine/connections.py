"""The connections of one session: a transport a host, a connection a place and backend, opened once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING

from vnetsh.backend import Backend, Connection, Progress
from vnetsh.engine.keeping import Kept
from vnetsh.errors import HostHung, VnetshError
from vnetsh.hosts.transport import Busy, Held
from vnetsh.hosts.workers import Workers, at_once
from vnetsh.model import Host, Inventory, Place

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport


Report = Callable[[str, str, float | None], None]
"""Told what a place is busy with, and how far it is (0 to 1)."""


def quiet(place: str, text: str, fraction: float | None) -> None:
    """Nobody watches."""


def _close(connection: Connection) -> None:
    """Close a connection; a plugin's that raises all the same keeps nothing else open."""
    with suppress(Exception, SystemExit):
        connection.close()


class Connections:
    """Opens what is asked for and keeps it until `close`. Safe for several threads.

    Two threads that ask for the same place wait for one opening; different places do not wait for each other.
    """

    def __init__(
        self, backends: Mapping[str, Backend], timeout: float = 10.0, report: Report = quiet
    ) -> None:
        self._backends = backends
        self.timeout = timeout
        """Seconds that one call to a place may take."""
        self._report = report
        self._inventory: Inventory = {}
        self._lock = threading.Lock()
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._transports: dict[str, Transport] = {}
        self._connections: dict[tuple[str, str], Connection] = {}
        self._begun: dict[tuple[str, str], Future[Connection]] = {}
        self._hung: dict[str, HostHung] = {}
        self._kept: dict[str, Kept] = {}

    @property
    def backends(self) -> Mapping[str, Backend]:
        """All of them, by name."""
        return self._backends

    def know(self, inventory: Inventory) -> None:
        """These are the places that there are now."""
        self._inventory = inventory

    def place(self, name: str) -> Place:
        """A place of the inventory. Raises `VnetshError`."""
        if found := self._inventory.get(name):
            return found
        raise VnetshError(f"there is no place {name}", help="the hosts file says which there are")

    def host(self, name: str) -> Host:
        """A host of the inventory. Raises `VnetshError`."""
        found = self._inventory.get(name)
        if not isinstance(found, Host):
            raise VnetshError(f"there is no host {name}", help="the hosts file says which there are")
        return found

    def progress(self, place: str) -> Progress:
        """What says how far the work at a place is."""

        def progress(text: str, fraction: float | None = None) -> None:
            self._report(place, text, fraction)

        return progress

    def _lock_of(self, host: str, what: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault((host, what), threading.Lock())

    def transport(self, host: Host) -> Transport:
        """The way to a host."""
        from vnetsh.hosts.reach import transport_to  # subprocess and all that only for those who go anywhere

        self._raise_if_hung(host.name)
        with self._lock_of(host.name, ""):
            if host.name not in self._transports:
                self._transports[host.name] = transport_to(host, connect_timeout=self.timeout)
            return self._transports[host.name]

    def connection(self, place: Place, backend: str) -> Connection:
        """A backend's connection to a place. Raises as `Backend.connect` does."""
        at = place.name, backend
        self._raise_if_hung(place.name)
        with self._lock_of(*at):
            self._raise_if_hung(place.name)  # who has waited for the lock may know it only now
            if at not in self._connections:
                begun = self._begun.pop(at, None)
                self._connections[at] = (
                    begun.result() if begun else self._backends[backend].connect(place, self)
                )
            return self._connections[at]

    def opened(self, backend: str) -> list[Connection]:
        """Those of a backend's connections that are open."""
        return [found for (_, name), found in list(self._connections.items()) if name == backend]

    def open(self, place: str, backend: str) -> Connection | None:
        """A connection that is there, also at a place where another one's service hangs."""
        return self._connections.get((place, backend))

    def has(self, place: str, backend: str) -> bool:
        """Whether a connection is there."""
        return (place, backend) in self._connections

    def living(self, place: Place, backend: str) -> Connection:
        """As `connection`, under the lock; what of both was lost while nobody used it is had anew."""
        if place.name in self._kept:
            self._kept[place.name].keep()
        known = self.has(place.name, backend)
        connection = self.connection(place, backend)
        if known and not connection.alive():
            self.drop(place.name, backend)
            connection = self.connection(place, backend)
        return connection

    def lock(self, place: Place, who: str, *, overrule: bool = False) -> Held | Busy | None:
        """Take a place's lock: a host's, or the one that a backend has there; None where there is none."""
        if isinstance(place, Host):
            taken = self.transport(place).lock(who, overrule=overrule)
            if isinstance(taken, Held):
                taken = self._kept[place.name] = Kept(
                    place.name, taken, lambda: self.transport(place).lock(who)
                )
            return taken
        for backend in self._backends.values():
            taken = backend.lock(place, self, who) if backend.serves(place) else None
            if taken:
                return taken
        return None

    def begin(self, places: Iterable[tuple[Place, str]]) -> None:
        """Begin to open connections that will be needed soon; `connection` gives what came of it."""
        workers = Workers("connect")
        ways = set()
        for place, backend in places:
            if isinstance(place, Host) and place.name not in ways and not self.transport(place).local:
                ways.add(place.name)
                workers.submit(self.transport(place).ask, ["true"])
            at = place.name, backend
            if at not in self._connections and at not in self._begun:
                self._begun[at] = workers.submit(self._backends[backend].connect, place, self)
        workers.stop()

    def give_up(self, place: str, error: HostHung) -> None:
        """Do not ask a place again that hangs, until `try_again`: each call would wait as long as the first."""
        self._hung[place] = error

    def try_again(self) -> None:
        """Ask also those again that hung, and have new connections made where the old ones hang, or lead nowhere."""
        lost = {place for place, way in self._transports.items() if place in self._hung or not way.whole()}
        for place in lost:
            self._transports[place].renew()
        for place, backend in [at for at in self._connections if at[0] in lost or at[0] in self._hung]:
            self.drop(place, backend)
        for at in [at for at in self._begun if at[0] in self._hung]:
            del self._begun[at]
        self._hung.clear()

    def anew(self, places: Iterable[str]) -> None:
        """Have all that is asked of these places come over new connections."""
        for place in places:
            if place in self._transports:
                self._transports[place].renew()
            for at in [at for at in self._connections if at[0] == place]:
                self.drop(*at)

    def _raise_if_hung(self, place: str) -> None:
        error = self._hung.get(place)
        if error:
            raise HostHung(error.message, help=error.help)

    def drop(self, place: str, backend: str) -> None:
        """Close a connection that is of no more use; the next one is new."""
        connection = self._connections.pop((place, backend), None)
        if connection:
            _close(connection)

    def leave(self, place: str, backend: str) -> None:
        """Leave a connection to the thread that still uses it; the next one is new."""
        self._connections.pop((place, backend), None)

    def close(self) -> None:
        """Close everything; what is still being opened ends with this process."""
        for opened in self._begun.values():
            if opened.done() and not opened.exception():
                _close(opened.result())
        self._begun.clear()
        at_once("close", _close, self._connections.values())
        at_once("close", lambda transport: transport.close(), self._transports.values())
        self._connections.clear()
        self._transports.clear()
