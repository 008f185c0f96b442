"""One NIC of a VM as a prober has it: the probes that go out by its port, the answers that come in.

A part of the program that is sent to hosts, as `gaps` is.
"""

from __future__ import annotations

import math
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from typing import Any

from vnetsh_libvirt.outage.gaps import Gaps
from vnetsh_libvirt.outage.probe_port import SO_TIMESTAMPNS, Outside, Port, bytes_of

_ARP = 0x0806


class Target(Port):
    """One NIC of a VM, and the port by which it is probed."""

    def __init__(self, said: Any) -> None:
        super().__init__(said)
        self.mac = bytes_of(said["mac"])
        self.address = str(said.get("address") or "")
        self.gaps = Gaps(float(said["interval"]))
        self.due = 0.0
        self.why = ""
        self.plugged = False
        self.over = False
        self.covered = False  # whether it answered already when the move began
        self.again = True  # whether it has answered since the VM has come to its other host

    def plug(self, outside: Outside, number: int) -> None:
        """Make the port, from which it is probed then. Raises `Refused`."""
        self.plugged = True
        self.pace(self.gaps.interval)
        super().plug(outside, number)
        if self.over:
            self.quiet()

    def unplug(self, outside: Outside) -> None:
        """Remove the port, and all that was begun of it."""
        self.quiet()
        if self.plugged:
            self.plugged = False
            super().unplug(outside)

    def quiet(self) -> None:
        """Probe and hear no more."""
        self.over = True
        if self.socket:
            self.socket.close()
            self.socket = None

    def pace(self, interval: float) -> None:
        """Probe so often from now on. All of one interval are due at the same times: one waking up for all."""
        self.gaps.interval = interval
        self.due = math.ceil(time.monotonic() / interval) * interval

    @property
    def _request(self) -> bytes:
        own = bytes_of(self.own)
        head = self.mac + own + struct.pack("!HHHBBH", _ARP, 1, 0x0800, 6, 4, 1)
        return head + own + bytes(4) + bytes(6) + socket.inet_aton(self.address) + bytes(18)

    def probe(self) -> None:
        """Send a probe, where the address is known."""
        if self.socket is None or not self.address:
            return
        at = time.monotonic()
        try:
            self.socket.send(self._request)
        except OSError:  # its queue is full, or the port is being removed
            return
        self.gaps.send(at)

    def hear(self) -> Iterator[str]:
        """Read what has come; what is to be told of it."""
        while self.socket is not None:
            try:
                frame, extra, _, _ = self.socket.recvmsg(2048, 64)
            except OSError:
                return
            if frame[6:12] != self.mac or len(frame) < 42:
                continue
            operation, sender, whose = frame[20:22], frame[28:32], frame[22:28]
            if whose != self.mac or sender == bytes(4):
                continue
            address = socket.inet_ntoa(sender)
            if not self.address:
                self.address = address
            if operation != b"\0\2" or address != self.address or frame[:6] != bytes_of(self.own):
                continue
            first = not self.gaps.answers
            self.gaps.answer(_heard_at(extra))
            if first:
                yield "answers"
            if not self.again:
                self.again = True
                yield "again"

    def state(self) -> Any:
        """What there is to tell of it."""
        now, gaps = time.monotonic(), self.gaps
        gaps.end(now)
        return {
            "address": self.address,
            "why": self.why,
            "covered": self.covered,
            "sent": gaps.sent,
            "answers": gaps.answers,
            "lost": gaps.lost,
            "gap": gaps.longest,
            "late": gaps.late,
            "began": time.time() - (now - gaps.began) if gaps.longest else 0,
            "ended": time.time() - (now - gaps.ended) if gaps.longest else 0,
        }


def _heard_at(extra: Sequence[Any]) -> float:
    """When the kernel had a frame, by this process's clock: it may have been read late."""
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= 16:
            seconds, nanoseconds = struct.unpack("=qq", data[:16])
            return float(time.monotonic() - max(0.0, time.time() - seconds - nanoseconds / 1e9))
    return time.monotonic()
