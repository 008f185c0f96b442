"""The prober on one host, as seen from here: begun, told, heard, ended. The moves of a run share it."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from vnetsh.hosts.python import python
from vnetsh.hosts.transport import Transport
from vnetsh.hosts.workers import begin

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


@cache
def program() -> bytes:
    """What a host's Python is given to run."""
    folder = Path(__file__).parent
    parts = ("begun.py", "gaps.py", "probe_port.py", "prober_target.py", "prober.py")
    return joined_program([folder / name for name in parts])


def begin_python(transport: Transport) -> subprocess.Popen[bytes]:
    """A host's Python that reads a program's length (eight digits) and the program, and runs it; its input goes on."""
    return transport.session(python(_BOOT))


_OWN = re.compile(r"^from vnetsh_libvirt[^\n(]*(\([^)]*\))?\n", re.MULTILINE)
"""Imports of one part by another."""


def joined_program(parts: Sequence[Path]) -> bytes:
    """The files of a program as one; the last one has its `main`."""
    text = ""
    for part in parts:
        own = _OWN.sub("", part.read_text())  # one program: each part has those before it
        text += own.replace("from __future__ import annotations\n", "") if text else own
    return (text + "main()\n").encode()


Hear = Callable[[Mapping[str, Any]], None]
"""Told what a prober says of a port."""


class ProberSession:
    """A prober on a host. What becomes of it is heard on a thread of its own.

    Nothing of it raises: where it cannot be, or was lost, `why` says so. `changed` is notified of all that is heard.
    """

    def __init__(self, host: str, transport: Transport) -> None:
        self.host = host
        self.transport = transport
        self.why = ""
        self.changed = threading.Condition()
        self.users = 0
        self._hear: dict[str, Hear] = {}
        self._early: list[bytes] = []
        self._asked: dict[int, float] = {}
        self._clock: tuple[float, float] | None = None  # how long the answer took, and what it is ahead
        self._ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._over = begin(f"probe {host}", self._run)

    def _run(self) -> None:
        """See it to its end. What it says last on its error output is why it ended."""
        try:
            process = begin_python(self.transport)
            said = {"silence": SILENCE}
            assert process.stdout
            assert process.stderr
            code = program()
            with self.changed:  # nobody's word comes before these
                self._process = process
                early = (b"%08d" % len(code), code, json.dumps(said).encode(), b"\n", *self._early)
                self._say(b"".join(early))
            begin(f"probe {self.host} beats", self._beat)
            for line in process.stdout:
                with suppress(ValueError):
                    self._told(json.loads(line))
            last = process.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
            process.wait()
        except Exception as error:  # nobody is to fail for want of a measurement
            last = [getattr(error, "message", str(error))]
        with self.changed:
            self.why = last[0] if last else "the prober was lost"
            self.changed.notify_all()

    def _beat(self) -> None:
        while not self._ending.wait(BEAT):
            self._say(b"\n")

    def say(self, **what: Any) -> None:
        """Tell it something; what is said before it runs waits."""
        text = json.dumps(what).encode() + b"\n"
        with self.changed:
            if self._process is None:
                self._early.append(text)
                return
        self._say(text)

    def _say(self, text: bytes) -> None:
        process = self._process
        with suppress(OSError, ValueError):  # it has ended, which is heard
            if process and process.stdin:
                process.stdin.write(text)
                process.stdin.flush()

    def _told(self, told: Mapping[str, Any]) -> None:
        with self.changed:
            if told["event"] == "clock":
                self._compare(told)
            elif hear := self._hear.get(str(told["name"])):
                hear(told)
            self.changed.notify_all()

    def listen(self, name: str, hear: Hear) -> None:
        """Have what is told of a port given to someone, under `changed`."""
        with self.changed:
            self._hear[name] = hear

    def compare_clocks(self) -> None:
        """Ask what time it is there; of several answers the one that took least counts."""
        with self.changed:
            number = len(self._asked)
            self._asked[number] = time.time()
        self.say(do="clock", number=number)

    def _compare(self, told: Mapping[str, Any]) -> None:
        asked, now = self._asked[int(told["number"])], time.time()
        ahead = float(told["at"]) - (asked + now) / 2
        if self._clock is None or now - asked < self._clock[0]:
            self._clock = now - asked, ahead

    @property
    def ahead(self) -> float:
        """Seconds that its host's clock is ahead of ours: none, where the answer took too long to tell that it is."""
        took, ahead = self._clock or (0.0, 0.0)
        return ahead if abs(ahead) > took / 2 else 0.0

    @property
    def over(self) -> bool:
        """Whether it has ended there."""
        return self._over.done()

    def end(self) -> None:
        """Have it remove its ports, and end; that is waited for in `gone`."""
        self._ending.set()
        self.say(do="end")

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
