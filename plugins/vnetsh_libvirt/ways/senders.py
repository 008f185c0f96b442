"""What is sent to see whether somebody answers: ARP, ping, TCP. A part of the program that is sent to hosts.

It needs nothing but Python 3.7 and what stands before it there: `probe_port`.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from typing import Any

from vnetsh_libvirt.outage.probe_port import Port, bytes_of

_ARP = 0x0806
_BROADCAST = b"\xff" * 6
_SO_BINDTODEVICE = 25


class Sender:
    """Counts what is sent and what answers; `first` and `last` are when the first and last answer came."""

    gentle = 0.0
    """Seconds between two packets at least."""

    def __init__(self) -> None:
        self.sent = 0
        self.answers = 0
        self.first = 0.0
        self.last = 0.0
        self.quickest = 0.0
        self.why = ""
        self._sent_at = 0.0

    def due(self, now: float) -> None:
        """Send one, where it is time for one."""
        if now - self._sent_at < self.gentle:
            return
        self._sent_at = now
        if self.send():
            self.sent += 1

    def send(self) -> bool:
        """Send one; whether it could be."""
        raise NotImplementedError

    def hear(self) -> None:
        """Read what has come."""
        raise NotImplementedError

    def files(self) -> list[int]:
        """What is waited for."""
        raise NotImplementedError

    def heard(self, since: float) -> None:
        """An answer has come to what was sent at that time."""
        now = time.monotonic()
        self.answers += 1
        self.first = self.first or now
        self.last = now
        self.quickest = min(self.quickest or now - since, now - since)

    def restart(self) -> None:
        """Count anew."""
        self.sent = self.answers = 0

    def state(self) -> Any:
        """What there is to tell."""
        return {
            "sent": self.sent,
            "answers": self.answers,
            "ms": round(self.quickest * 1000, 2),
            "why": self.why,
        }


class Arp(Sender):
    """ARP requests by a port, to one MAC alone or, where that is not known, to all; the sender's address is 0.0.0.0.

    An address that is not known is the first one from which that MAC speaks.
    """

    def __init__(self, port: Port, said: Any) -> None:
        super().__init__()
        self._port = port
        self._mac = bytes_of(said["mac"]) if said.get("mac") else b""
        self.address = str(said.get("address") or "")
        self.gentle = 0.0 if self._mac else 0.25  # what all hear is not to be many

    def send(self) -> bool:
        """Ask who has the address."""
        if not self.address or not self._port.socket:
            return False
        own = bytes_of(self._port.own)
        head = (self._mac or _BROADCAST) + own + struct.pack("!HHHBBH", _ARP, 1, 0x0800, 6, 4, 1)
        try:
            self._port.socket.send(
                head + own + bytes(4) + bytes(6) + socket.inet_aton(self.address) + bytes(18)
            )
        except OSError:  # its queue is full
            return False
        return True

    def take(self, frame: bytes) -> None:
        """A frame has come by the port."""
        whose, sender = frame[22:28], frame[28:32]
        if sender == bytes(4) or (self._mac and whose != self._mac):
            return
        address = socket.inet_ntoa(sender)
        if not self.address and self._mac:
            self.address = address
        if frame[20:22] == b"\0\2" and address == self.address and frame[:6] == bytes_of(self._port.own):
            self._mac = whose
            self.heard(self._sent_at)

    def hear(self) -> None:
        """Its port reads for all that ask by it."""

    def files(self) -> list[int]:
        """Its port's socket is waited for."""
        return []

    def state(self) -> Any:
        """With the address that was asked for."""
        mac = ":".join(f"{byte:02x}" for byte in self._mac)
        port = {"bridge": self._port.bridge, "tag": self._port.tag}
        return {**super().state(), **port, "address": self.address, "mac": mac}


class Ping(Sender):
    """Pings, by the kernel's own ways or by one link."""

    def __init__(self, address: str, link: str = "") -> None:
        super().__init__()
        self._address = address
        self._id = int.from_bytes(os.urandom(2), "big")
        self._waiting: dict[int, float] = {}
        self._number = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._socket.setblocking(False)
        if link:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_BINDTODEVICE, link.encode() + b"\0")

    def send(self) -> bool:
        """An echo request."""
        self._number = (self._number + 1) & 0xFFFF
        body = struct.pack("!HH", self._id, self._number) + b"vnetsh" * 4
        total = sum(struct.unpack(f"!{len(body) // 2}H", body)) + 0x0800
        total = (total & 0xFFFF) + (total >> 16)
        checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        try:
            self._socket.sendto(struct.pack("!BBH", 8, 0, checksum) + body, (self._address, 0))
        except OSError as error:
            self.why = os.strerror(error.errno or errno.EIO)
            return error.errno not in (errno.ENOBUFS, errno.EAGAIN)
        self._waiting[self._number] = time.monotonic()
        return True

    def hear(self) -> None:
        """Echo replies to it."""
        while True:
            try:
                packet, who = self._socket.recvfrom(2048)
            except OSError:
                return
            body = packet[(packet[0] & 15) * 4 :]
            if len(body) >= 8 and body[0] == 0 and who[0] == self._address:
                ours, number = struct.unpack("!HH", body[4:8])
                since = self._waiting.pop(number, None) if ours == self._id else None
                if since is not None:
                    self.heard(since)

    def files(self) -> list[int]:
        """Its socket."""
        return [self._socket.fileno()]


class Tcp(Sender):
    """Connections to a port, one after the other; each is closed at once."""

    gentle = 0.2
    _PATIENCE = 3.0

    def __init__(self, address: str, port: int, link: str = "") -> None:
        super().__init__()
        self._where = (address, port)
        self._link = link
        self._socket: socket.socket | None = None
        self._since = 0.0

    def send(self) -> bool:
        """Begin a connection, where none is under way."""
        now = time.monotonic()
        if self._socket and now - self._since < self._PATIENCE:
            return False
        if self._socket:
            self._end("no answer")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._since = now
        if self._link:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_BINDTODEVICE, self._link.encode() + b"\0")
        code = self._socket.connect_ex(self._where)
        if code not in (0, errno.EINPROGRESS):
            self._end(os.strerror(code))
        return True

    def hear(self) -> None:
        """Whether it has come about."""
        if not self._socket:
            return
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._end(os.strerror(code))
            return
        try:
            self._socket.getpeername()
        except OSError:  # still under way
            return
        self.heard(self._since)
        self._end("")

    def _end(self, why: str) -> None:
        self.why = why
        if self._socket:
            self._socket.close()
            self._socket = None

    def files(self) -> list[int]:
        """Its socket; a connection that has come about can be written to."""
        return [self._socket.fileno()] if self._socket else []
