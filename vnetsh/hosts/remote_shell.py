"""One shell on a host that runs one command after the other: from the second on they cost no login."""

from __future__ import annotations

import os
import select
import shlex
import subprocess
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh.hosts import talking
from vnetsh.hosts.transport import Completed


class RemoteShell:
    """A `sh` behind a command that starts one. Safe for several threads: they wait for each other.

    Where the shell is gone or gave no answer, the next command has a new one; who was waiting meanwhile shares
    what came of it: a host that hangs is waited for once.
    """

    def __init__(self, argv: Sequence[str], host: str) -> None:
        self._argv = argv
        self._host = host
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._hung: tuple[float, HostHung] | None = None  # when that was seen, on the monotonic clock

    def run(self, argv: Sequence[str], timeout: float) -> Completed:
        """Run a command that reads nothing. Raises `HostHung`; `HostUnreachable` when the shell cannot be had."""
        asked = time.monotonic()
        with self._lock:
            if self._hung and asked < self._hung[0]:
                raise HostHung(self._hung[1].message, help=self._hung[1].help)
            if self._process is None or self._process.poll() is not None:
                self._start()
            try:
                return self._run(argv, timeout)
            except HostUnreachable as error:
                self._end(kill=True)
                if isinstance(error, HostHung):
                    self._hung = time.monotonic(), error
                raise

    def close(self) -> None:
        """End the shell; never raises."""
        with self._lock:
            self._end()

    def _start(self) -> None:
        self._end()
        self._process = subprocess.Popen(
            self._argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us
        )

    def _run(self, argv: Sequence[str], timeout: float) -> Completed:
        assert self._process
        assert self._process.stdin
        mark = uuid.uuid4().hex
        line = f"{shlex.join(argv)} </dev/null; printf '%s %d\\n' {mark} $?; printf '%s\\n' {mark} >&2\n"
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except OSError:
            raise self._lost(b"") from None
        said = self._read(mark.encode(), argv[0], timeout)
        out, _, code = said[0].rpartition(mark.encode())
        err = said[1].rpartition(mark.encode())[0]
        return Completed(int(code), out.decode(errors="replace"), err.decode(errors="replace"))

    def _read(self, mark: bytes, command: str, timeout: float) -> list[bytes]:
        """What comes on both ways until the mark has come on each."""
        assert self._process
        assert self._process.stdout
        assert self._process.stderr
        deadline = time.monotonic() + timeout
        ways = [self._process.stdout.fileno(), self._process.stderr.fileno()]
        said = {way: bytearray() for way in ways}
        waiting = set(ways)
        while waiting:
            ready, _, _ = select.select(list(waiting), [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise talking.hangs(self._host, command, timeout)
            for way in ready:
                data = os.read(way, 1 << 16)
                if not data:
                    raise self._lost(bytes(said[ways[1]]))
                said[way] += data
                if len(said[way]) > talking.MOST:
                    raise talking.endless(self._host, command)
                if mark in said[way][-len(mark) - 8 :] and said[way].endswith(b"\n"):
                    waiting.discard(way)
        return [bytes(said[way]) for way in ways]

    def _lost(self, said: bytes) -> HostUnreachable:
        lines = said.decode(errors="replace").split("\n")
        words = next(
            (line.strip() for line in reversed(lines) if line.strip()), "the ssh connection was lost"
        )
        return HostUnreachable(f"{self._host}: {words}")

    def _end(self, *, kill: bool = False) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                with suppress(OSError):  # what was still to be written, to a shell that is gone
                    pipe.close()
        try:
            process.wait(1.0)
        except subprocess.TimeoutExpired:  # a host that hangs
            process.kill()
            process.wait()
