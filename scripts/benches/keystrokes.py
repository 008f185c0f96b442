"""Typing in the shell: how soon the first prompt is there, and how long each key takes, on a large fleet."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path

from contest import Contestant, compare

_HOSTS, _BRIDGES = 200, 51
_BARE = "from prompt_toolkit import PromptSession; PromptSession('vnetsh> ').prompt()"
# The shell, of whose hosts the last one takes a connection and never answers.
_SHELL = """
import sys, threading
from vnetsh_demo.backend import DemoBackend
connect = DemoBackend.connect
def hanging(self, place, context):
    if place.name == "kvm200": threading.Event().wait()
    return connect(self, place, context)
DemoBackend.connect = hanging
from vnetsh.cli import main
sys.exit(main(["--demo=200", "--yes"]))
"""
_LINES = (
    "delete bridge b17 on kvm42",
    "vm web1 on kvm7 memory 512M port b3 vlan 10 name web1_p1",
    "tunnel t1 kvm101<->kvm102 on b5 type vxlan key 77",
    "show bridges b1, b2 on kvm9, kvm10",
    "migrate nobody to kvm150 outage 2s",
    "port p1 on kvm33 bridge b44 vlan 20",
)


class _Typist:
    """Types into a program on a terminal of its own."""

    def __init__(self, argv: Sequence[str]) -> None:
        self.began = time.perf_counter()
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.execv(argv[0], list(argv))
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def read(self, seconds: float) -> bytes:
        """What the program writes next; a question where the cursor is gets its answer."""
        if not select.select([self._master], [], [], seconds)[0]:
            return b""
        found = os.read(self._master, 65536)
        for _ in range(found.count(b"\x1b[6n")):
            os.write(self._master, b"\x1b[1;1R")
        return found

    def until(self, text: bytes, seconds: float = 120) -> None:
        """Wait until the program has written a text."""
        seen, deadline = b"", time.perf_counter() + seconds
        while text not in seen:
            assert time.perf_counter() < deadline, seen[-2000:]
            seen += self.read(0.2)

    def quiet(self, seconds: float) -> None:
        """Wait until nothing has been written for so long, but what is written every second."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            self.read(0.05)

    def key(self, key: str) -> float:
        """Seconds from a key until something was written."""
        while self.read(0):
            pass
        start = time.perf_counter()
        os.write(self._master, key.encode())
        self.read(5)
        return time.perf_counter() - start

    def type(self, text: str) -> None:
        """Type a line without measuring it."""
        os.write(self._master, text.encode())

    def memory(self) -> int:
        """MiB that the program holds."""
        status = Path(f"/proc/{self._pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) // 1024

    def end(self) -> None:
        """End it."""
        os.kill(self._pid, 9)
        os.waitpid(self._pid, 0)
        os.close(self._master)


def _prompt(argv: Sequence[str]) -> Contestant:
    def once() -> float:
        typist = _Typist(argv)
        typist.until(b"vnetsh>")
        found = time.perf_counter() - typist.began
        typist.end()
        return found

    once()
    return once


def keystrokes() -> None:
    """The first prompt beside a bare one; then each key on a fleet of 200 hosts, one of which hangs."""
    python = sys.executable
    vnetsh = str(Path(python).with_name("vnetsh"))
    compare(
        "the first prompt; goal: × 1.5",
        {
            "a bare prompt of prompt-toolkit": _prompt([python, "-c", _BARE]),
            "vnetsh --demo": _prompt([vnetsh, "--demo"]),
        },
        rounds=15,
    )
    with tempfile.TemporaryDirectory() as own:
        os.environ["XDG_STATE_HOME"] = own
        bare, shell = _Typist([python, "-c", _BARE]), _Typist([python, "-c", _SHELL])
        bare.until(b"vnetsh>")
        shell.until(b"vnetsh>")
        shell.quiet(2)
        shell.type(f"for i in 1..{_BRIDGES} {{ bridge b$i on kvm[1-{_HOSTS - 1}] }}\r")
        shell.until(b"verified")
        shell.quiet(5)
        print(
            f"\nkeys on {_HOSTS} hosts, one of which hangs, with {_BRIDGES * (_HOSTS - 1)} bridges; goal: 16 ms at p99"
        )
        for name, typist in (("a bare prompt", bare), ("vnetsh", shell)):
            times = []
            for _ in range(5):
                for line in _LINES:
                    for key in line:
                        times.append(typist.key(key))
                        time.sleep(0.02)
                    times.append(typist.key("\x15"))
                    time.sleep(0.02)
            cuts = statistics.quantiles(times, n=100)
            told = ", ".join(f"p{n} {cuts[n - 1] * 1000:.1f}" for n in (50, 95, 99))
            print(
                f"  {name:<16} {len(times)} keys: {told}, longest {max(times) * 1000:.1f} ms; {typist.memory()} MiB"
            )
            typist.end()
