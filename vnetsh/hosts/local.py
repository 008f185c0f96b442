"""This machine as a host."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.errors import HostHung
from vnetsh.hosts.locking_here import hold_here
from vnetsh.hosts.transport import Busy, Completed, Held
from vnetsh.model import Host


def run_here(argv: Sequence[str], input: str, timeout: float, host: str) -> Completed:
    """Run a command on this machine, on a host's behalf. Raises `HostUnreachable` when it takes too long."""
    import subprocess

    try:
        done = subprocess.run(
            argv, input=input, capture_output=True, text=True, timeout=timeout, errors="replace", check=False
        )
    except subprocess.TimeoutExpired:
        raise HostHung(
            f"{host}: `{argv[-1]}` gave no answer in {timeout:g} s", help=f"is {host} overloaded or hung?"
        ) from None
    return Completed(done.returncode, done.stdout, done.stderr)


class LocalTransport:
    """This machine itself."""

    local = True

    def __init__(self, host: Host) -> None:
        self._host = host

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
        """Run a command here."""
        try:
            return run_here(argv, input, timeout, self._host.name)
        except FileNotFoundError as error:
            return Completed(127, "", f"{error.filename}: command not found")

    def ask(self, argv: Sequence[str], *, timeout: float = 10.0) -> Completed:
        """Run a command here."""
        return self.run(argv, timeout=timeout)

    def run_anew(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
        """Run a command here: there is no connection."""
        return self.run(argv, input=input, timeout=timeout)

    def socket(self, path: str) -> str:
        """The socket itself."""
        return path

    def lock(self, who: str, *, overrule: bool = False) -> Held | Busy | None:
        """Take this machine's lock."""
        return hold_here(self._host.name, who, overrule=overrule)

    def close(self) -> None:
        """Nothing is held."""
