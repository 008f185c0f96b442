"""The program that runs on a host while VMs move: it probes each from a port of its own on each of its bridges.

Sent to a host's Python (3.7 or newer) over ssh, and nothing of it is left there. It lives as long as its input:
when that ends, or says nothing for long, its ports go, and it ends. What it is told, and what it tells, are lines of
JSON.

A probe is an ARP request to the VM's MAC alone, so it floods no network, and finds a switch that sends it astray. Its
sender's address is 0.0.0.0 (RFC 5227), so no cache learns it.
"""

from __future__ import annotations

import json
import os
import queue
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from vnetsh_libvirt.outage.begun import first_line, unbroken
from vnetsh_libvirt.outage.probe_port import Outside, Refused, bytes_of
from vnetsh_libvirt.outage.prober_target import Target

_IDLE = 0.05
"""Seconds between two looks whether there is something to probe by now."""


class Neighbours:
    """Whom the host knows. Its network's table is opened before this process leaves that network."""

    def __init__(self) -> None:
        self._table = -1
        with suppress(OSError):
            self._table = os.open("/proc/net/arp", os.O_RDONLY)

    def known(self) -> dict[bytes, str]:
        """Their IPv4 addresses, by MAC."""
        found = {}
        for line in self._read().splitlines()[1:]:
            words = line.split()
            if len(words) > 3 and int(words[2], 16) & 2:  # it is complete
                found[bytes_of(words[3])] = words[0]
        return found

    def _read(self) -> str:
        data = b""
        if self._table >= 0:
            os.lseek(self._table, 0, os.SEEK_SET)
            more = os.read(self._table, 65536)
            while more:
                data += more
                more = os.read(self._table, 65536)
        return data.decode(errors="replace")


class Porter:
    """Makes and removes ports on a thread of its own, one after the other: what probes waits for none of that."""

    def __init__(self) -> None:
        self._work: queue.Queue[Callable[[], object] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def do(self, work: Callable[[], object]) -> None:
        """Have something done when all that was asked for before is."""
        self._work.put(work)

    def end(self) -> None:
        """Wait until all is done."""
        self._work.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            work = self._work.get()
            if work is None:
                return
            work()


class Prober:
    """All of it."""

    def __init__(self, said: Any) -> None:
        self._silence = float(said["silence"])
        self.targets: dict[str, Target] = {}
        self._neighbours = Neighbours()
        self._outside: Outside | None = None
        self._why = ""
        self._peers = 0
        self._writing = threading.Lock()
        try:
            self._outside = Outside()
        except Refused as error:
            self._why = str(error)
        self._porter = Porter()

    def tell(self, event: str, **more: Any) -> None:
        """Tell of something."""
        data = (json.dumps({"event": event, **more}) + "\n").encode()
        with self._writing:
            while data:
                data = data[os.write(1, data) :]

    def run(self) -> None:
        """Do what is told until the input ends, and remove all ports."""
        try:
            self._probe()
        finally:
            unbroken()
            self._porter.end()
            for target in self.targets.values():
                self._unplug(target)

    def _do(self, said: Any) -> None:
        """What a line tells: `do` is the name of it, `names` are the ports that it is about."""
        do = said["do"]
        if do == "plug":
            for one in said["targets"]:
                target = self.targets[str(one["name"])] = Target(one)
                self._porter.do(lambda target=target: self._plug(target))  # type: ignore[misc]
        elif do == "clock":
            self.tell("clock", name="", number=said["number"], at=time.time())
        for target in [self.targets[name] for name in said.get("names", ()) if name in self.targets]:
            if do == "moves":
                target.covered = bool(target.gaps.answers)
                target.gaps.restart()
            elif do == "moved":
                target.again = False
            elif do == "pace":
                target.pace(float(said["interval"]))
            elif do == "unplug":
                target.quiet()
                self.tell("end", name=target.name, state=target.state())
                self._porter.do(lambda target=target: self._unplug(target))  # type: ignore[misc]

    def _plug(self, target: Target) -> None:
        target.address = target.address or self._neighbours.known().get(target.mac, "")
        target.why = self._why
        if self._outside:
            self._peers += 1
            try:
                target.plug(self._outside, self._peers)
            except Refused as error:
                target.why = str(error)
        self.tell("port", name=target.name, why=target.why, address=target.address)

    def _unplug(self, target: Target) -> None:
        if self._outside:
            try:
                target.unplug(self._outside)
            except Refused:  # its switch does not run: the kernel removes the device with this process
                target.plugged = False

    def _probe(self) -> None:
        """Probe until the input says `end`, or ends."""
        heard = time.monotonic()
        text = b""
        while time.monotonic() - heard < self._silence:
            probed = [one for one in self.targets.values() if one.socket]
            sockets = {one.socket.fileno(): one for one in probed if one.socket}
            due = min((one.due for one in probed), default=time.monotonic() + _IDLE)
            try:
                ready = select.select([0, *sockets], [], [], max(0.0, due - time.monotonic()))[0]
            except (OSError, ValueError):  # a port was closed just now
                continue
            for one in ready:
                if one != 0:
                    target = sockets[one]
                    for event in target.hear():
                        self.tell(event, name=target.name, address=target.address)
            if 0 in ready:
                data = os.read(0, 65536)
                if not data:
                    return
                heard = time.monotonic()
                *lines, text = (text + data).split(b"\n")
                for said in [json.loads(line) for line in lines if line]:
                    if said["do"] == "end":
                        return
                    self._do(said)
            now = time.monotonic()
            for target in probed:
                if now >= target.due:
                    target.probe()
                    # One that is late is not made up for by many at once.
                    late, interval = now - target.due, target.gaps.interval
                    target.due = target.due + interval if late < interval else now + interval


def main() -> None:
    """Read how it is to be done, and do it."""
    told = first_line()
    if told is not None:
        Prober(told).run()
