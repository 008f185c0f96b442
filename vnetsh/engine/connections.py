"""The connections of one session: a transport a host, a connection a host and backend, opened once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING

from vnetsh.backend import Backend, Connection
from vnetsh.errors import HostHung
from vnetsh.hosts.workers import Workers
from vnetsh.model import Host

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport


class Connections:
    """Opens what is asked for and keeps it until `close`. Safe for several threads.

    Two threads that ask for the same host wait for one opening; different hosts do not wait for each other.
    """

    def __init__(self, backends: Mapping[str, Backend], timeout: float = 10.0) -> None:
        self._backends = backends
        self._timeout = timeout
        self._lock = threading.Lock()
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._transports: dict[str, Transport] = {}
        self._connections: dict[tuple[str, str], Connection] = {}
        self._begun: dict[tuple[str, str], Future[Connection]] = {}
        self._hung: dict[str, HostHung] = {}

    @property
    def timeout(self) -> float:
        """Seconds that one call to a host may take."""
        return self._timeout

    def _lock_of(self, host: str, what: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault((host, what), threading.Lock())

    def transport(self, host: Host) -> Transport:
        """The way to a host."""
        from vnetsh.hosts.reach import transport_to  # subprocess and all that only for those who go anywhere

        self._raise_if_hung(host.name)
        with self._lock_of(host.name, ""):
            if host.name not in self._transports:
                self._transports[host.name] = transport_to(host, connect_timeout=self._timeout)
            return self._transports[host.name]

    def connection(self, host: Host, backend: str) -> Connection:
        """A backend's connection to a host. Raises as `Backend.connect` does."""
        self._raise_if_hung(host.name)
        place = host.name, backend
        with self._lock_of(*place):
            if place not in self._connections:
                begun = self._begun.pop(place, None)
                self._connections[place] = (
                    begun.result() if begun else self._backends[backend].connect(host, self)
                )
            return self._connections[place]

    def begin(self, places: Iterable[tuple[Host, str]]) -> None:
        """Begin to open connections that will be needed soon; `connection` gives what came of it."""
        workers = Workers("connect")
        ways = set()
        for host, backend in places:
            place = host.name, backend
            if host.name not in ways and not self.transport(host).local:
                ways.add(host.name)
                workers.submit(self.transport(host).ask, ["true"])
            if place not in self._connections and place not in self._begun:
                self._begun[place] = workers.submit(self._backends[backend].connect, host, self)
        workers.stop()

    def give_up(self, host: str, error: HostHung) -> None:
        """Do not ask a host again that hangs, until `try_again`: each call would wait as long as the first."""
        self._hung[host] = error

    def try_again(self) -> None:
        """Ask also those again that hung."""
        self._hung.clear()

    def _raise_if_hung(self, host: str) -> None:
        error = self._hung.get(host)
        if error:
            raise HostHung(error.message, help=error.help)

    def drop(self, host: str, backend: str) -> None:
        """Close a connection that is of no more use; the next one is new."""
        connection = self._connections.pop((host, backend), None)
        if connection:
            connection.close()

    def close(self) -> None:
        """Close everything; what is still being opened ends with this process."""
        for opened in self._begun.values():
            if opened.done() and not opened.exception():
                opened.result().close()
        self._begun.clear()
        for connection in self._connections.values():
            connection.close()
        for transport in self._transports.values():
            transport.close()
        self._connections.clear()
        self._transports.clear()
