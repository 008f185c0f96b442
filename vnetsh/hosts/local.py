"""This machine as a host."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from vnetsh.hosts.locking_here import hold_here
from vnetsh.hosts.transport import Busy, Completed, Held
from vnetsh.model import Host

if TYPE_CHECKING:
    from subprocess import Popen


def session_here(argv: Sequence[str]) -> Popen[bytes]:
    """A command on this machine that goes on beside others."""
    import subprocess

    return subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us
    )


def run_here(argv: Sequence[str], input: str, timeout: float, host: str) -> Completed:
    """Run a command on this machine, on a host's behalf.

    Raises `HostUnreachable` when it takes too long, or says more than anybody can take in.
    """
    import subprocess

    from vnetsh.hosts.talking import talk

    with subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us: what is under way there ends in order
    ) as process:
        try:
            said = talk(process, input.encode(errors="replace"), timeout, host, argv[-1])
        finally:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    out, err = (text.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n") for text in said)
    return Completed(process.returncode, out, err)


class LocalTransport:
    """This machine itself."""

    local = True

    def __init__(self, host: Host, timeout: float = 10.0) -> None:
        self._host = host
        self._timeout = timeout

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float | None = None) -> Completed:
        """Run a command here."""
        try:
            return run_here(argv, input, timeout or self._timeout, self._host.name)
        except FileNotFoundError as error:
            return Completed(127, "", f"{error.filename}: command not found")

    def ask(self, argv: Sequence[str], *, timeout: float | None = None) -> Completed:
        """Run a command here."""
        return self.run(argv, timeout=timeout)

    def run_anew(self, argv: Sequence[str], *, input: str = "", timeout: float | None = None) -> Completed:
        """Run a command here: there is no connection."""
        return self.run(argv, input=input, timeout=timeout)

    def session(self, argv: Sequence[str]) -> Popen[bytes]:
        """Begin a command here."""
        return session_here(argv)

    def session_anew(self, argv: Sequence[str]) -> Popen[bytes]:
        """Begin a command here: there is no connection."""
        return session_here(argv)

    def socket(self, path: str) -> str:
        """The socket itself."""
        return path

    def lock(self, who: str, *, overrule: bool = False) -> Held | Busy | None:
        """Take this machine's lock."""
        return hold_here(self._host.name, who, overrule=overrule)

    def whole(self) -> bool:
        """Always."""
        return True

    def broken(self) -> str:
        """There is no way that could break."""
        return ""

    def renew(self) -> None:
        """There is only this one."""

    def close(self) -> None:
        """Nothing is held."""
