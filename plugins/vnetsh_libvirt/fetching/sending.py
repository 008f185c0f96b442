"""An image on its way from one host to another, through here: what the one sends is what the other writes."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vnetsh.errors import BackendRefused, HostUnreachable, VnetshError
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.outage.prober_session import begin_python, joined_program

PIECE = 1 << 20

PROGRAM = [Path(__file__).with_name("program_sending.py")]
"""What the host runs that has it."""

LOST = 255
"""What ssh ends with when its way is lost."""

ENDS = 5.0
"""Seconds that the end of a program may take to go."""


class Sender:
    """Sends a host's file to whoever wants it. What goes wrong is told by `why`."""

    def __init__(self, host: LibvirtHost, path: str) -> None:
        self._host, self._path = host, path
        self._process: subprocess.Popen[bytes] | None = None
        self._relay: threading.Thread | None = None
        self._why: VnetshError | None = None

    def begin(self, to: int, broken: Callable[[], None]) -> None:
        """Have it come to a file descriptor; `broken` is called when it breaks off. Raises `HostUnreachable`."""
        process = self._process = begin_python(self._host.transport)
        code = joined_program(PROGRAM)
        assert process.stdin
        with suppress(OSError):  # it has ended: that is heard
            process.stdin.write(b"%08d%s%s\n" % (len(code), code, json.dumps({"path": self._path}).encode()))
            process.stdin.flush()
        self._relay = threading.Thread(
            target=self._pass_on, args=(process, to, broken), name=f"send {self._host.name}", daemon=True
        )
        self._relay.start()

    def why(self) -> VnetshError | None:
        """Why it broke off; None where it did not."""
        return self._why

    def end(self) -> bool:
        """Let go of the host; whether something was still on its way. Never raises."""
        process, relay = self._process, self._relay
        if process is None or relay is None:
            return False
        going = relay.is_alive()
        with suppress(OSError):
            if process.stdin:
                process.stdin.close()
        try:
            process.wait(ENDS if not going else 0.5)
        except subprocess.TimeoutExpired:
            process.kill()
        return going

    def _pass_on(self, process: subprocess.Popen[bytes], to: int, broken: Callable[[], None]) -> None:
        assert process.stdout
        source = process.stdout.fileno()
        try:
            while data := os.read(source, PIECE):
                view = memoryview(data)
                while view:
                    view = view[os.write(to, view) :]
        except OSError:  # nobody takes it any more: why, that one says
            return
        code = process.wait()
        if code:
            assert process.stderr
            said = process.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
            self._why = self._problem(code, said[0] if said else f"it ended with {code}")
            broken()

    def _problem(self, code: int, said: str) -> VnetshError:
        name = self._host.name
        if code == LOST:
            return HostUnreachable(f"{name}: the way to it was lost while it sent an image")
        help = "`apt-get install python3-minimal` there" if code == 127 else ""
        return BackendRefused(f"{name}: it cannot send an image: {said}", help=help)
