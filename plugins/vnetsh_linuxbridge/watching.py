"""Hears from the kernel when links of this machine change. Numbers are those of <linux/rtnetlink.h>."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

_LINKS, _IPV4_ADDRESSES, _IPV6_ADDRESSES = 0x1, 0x10, 0x100


class LinkWatch:
    """Calls `tell`, in a thread of its own, whenever a link or an address of one has changed; until `close`."""

    def __init__(self, tell: Callable[[], None]) -> None:
        """Begin, in the network namespace of the calling thread. Raises `OSError`."""
        self._tell = tell
        self._kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._kernel.bind((0, _LINKS | _IPV4_ADDRESSES | _IPV6_ADDRESSES))
        self._ours, self._threads = socket.socketpair()
        threading.Thread(target=self._work, name="links", daemon=True).start()

    def close(self) -> None:
        """Have the thread end soon."""
        self._ours.close()

    def _work(self) -> None:
        waiting = select.poll()
        waiting.register(self._kernel, select.POLLIN)
        waiting.register(self._threads, select.POLLIN)
        with self._kernel, self._threads:
            while all(descriptor == self._kernel.fileno() for descriptor, _ in waiting.poll()):
                with suppress(OSError):  # more has changed than the socket can hold: that is told too
                    self._kernel.recv(1 << 16)
                self._tell()
