"""The prober on one host, as seen from here: begun, told, heard, ended."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from vnetsh.errors import VnetshError
from vnetsh.hosts.transport import Transport
from vnetsh.hosts.workers import begin

INTERVAL = 0.005
"""Seconds between two probes."""

SILENCE = 30.0
"""Seconds without a word from here after which a prober ends by itself: the way to it is lost, or we are."""

BEAT = 5.0
"""Seconds between two words to it."""

_BOOT = r"""
import os
def read(left):
    text = b""
    while len(text) < left:
        more = os.read(0, left - len(text))
        if not more:
            raise SystemExit
        text += more
    return text
exec(compile(read(int(read(8))), "vnetsh-probe", "exec"))
"""
_PYTHON = r"""
for python in python3 /usr/libexec/platform-python; do
    command -v "$python" >/dev/null 2>&1 && exec "$python" -I -S -c "$1"
done
echo 'there is no python3' >&2
exit 127
"""
_PLUGGED = r"""
if test -d "/sys/class/net/$2/bridge"; then
    test -e "/sys/class/net/$1/master"
else
    ovs-vsctl --timeout=2 port-to-br "$1" >/dev/null && ovs-appctl --timeout=2 version >/dev/null
fi
"""


@dataclass(frozen=True)
class Target:
    """A NIC to be probed: the name of the port that is made for it, its bridge, access VLAN, MAC and address.

    Without an address the prober looks for one: among whom its host knows, and in what the VM says.
    """

    name: str
    bridge: str
    mac: str
    vlan: int | None = None
    address: str = ""


@cache
def program() -> bytes:
    """What a host's Python is given to run."""
    folder = Path(__file__).parent
    return joined_program([folder / name for name in ("gaps.py", "probe_port.py", "prober.py")])


def begin_python(transport: Transport) -> subprocess.Popen[bytes]:
    """A host's Python that reads a program's length (eight digits) and the program, and runs it; its input goes on."""
    return transport.session(["sh", "-c", _PYTHON, "sh", _BOOT])


def joined_program(parts: Sequence[Path]) -> bytes:
    """The files of a program as one; the last one has its `main`."""
    text = ""
    for part in parts:
        lines = part.read_text().splitlines()
        # One program: the second part has the first one before it.
        but = ("from vnetsh_libvirt", *(("from __future__",) if text else ()))
        text += "\n".join(line for line in lines if not line.startswith(but)) + "\n"
    return (text + "main()\n").encode()


class Probe:
    """A prober on a host. What becomes of it is heard on a thread of its own.

    Nothing of it raises: where it cannot be, or was lost, `why` says so.
    """

    def __init__(self, host: str, transport: Transport, targets: Sequence[Target]) -> None:
        self.host = host
        self.targets = targets
        self._transport = transport
        self.answers: dict[str, str] = {}
        """The ports that have had an answer, with the address that gave it."""
        self.again: set[str] = set()
        """Those that have had one since `moved`."""
        self.refused: dict[str, str] = {}
        """Those that could not be made, with the reason."""
        self.made: dict[str, str] = {}
        """Those that were, with the address that is known by then; else it is empty."""
        self.found: Mapping[str, Mapping[str, Any]] = {}
        """Of each port, what was measured in all; when it was ended."""
        self.why = ""
        self._changed = threading.Condition()
        self._ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._over = begin(f"probe {host}", self._run)

    def _run(self) -> None:
        """See it to its end. What it says last on its error output is why it ended."""
        try:
            process = self._process = begin_python(self._transport)
            said = {
                "interval": INTERVAL,
                "silence": SILENCE,
                "targets": [
                    {"name": t.name, "bridge": t.bridge, "mac": t.mac, "vlan": t.vlan, "address": t.address}
                    for t in self.targets
                ],
            }
            assert process.stdout
            assert process.stderr
            code = program()
            self._say(b"%08d" % len(code) + code + json.dumps(said).encode() + b"\n")
            begin(f"probe {self.host} beats", self._beat)
            for line in process.stdout:
                with suppress(ValueError):
                    self._hear(json.loads(line))
            last = process.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
            process.wait()
        except Exception as error:  # nobody is to fail for want of a measurement
            last = [getattr(error, "message", str(error))]
        with self._changed:
            if not self.found:
                self.why = last[0] if last else "the prober was lost"
            self._changed.notify_all()

    def _beat(self) -> None:
        while not self._ending.wait(BEAT):
            self._say(b"\n")

    def _say(self, text: bytes) -> None:
        process = self._process
        with suppress(OSError, ValueError):  # it has ended, which is heard
            if process and process.stdin:
                process.stdin.write(text)
                process.stdin.flush()

    def _hear(self, told: Mapping[str, Any]) -> None:
        with self._changed:
            name = str(told.get("name"))
            match told["event"]:
                case "port" if told["why"]:
                    self.refused[name] = str(told["why"])
                case "port":
                    self.made[name] = str(told["address"])
                case "answers":
                    self.answers[name] = str(told["address"])
                case "again":
                    self.again.add(name)
                case "end":
                    self.found = told["targets"]
            self._changed.notify_all()

    @property
    def over(self) -> bool:
        """Whether it has ended there."""
        return self._over.done()

    def settled(self, *, seeking: bool) -> bool:
        """Whether there is nothing to wait for: each port answers, or cannot be made, or nothing is known to probe.

        `seeking`: an address may still be seen.
        """
        hopeless = () if seeking else [name for name, address in self.made.items() if not address]
        return bool(self.why) or len({*self.refused, *self.answers, *hopeless}) == len(self.targets)

    def plugged(self, target: Target) -> bool:
        """Whether a port of it is still in its bridge, and that is at work."""
        try:
            return (
                self._transport.ask(["sh", "-c", _PLUGGED, "sh", target.name, target.bridge]).returncode == 0
            )
        except VnetshError:
            return False

    def moves(self) -> None:
        """Have it count from now on: the move begins."""
        self._say(b"moves\n")

    def moved(self) -> None:
        """Have it tell from now on what answers again: the VM is at its other host."""
        with self._changed:
            self.again.clear()
        self._say(b"moved\n")

    def wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait until it is so, which is looked at when something was heard; whether it came to be."""
        with self._changed:
            return self._changed.wait_for(done, seconds)

    def end(self) -> None:
        """Have it tell what it measured, remove its ports, and end; that is waited for in `gone`."""
        self._say(b"end\n")

    def gone(self, seconds: float) -> bool:
        """Wait for its end; whether it has come. Else it is let go of: it ends there by itself."""
        deadline = time.monotonic() + seconds
        self._ending.set()
        with suppress(TimeoutError):
            self._over.result(max(0.0, deadline - time.monotonic()))
        process = self._process
        if self._over.done() or process is None:
            return True
        process.kill()
        return False
