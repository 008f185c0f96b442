"""Hears from a host's kernel when links, addresses or routes change. Numbers are those of <linux/rtnetlink.h>."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from vnetsh.errors import HostUnreachable
from vnetsh.hosts.python import python

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport

# Links, and of IPv4 and IPv6 addresses and routes. It ends with its input: nothing stays there when we are killed.
_CODE = """
import os, select, socket
kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
kernel.bind((0, 0x1 | 0x10 | 0x40 | 0x100 | 0x400))
os.write(1, b"\\n")
waiting = select.poll()
waiting.register(kernel, select.POLLIN)
waiting.register(0, select.POLLIN)
while True:
    ready = [number for number, _ in waiting.poll()]
    if 0 in ready and not os.read(0, 4096):
        break
    if kernel.fileno() in ready:
        try:
            kernel.recv(1 << 16)
        except OSError:
            pass
        os.write(1, b".")
"""


class LinkWatch:
    """Calls `tell`, on a thread of its own, whenever something has changed, and when it can tell no longer."""

    def __init__(self, transport: Transport, tell: Callable[[], None], timeout: float) -> None:
        """Begin. Raises `HostUnreachable`, `OSError` where the host cannot tell."""
        self._tell = tell
        self.lost = False
        """Whether it tells no more."""
        self._process = transport.session(python(_CODE))
        assert self._process.stdout
        self._told = self._process.stdout.fileno()
        if not select.select([self._told], [], [], timeout)[0] or os.read(self._told, 1) != b"\n":
            self.close()
            raise OSError("the host does not tell of its links")
        threading.Thread(target=self._work, name="links", daemon=True).start()

    def close(self) -> None:
        """Have it end soon."""
        self.lost = True
        with suppress(OSError):
            assert self._process.stdin
            self._process.stdin.close()
        self._process.terminate()

    def _work(self) -> None:
        with suppress(OSError):
            while os.read(self._told, 1 << 16):
                self._tell()
        self._process.wait()
        if not self.lost:
            self.lost = True
            self._tell()


class TellsOfLinks:
    """What a connection has whose host's kernel tells of its links, addresses and routes."""

    _host: str
    _transport: Transport
    _timeout: float
    _teller: LinkWatch | None = None

    def watch(self, tell: Callable[[], None]) -> bool:
        """By the host's kernel; False where it cannot tell."""
        try:
            self._teller = self._teller or LinkWatch(self._transport, tell, self._timeout)
        except (OSError, HostUnreachable):
            return False
        return True

    def see_that_it_tells(self) -> None:
        """Raise `HostUnreachable` where it told and tells no more: then another connection is made."""
        if self._teller and self._teller.lost:
            raise HostUnreachable(f"{self._host}: what told of its links has ended")

    def close(self) -> None:
        """End the watch; the transport is not ours."""
        if self._teller:
            self._teller.close()
