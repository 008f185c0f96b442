"""Hear from a host's libvirt that something has changed there.

libvirt's events come over a connection that was opened when its event loop was there already; so whoever watches
has a connection of its own, and until then there is no loop. libvirt tells nothing of a call that only writes a value
into a definition (`virsh setvcpus --config`), nor of a NIC that is changed in place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import libvirt

from vnetsh.errors import VnetshError
from vnetsh_libvirt.link import Link

EVENTS = (
    libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,  # also a definition that comes, goes or is replaced
    libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
    libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
    libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
)

KEEPALIVE = 5, 3
"""Seconds between two signs of life that a watched daemon is asked for, and how many may fail."""


_starting = threading.Lock()
_loops: list[threading.Thread] = []


class Watch:
    """Calls `tell` on the event loop's thread, each time that something changes, until `close`.

    `telling` becomes False when the daemon closes the connection, and that is told.
    """

    def __init__(self, host: str, uri: str, timeout: float, tell: Callable[[], None]) -> None:
        start_loop()
        self._tell = tell
        self._open = True
        self.telling = True
        self._link = Link(host, uri, timeout)
        self._callbacks: list[int] = []
        try:
            self._register(self._link.connection)
        except VnetshError:
            self.close()
            raise

    def _register(self, connection: Any) -> None:
        for event in EVENTS:
            callback = self._link.call(connection.domainEventRegisterAny, None, event, self._heard, None)
            self._callbacks.append(callback)
        self._link.call(connection.registerCloseCallback, self._lost, None)
        self._link.quietly(connection.setKeepAlive, *KEEPALIVE)

    def _heard(self, *event: Any) -> None:
        if self._open:
            self._tell()

    def _lost(self, *event: Any) -> None:
        self.telling = False
        self._heard()

    def close(self) -> None:
        """Hear nothing more; never raises, and waits for no answer."""
        self._open = False
        self._link.close(lambda: _forget(self._link.connection, self._callbacks))


def _forget(connection: Any, callbacks: Iterable[int]) -> None:
    """Libvirt keeps a connection open as long as it has callbacks."""
    for callback in callbacks:
        connection.domainEventDeregisterAny(callback)
    connection.unregisterCloseCallback()


def start_loop() -> None:
    """See that libvirt's event loop runs: one for the whole process. Connections that are opened later hear events."""
    with _starting:
        if not _loops:
            libvirt.virEventRegisterDefaultImpl()
            _loops.append(threading.Thread(target=_loop, name="libvirt events", daemon=True))
            _loops[0].start()


def _loop() -> None:
    while True:
        libvirt.virEventRunDefaultImpl()
