"""The program that runs on a host while a VM moves: it probes the VM from a port of its own on each of its bridges.

Sent to a host's Python (3.7 or newer) over ssh, and nothing of it is left there. It lives as long as its input:
when that ends, or says nothing for long, its ports go, and it ends.

A probe is an ARP request to the VM's MAC alone, so it floods no network, and finds a switch that sends it astray. Its
sender's address is 0.0.0.0 (RFC 5227), so no cache learns it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from vnetsh_libvirt.outage.gaps import Gaps
from vnetsh_libvirt.outage.probe_port import SO_TIMESTAMPNS, Outside, Port, Refused, bytes_of, read

_ARP = 0x0806

ENDING = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
"""Signals at which it ends in order."""


class Target(Port):
    """One NIC of a VM, and the port by which it is probed."""

    def __init__(self, said: Any, interval: float) -> None:
        super().__init__(said)
        self.mac = bytes_of(said["mac"])
        self.address = str(said.get("address") or "")
        self.gaps = Gaps(interval)
        self.why = ""
        self.covered = False  # whether it answered already when the move began
        self.again = True  # whether it has answered since the VM has come to its other host

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
        }


def _heard_at(extra: Sequence[Any]) -> float:
    """When the kernel had a frame, by this process's clock: it may have been read late."""
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= 16:
            seconds, nanoseconds = struct.unpack("=qq", data[:16])
            return float(time.monotonic() - max(0.0, time.time() - seconds - nanoseconds / 1e9))
    return time.monotonic()


def _neighbours() -> dict[bytes, str]:
    """Whom the host knows, by MAC: their IPv4 addresses."""
    found = {}
    for line in read("/proc/net/arp").splitlines()[1:]:
        words = line.split()
        if len(words) > 3 and int(words[2], 16) & 2:  # it is complete
            found[bytes_of(words[3])] = words[0]
    return found


class Prober:
    """All of it. `tell` writes a line of JSON."""

    def __init__(self, said: Any) -> None:
        self._interval = float(said["interval"])
        self._silence = float(said["silence"])
        self.targets = [Target(one, self._interval) for one in said["targets"]]
        self._outside: Outside | None = None

    def tell(self, event: str, target: Target, **more: Any) -> None:
        """Tell of something."""
        self._write({"event": event, "name": target.name, **more})

    def _write(self, what: Any) -> None:
        data = (json.dumps(what) + "\n").encode()
        while data:
            data = data[os.write(1, data) :]

    def run(self) -> None:
        """Make the ports, probe until the input ends, and remove them."""
        known = _neighbours()
        try:
            self._outside = Outside()
        except Refused as error:
            for target in self.targets:
                target.why = str(error)
        try:
            for number, target in enumerate(self.targets):
                target.address = target.address or known.get(target.mac, "")
                self._plug(target, number)
            if self._probe():
                self._write({"event": "end", "targets": {one.name: one.state() for one in self.targets}})
        finally:
            for number in ENDING:  # nothing breaks that off
                signal.signal(number, signal.SIG_IGN)
            for target in self.targets:
                if target.socket and self._outside:
                    target.unplug(self._outside)

    def _plug(self, target: Target, number: int) -> None:
        if self._outside:
            try:
                target.plug(self._outside, number)
            except Refused as error:
                target.why = str(error)
        self.tell("port", target, why=target.why, address=target.address)

    def _probe(self) -> bool:
        """Probe until the input says `end` (then it is asked how it was), or ends."""
        due = heard = time.monotonic()
        text = b""
        while time.monotonic() - heard < self._silence:
            sockets = {one.socket.fileno(): one for one in self.targets if one.socket}
            ready = select.select([0, *sockets], [], [], max(0.0, due - time.monotonic()))[0]
            for one in ready:
                if one == 0:
                    data = os.read(0, 4096)
                    if not data:
                        return False
                    heard = time.monotonic()
                    *lines, text = (text + data).split(b"\n")
                    if b"end" in lines:
                        return True
                    for target in self.targets:
                        if b"moves" in lines:
                            target.covered = bool(target.gaps.answers)
                            target.gaps.restart()
                        if b"moved" in lines:
                            target.again = False
                else:
                    target = sockets[one]
                    for event in target.hear():
                        self.tell(event, target, address=target.address)
            now = time.monotonic()
            if now >= due:
                for target in self.targets:
                    target.probe()
                # One that is late is not made up for by many at once.
                due = due + self._interval if now - due < self._interval else now + self._interval
        return False


def main() -> None:
    """Read what is to be probed, and do it."""
    os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"

    def ended(number: int, frame: object) -> None:
        sys.exit(1)

    for number in ENDING:
        signal.signal(number, ended)
    text = b""
    while not text.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return
        text += byte
    Prober(json.loads(text)).run()
