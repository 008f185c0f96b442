"""Which way leads to a host, as its sentence asks for; what stands between a client and a daemon's socket there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vnetsh.errors import HostHung, HostUnreachable, NoRights, ServiceAbsent
from vnetsh.hosts.local import LocalTransport
from vnetsh.hosts.transport import Transport
from vnetsh.model import Host

T = TypeVar("T")

# A user who may not search the folder sees no socket there. The last command tells whether anybody listens.
_STATE = """
user=$(id -un)
folder=${1%/*}
test -d "$folder" && ! test -x "$folder" && { echo "forbidden $user"; exit; }
test -e "$1" || { echo absent; exit; }
test -r "$1" && test -w "$1" || { echo "forbidden $user"; exit; }
grep -qE " (/var)?$2\\$" /proc/net/unix
test $? = 1 && echo deserted || echo listening
"""


def transport_to(host: Host, *, connect_timeout: float = 10.0) -> Transport:
    """The transport that a host's sentence asks for."""
    if host.flag("local"):
        return LocalTransport(host, connect_timeout)
    from vnetsh.hosts.ssh import SshTransport

    return SshTransport(host, connect_timeout=connect_timeout)


@dataclass(frozen=True)
class Daemon:
    """A daemon behind a unix socket of a host, and how messages speak of it.

    `start` helps where it does not run, `absent` where there is no such socket.
    """

    name: str
    path: str
    start: str
    absent: ServiceAbsent


def reached(transport: Transport, host: str, daemon: Daemon, attempt: Callable[[], T]) -> T:
    """What `attempt` opens by a daemon's socket; once more, by a new way, where nothing is wrong at its end.

    Raises `ServiceAbsent`, `NoRights`, `HostHung`, or `HostUnreachable` that says what is wrong, as the host tells.
    """
    try:
        return attempt()
    except (HostHung, NoRights):
        raise
    except HostUnreachable as error:
        why = _why(transport, host, daemon, error)
        if why:
            raise why from None
    transport.renew()
    try:
        return attempt()
    except (HostHung, NoRights):
        raise
    except HostUnreachable as error:
        raise _why(transport, host, daemon, error) or _closed(transport, host, daemon) from None


def _why(transport: Transport, host: str, daemon: Daemon, error: HostUnreachable) -> Exception | None:
    """What is wrong with the socket on the host itself; None when somebody listens there, whom we may talk to."""
    pattern = re.sub(r"([^A-Za-z0-9_/-])", r"\\\1", daemon.path.removeprefix("/var"))
    done = transport.ask(["sh", "-c", _STATE, "sh", daemon.path, pattern])
    state, _, user = done.stdout.strip().partition(" ")
    if state == "absent":
        return daemon.absent
    if state == "forbidden":
        return NoRights.of(host, user, daemon.path)
    if state == "deserted":
        return HostUnreachable(
            f"{host}: {daemon.name} does not run: nobody listens on {daemon.path}", help=daemon.start
        )
    return None if state == "listening" else error


def _closed(transport: Transport, host: str, daemon: Daemon) -> HostUnreachable:
    """What is said where somebody listens, and yet each connection is closed at once."""
    if transport.local:
        return HostUnreachable(f"{host}: {daemon.name} closes the connection at once", help=daemon.start)
    return HostUnreachable(
        f"{host}: {daemon.name} runs, but connections to {daemon.path} over ssh are closed at once",
        help="its sshd must allow it: `AllowStreamLocalForwarding yes`; or is there no room for another client?",
    )
