"""This machine as a host: its commands, and the lock that one operator at a time holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh.hosts.transport import Busy, Completed, Held
from vnetsh.model import Host

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
