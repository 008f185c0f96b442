"""The way to a host: commands, unix sockets and its lock, here or over ssh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from subprocess import Popen


@dataclass(frozen=True)
class Completed:
    """What a command on a host left behind."""

    returncode: int
    stdout: str
    stderr: str


Ask = Callable[[Sequence[str]], Completed]
"""Runs a short command that only looks, or changes what is at hand: `Transport.ask` with a timeout of its own."""


@dataclass(frozen=True)
class Busy:
    """Somebody else holds a host's lock. `foreign`: a process of an ordinary user's, whom we as root may overrule."""

    who: str
    foreign: bool = False


class Keeping(Protocol):
    """Writes the records of runs on a host, as long as its lock is held; see `vnetsh.hosts.keeping_there.Scribe`."""

    names: Sequence[str]

    def add(self, run: int, data: bytes, *, sync: bool, timeout: float) -> None:
        """Begin to add to the record of a run; `sync`: it is to be on the disk."""

    def end(self, run: int, *, long: bool, timeout: float) -> None:
        """A run has ended."""

    def tell(self, run: int, line: bytes, *, ends: bool, others: bool, timeout: float) -> None:
        """Add to a run's record where there is one. `ends`: it is over by that; `others`: its maker is to find it."""

    def wait(self, timeout: float) -> str:
        """Wait for what was begun; why it was not done, empty where it was."""


class Held:
    """A host's lock, held until `release` or this process's end, however that comes.

    `lost`: whether it ended before, with the connection by which it was held. `scribe` writes records there meanwhile;
    None where nothing is kept.
    """

    def __init__(
        self,
        release: Callable[[], object],
        lost: Callable[[], bool] = lambda: False,
        scribe: Keeping | None = None,
    ) -> None:
        self.release = release
        self.lost = lost
        self.scribe = scribe


class Transport(Protocol):
    """Runs commands on a host and reaches its unix sockets."""

    @property
    def local(self) -> bool:
        """Whether the host is this very machine."""

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float | None = None) -> Completed:
        """Run a command (a vector, never a shell's text); a timeout in seconds, else the transport's own.

        Raises `HostUnreachable` when the host does not answer in time, or without an end.
        """

    def ask(self, argv: Sequence[str], *, timeout: float | None = None) -> Completed:
        """As `run`, of a short command that only looks; what it asks for several times costs one login.

        One after the other on each host: whoever takes long holds up the others.
        """

    def run_anew(self, argv: Sequence[str], *, input: str = "", timeout: float | None = None) -> Completed:
        """As `run`, over a connection that is made for it, never one that is open already.

        Its success proves that the host can still be reached, after a change of its own links.
        """

    def session(self, argv: Sequence[str]) -> Popen[bytes]:
        """A command that goes on beside others, with pipes to its standard input, output and error output.

        Its input ends when this process does, however that comes: whatever it is to leave behind, or to remove, it does
        then. Raises `HostUnreachable` when there is no way to the host.
        """

    def session_anew(self, argv: Sequence[str]) -> Popen[bytes]:
        """As `session`, over a connection that is made for it, as of `run_anew`."""

    def socket(self, path: str) -> str:
        """A local path that leads to the host's unix socket `path`. Raises `HostUnreachable`."""

    def lock(self, who: str, *, overrule: bool = False) -> Held | Busy | None:
        """Take the host's lock, at once or not at all; None on a host that has no locks.

        `who` is told to those who wait; `overrule` takes it from a holder who is `foreign`.
        Raises `HostUnreachable`, `VnetshError` when it cannot be taken for another reason.
        """

    def whole(self) -> bool:
        """Whether the way that was used last is still there, as far as this machine can tell at once."""

    def broken(self) -> str:
        """What has become of the way, where it was lost since it was used last; empty while it is whole.

        For words about what came by it: asks nobody but this machine.
        """

    def renew(self) -> None:
        """Take a new way when it is needed next: the host gave no answer by this one. Never raises."""

    def close(self) -> None:
        """Let go of the connection; never raises."""
