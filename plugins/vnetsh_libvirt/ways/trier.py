"""The program that runs on a host while a way is tried, from ports of its own beside a VM's, or from the host itself.

Sent to a host's Python (3.7 or newer) over ssh, and nothing of it is left there. It lives as long as its input: when
that ends, or says nothing for long, its ports go, and it ends.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import time
from collections.abc import Callable
from typing import Any

from vnetsh_libvirt.outage.begun import first_line, unbroken
from vnetsh_libvirt.outage.probe_port import Outside, Port, Refused
from vnetsh_libvirt.ways.senders import Arp, Ping, Sender, Tcp

_READY = """
test -d "/sys/class/net/$2/bridge" || ovs-vsctl --timeout=5 wait-until interface "$1" 'ofport>0'
"""
_LINGER = 1.0  # seconds in which an answer comes, or none does
_PAUSE = 0.2


class _Ended(Exception):
    """Nobody wants to know it any more."""


class Trier:
    """All of it."""

    def __init__(self, said: Any) -> None:
        self._said = said
        self._interval = float(said["interval"])
        self._seconds = float(said["seconds"])
        self._count = int(said["count"])
        self._ports = [Port(one) for one in said["ports"]]
        self._senders: list[Sender] = []
        self._asking: dict[str, list[Arp]] = {}
        self._outside: Outside | None = None
        self._heard = time.monotonic()

    def run(self) -> Any:
        """Make the ports, try until it is decided, remove them; what came of it, None where nobody asks any more."""
        try:
            if self._ports:
                self._outside = Outside()
            for number, port in enumerate(self._ports):
                assert self._outside
                port.plug(self._outside, number)
                self._outside.run(_READY, port.name, port.bridge)
            conflict = self._equip()
            if conflict:
                return {"holds": False, "taken": conflict, "senders": []}
            holds = self._try()
            return {"holds": holds, "senders": [one.state() for one in self._senders]}
        except _Ended:
            return None
        except (Refused, OSError) as error:
            return {"holds": False, "why": str(error), "senders": []}
        finally:
            unbroken()
            for port in self._ports:
                if port.socket and self._outside:
                    port.unplug(self._outside)

    def _equip(self) -> str:
        """Have all senders; whose the address is that a port was to have, where it is somebody's."""
        said = self._said
        for port in self._ports:
            if said["own"]:
                taken = self._whose(port, said["own"].partition("/")[0])
                if taken:
                    return taken
                link = ["ip", "link", "set", port.link, "arp", "on"]
                subprocess.check_call(link)
                _whole_checksums(port.link)
                subprocess.check_call(["ip", "address", "add", said["own"], "dev", port.link])
        for target in said["targets"]:
            if not self._ports:
                self._senders.append(self._by_link(target, ""))
            for one in self._ports:
                if said["tcp"] or said["own"]:
                    self._senders.append(self._by_link(target, one.link))
                else:
                    arp = Arp(one, target)
                    self._asking.setdefault(one.name, []).append(arp)
                    self._senders.append(arp)
        return ""

    def _by_link(self, target: Any, link: str) -> Sender:
        """What sends as the kernel does, by a link or by whichever leads there."""
        if self._said["tcp"]:
            return Tcp(target["address"], self._said["tcp"], link)
        return Ping(target["address"], link)

    def _whose(self, port: Port, address: str) -> str:
        """The MAC that has an address already (RFC 5227), empty where none says so."""
        assert port.socket
        ask = Arp(port, {"address": address})
        found = ""
        until = time.monotonic() + 1.0
        while time.monotonic() < until and not found:
            ask.due(time.monotonic())
            select.select([port.socket.fileno()], [], [], 0.1)
            for frame in _frames(port.socket):
                if frame[28:32] == socket.inet_aton(address):
                    found = ":".join(f"{byte:02x}" for byte in frame[22:28])
        return found

    def _try(self) -> bool:
        """Send until it is decided; whether it is as expected. Raises `_Ended`."""
        began = time.monotonic()
        deadline = began + self._seconds
        if not self._said["reaches"]:
            quiet = min(_LINGER, self._seconds)

            def silent(now: float) -> bool:
                last = max([began, *(one.last for one in self._senders)])
                return now - last >= quiet and all(one.sent for one in self._senders)

            return self._go_on(silent, deadline)
        if not self._go_on(lambda now: any(one.answers for one in self._senders), deadline):
            return False
        if not self._count:
            return True
        one = next(one for one in self._senders if one.answers)
        self._senders = [one]
        while True:
            self._go_on(lambda now: False, time.monotonic() + _PAUSE, sending=False)
            one.restart()
            self._go_on(lambda now: one.sent >= self._count, time.monotonic() + 1000)
            self._go_on(lambda now: one.answers >= one.sent, time.monotonic() + _LINGER, sending=False)
            lost = max(0, one.sent - one.answers)
            if lost * 10000 <= int(self._said["loss"]) * one.sent:
                return True
            if time.monotonic() > deadline:
                return False

    def _go_on(self, done: Callable[[float], bool], deadline: float, *, sending: bool = True) -> bool:
        """Hear, and send, until it is so, or the time is over; whether it came to be. Raises `_Ended`."""
        due = time.monotonic()
        while True:
            now = time.monotonic()
            if done(now):
                return True
            if now >= deadline:
                return False
            if sending and now >= due:
                for sender in self._senders:
                    sender.due(now)
                # One that is late is not made up for by many at once.
                due = due + self._interval if now - due < self._interval else now + self._interval
            self._listen(max(0.0, min(due if sending else deadline, deadline) - time.monotonic()))

    def _listen(self, seconds: float) -> None:
        """Hear what comes in so long. Raises `_Ended`."""
        ports = {port.socket.fileno(): port for port in self._ports if port.socket}
        files = {number: sender for sender in self._senders for number in sender.files()}
        waiting = [number for number, sender in files.items() if isinstance(sender, Tcp)]
        reading = [0, *ports, *(number for number in files if number not in waiting)]
        ready, writable, _ = select.select(reading, waiting, [], seconds)
        for number in [*ready, *writable]:
            if number == 0:
                if not os.read(0, 4096):
                    raise _Ended
                self._heard = time.monotonic()
            elif number in ports:
                port = ports[number]
                for frame in _frames(port.socket):
                    for sender in self._asking.get(port.name, ()):
                        sender.take(frame)
            elif number in files:
                files[number].hear()
        if time.monotonic() - self._heard > float(self._said["silence"]):
            raise _Ended


def _whole_checksums(link: str) -> None:
    """Have the kernel write whole checksums: a switch in user space passes on what a NIC was to fill in."""
    value = ctypes.create_string_buffer(struct.pack("II", 0x17, 0))  # ETHTOOL_STXCSUM
    request = struct.pack("16sP", link.encode(), ctypes.addressof(value))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            fcntl.ioctl(asking, 0x8946, request)  # SIOCETHTOOL
        except OSError:
            return


def _frames(port: socket.socket | None) -> list[bytes]:
    """The ARP frames that have come by a port."""
    found = []
    while port is not None:
        try:
            frame = port.recv(2048)
        except OSError:
            break
        if len(frame) >= 42:
            found.append(frame)
    return found


def main() -> None:
    """Read what is to be tried, and do it."""
    said = first_line()
    found = Trier(said).run() if said is not None else None
    if found is not None:
        os.write(1, (json.dumps(found) + "\n").encode())
