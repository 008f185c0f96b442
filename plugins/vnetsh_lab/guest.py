"""The serial console of a guest: commands and their output, wherever the vm is just running."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import secrets
import select
import shlex
import subprocess
import time
from types import TracebackType
from typing import Self

from vnetsh.errors import BackendRefused
from vnetsh_lab.lab import Lab
from vnetsh_lab.ping import PingReport, report, start_command, stop_command
from vnetsh_lab.status import host_running

_SILENCE = 15.0
"""Seconds without an answer after which the console is taken anew."""


class ConsoleLost(BackendRefused):
    """The console ended: the vm was stopped, or moved to another host."""


class CommandFailed(BackendRefused):
    """A command in the guest ended with another code than 0."""


class GuestConsole:
    """A vm's serial console whose guest gives a root shell without login, as tiny.qcow2 does.

    It goes by `virsh console` on a terminal of its own in the vm's host, and attaches again by itself when
    the vm was moved meanwhile. Whoever held the console before loses it.
    """

    def __init__(self, lab: Lab, vm: str, *, boot_timeout: float = 120.0) -> None:
        self._lab = lab
        self._vm = vm
        self._boot_timeout = boot_timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._terminal = -1
        self._interval = 0.1

    def __enter__(self) -> Self:
        try:
            self._attach()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, command: str, timeout: float = 20.0, *, check: bool = True) -> str:
        """Run one line in a shell of its own in the guest and give its output (both streams); `timeout` in seconds.

        Raises `CommandFailed` for another exit code than 0 unless `check` is off, `ConsoleLost`, and
        `BackendRefused` when it takes longer.
        """
        if not command.isprintable():
            raise ValueError("one line of printable characters")
        if self._ended():
            self._attach()
        token = secrets.token_hex(6)
        # The quotes keep the terminal's echo of this line from looking like the marks that it prints.
        line = f"sh -c {shlex.quote(command)} </dev/null 2>&1"
        self._send(f'echo "@""b{token}"; {line}; echo "@""e{token}:$?"\n')
        found = self._read_until(rf"@b{token}\r*\n(.*?)@e{token}:([0-9]+)", timeout, f"`{command}`")
        output = found[1].replace("\r", "")
        if check and found[2] != "0":
            raise CommandFailed(f"{self._vm}: `{command}` ended with {found[2]}: {output.strip()}")
        return output

    def start_ping(self, target: str, interval: float = 0.1) -> None:
        """Start a ping in the background of the guest, every `interval` seconds."""
        self._interval = interval
        self.run(start_command(target, interval))

    def stop_ping(self) -> PingReport:
        """End the ping that `start_ping` of this console started, and say what came of it."""
        return report(self.run(stop_command(), timeout=60), self._interval)

    def close(self) -> None:
        """Leave the console; the guest's shell goes on."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._terminal >= 0:
            os.close(self._terminal)
            self._terminal = -1

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _attach(self) -> None:
        """Take the console in the host where the vm runs, and wait until the guest's shell answers."""
        self._open()
        deadline = time.monotonic() + self._boot_timeout
        patience = time.monotonic() + _SILENCE
        while True:
            token = secrets.token_hex(6)
            # No quotes: while a guest boots it loses characters, and half of a pair swallows all that follows.
            self._send(f"\necho @\\s{token}\n")
            try:
                self._read_until(f"@s{token}", 1, "the shell")
                return
            except ConsoleLost:
                raise
            except BackendRefused:  # still booting
                if time.monotonic() > deadline:
                    raise
            if time.monotonic() > patience:  # it may be the way to the guest that hangs, not the guest
                self._open()
                patience = time.monotonic() + _SILENCE

    def _open(self) -> None:
        self.close()
        host = host_running(self._lab, self._vm)
        argv, environment = self._lab.command(
            host, ["virsh", "--connect", "qemu:///system", "console", "--force", self._vm], processes=False
        )
        self._terminal, other = pty.openpty()
        try:
            self._process = subprocess.Popen(
                argv, env=environment, stdin=other, stdout=other, stderr=other, start_new_session=True
            )
        finally:
            os.close(other)
        self._read_until(r"Escape character is.*\n", 10, "virsh console")

    def _send(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._terminal, data) :]

    def _read_until(self, pattern: str, timeout: float, what: str) -> re.Match[str]:
        deadline = time.monotonic() + timeout
        text = ""
        while True:
            found = re.search(pattern, text, re.DOTALL)
            if found:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise BackendRefused(f"{self._vm}: {what} gave no answer in {timeout:g} s: …{text[-200:]!r}")
            if select.select([self._terminal], [], [], left)[0]:
                data = b""
                with contextlib.suppress(OSError):  # EIO: the other end is gone
                    data = os.read(self._terminal, 65536)
                if not data:
                    raise ConsoleLost(f"{self._vm}: its console ended: …{text[-200:]!r}")
                text += data.decode(errors="replace")
