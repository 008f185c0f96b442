"""The way to a host: commands and unix sockets, here or over ssh."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh.model import Host


@dataclass(frozen=True)
class Completed:
    """What a command on a host left behind."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Busy:
    """Somebody else holds a host's lock."""

    who: str


class Held:
    """A host's lock, held until `release` or this process's end, however that comes."""

    def __init__(self, release: Callable[[], object]) -> None:
        self.release = release


class Transport(Protocol):
    """Runs commands on a host and reaches its unix sockets."""

    @property
    def local(self) -> bool:
        """Whether the host is this very machine."""

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
        """Run a command (a vector, never a shell's text); a timeout in seconds.

        Raises `HostUnreachable` when the host does not answer in time.
        """

    def ask(self, argv: Sequence[str], *, timeout: float = 10.0) -> Completed:
        """As `run`, of a short command that only looks; what it asks for several times costs one login.

        One after the other on each host: whoever takes long holds up the others.
        """

    def run_anew(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
        """As `run`, over a connection that is made for it, never one that is open already.

        Its success proves that the host can still be reached, after a change of its own links.
        """

    def socket(self, path: str) -> str:
        """A local path that leads to the host's unix socket `path`. Raises `HostUnreachable`."""

    def lock(self, who: str) -> Held | Busy | None:
        """Take the host's lock, at once or not at all; None on a host that has no locks.

        `who` is told to those who wait. Raises `HostUnreachable`.
        """

    def close(self) -> None:
        """Let go of the connection; never raises."""


# Its standard output tells what came of it; then the lock is held as long as somebody has its standard input.
LOCK = """
file=/run/lock/vnetsh; test -w /run/lock || file=/tmp/vnetsh.lock
test -e "$file" || (umask 0; : >"$file")
command -v flock >/dev/null || { echo none; exit; }
exec 9<"$file"
if flock -n 9; then
    printf '%s\\n' "$1" | dd of="$file" conv=notrunc,nocreat 2>/dev/null
    echo held; exec cat >/dev/null
fi
printf 'busy '; head -n 1 "$file"
"""


def hold_here(host: str, who: str) -> Held | Busy:
    """What `LOCK` does, in this process. Raises `HostUnreachable` when the file cannot be had."""
    import fcntl

    path = Path("/run/lock/vnetsh" if os.access("/run/lock", os.W_OK) else "/tmp/vnetsh.lock")
    try:
        with suppress(FileExistsError):
            path.touch(exist_ok=False)
            path.chmod(0o666)  # for all users, whatever this one's umask says
        file = path.open(encoding="utf-8", errors="replace")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with file:
            return _busy(file.readline())
    except OSError as error:
        raise _no_lock(host) from error
    with suppress(OSError), path.open("r+", encoding="utf-8") as told:
        told.write(f"{who}\n")  # where it is another user's file, it is locked all the same
    return Held(file.close)


def _busy(line: str) -> Busy:
    return Busy(line.strip() or "another vnetsh")


def _no_lock(host: str) -> HostUnreachable:
    return HostUnreachable(f"{host}: its lock cannot be taken", help=f"is /run/lock there on {host}?")


_LEAVE = 1.0  # seconds that a host may take to end a session in which it has nothing to do any more


def hold(argv: Sequence[str], host: str, timeout: float = 10.0) -> Held | Busy | None:
    """Run `LOCK` by a command, and keep it. Raises `HostUnreachable` when it says nothing in time."""
    import select
    import subprocess

    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C is for us: what is under way ends in order, locked
    )
    assert process.stdin
    assert process.stdout

    def release() -> None:
        process.stdin.close()  # type: ignore[union-attr]
        process.stdout.close()  # type: ignore[union-attr]
        try:
            process.wait(_LEAVE)
        except subprocess.TimeoutExpired:  # a host that hangs: its lock ends there with the session
            process.kill()
            process.wait()

    ready, _, _ = select.select([process.stdout], [], [], timeout)
    said = process.stdout.readline().strip() if ready else ""
    if said == "held":
        return Held(release)
    if not ready:
        process.kill()
    release()
    if said.startswith("busy"):
        return _busy(said.partition(" ")[2])
    if said == "none":
        return None
    if not ready:
        raise HostHung(f"{host}: gave no answer in {timeout:g} s", help=f"is {host} overloaded or hung?")
    raise HostUnreachable(f"{host}: its lock cannot be taken", help=f"is /run/lock there on {host}?")


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

    def lock(self, who: str) -> Held | Busy | None:
        """Take this machine's lock."""
        return hold_here(self._host.name, who)

    def close(self) -> None:
        """Nothing is held."""


def transport_to(host: Host, *, connect_timeout: float = 10.0) -> Transport:
    """The transport that a host's sentence asks for."""
    if host.flag("local"):
        return LocalTransport(host)
    from vnetsh.hosts.ssh import SshTransport

    return SshTransport(host, connect_timeout=connect_timeout)


def exists(transport: Transport, path: str) -> bool:
    """Whether a path exists on the host."""
    if transport.local:
        return Path(path).exists()
    return transport.run(["test", "-e", path]).returncode == 0
