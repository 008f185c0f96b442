"""Streams to an OVSDB server: a unix socket (forwarded, if far), TLS, or TCP where the user wrote it."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vnetsh.errors import HostHung, HostUnreachable, ServiceAbsent
from vnetsh.hosts.transport import Transport
from vnetsh.model import Place
from vnetsh_ovsdb.remote import AUTHORITY, CERTIFICATE, KEY, Remote

if TYPE_CHECKING:
    import ssl

_LONGEST = 107  # bytes of a unix socket's path (unix(7))
_PAUSE = 0.05  # seconds between two attempts at a server that takes no more connections now
HUNG = "is it hung or stopped? `ovs-appctl -t ovsdb-server version`"


class ConnectionLost(HostUnreachable):
    """There is a way to the server, but its other end is closed."""


@dataclass(frozen=True)
class Server:
    """An OVSDB server, the way to it, and how messages speak of it.

    `place` is whose server it is; it has the files for `ssl:` among its attributes (`remote.tls_attributes`).
    `transport` leads to a `unix:` socket on a host; the other remotes need none. `service` is the program that the
    database belongs to, `unit` what systemd calls it, `listen` the command that has it listen on a port, and `absent`
    what helps where its socket does not exist.
    """

    place: Place
    remote: Remote
    transport: Transport | None = None
    service: str = "OVSDB server"
    unit: str = "ovsdb-server"
    listen: str = ""
    absent: str = ""

    def is_absent(self) -> ServiceAbsent:
        """What is said where there is no such socket."""
        return ServiceAbsent(
            f"{self.place.name} has no {self.service}: {self.remote.path} is not there", help=self.absent
        )


class Stream(Protocol):
    """A connection that never blocks."""

    def send(self, data: memoryview) -> int:
        """Send some of the data; how many bytes, or an error's number, negative."""

    def recv(self, most: int) -> tuple[int, bytes]:
        """An error's number, or 0 and what has arrived; nothing at the end."""

    def wait(self, seconds: float, *, sending: bool) -> None:
        """Wait until there is something to receive, or room to send, or the time is over."""

    def end(self) -> None:
        """Have who waits on it, on another thread, find its end. Never raises."""

    def close(self) -> None:
        """Close it."""


class SocketStream:
    """A plain socket. `ovs.stream` has the same, but importing that package takes longer than reading a database."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self._socket = connected

    def send(self, data: memoryview) -> int:
        """Send some of the data; how many bytes, or an error's number, negative."""
        try:
            return self._socket.send(data)
        except OSError as error:
            return -(error.errno or errno.EPIPE)

    def recv(self, most: int) -> tuple[int, bytes]:
        """An error's number, or 0 and what has arrived; nothing at the end."""
        try:
            return 0, self._socket.recv(most)
        except OSError as error:
            return error.errno or errno.EPIPE, b""

    def wait(self, seconds: float, *, sending: bool) -> None:
        """Wait until there is something to receive, or room to send, or the time is over."""
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT if sending else select.POLLIN)
        poll.poll(max(1, round(seconds * 1000)))

    def end(self) -> None:
        """Have who waits on it, on another thread, find its end."""
        _end(self._socket)

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def _end(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


class _Secured:
    """TLS by `ovs.stream`, which knows what it waits for."""

    def __init__(self, stream: Any) -> None:  # ovs.stream has no types
        self.send, self.recv, self.close = stream.send, stream.recv, stream.close
        self._stream = stream

    def wait(self, seconds: float, *, sending: bool) -> None:
        """Wait until there is something to receive, or room to send, or the time is over."""
        from ovs.poller import Poller

        poller = Poller()
        self._stream.send_wait(poller) if sending else self._stream.recv_wait(poller)
        poller.timer_wait(max(1, round(seconds * 1000)))
        poller.block()

    def end(self) -> None:
        """Have who waits on it, on another thread, find its end."""
        _end(self._stream.socket)


def open_stream(server: Server, timeout: float) -> Stream:
    """A connected stream, in at most `timeout` seconds.

    Raises `ServiceAbsent` when the socket does not exist on the host, `HostUnreachable` for all else.
    """
    remote = server.remote
    if remote.method == "unix":
        return _open_unix(server, timeout)
    try:
        plain = socket.create_connection((remote.address, remote.port), timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        listen = f" On the host: `{server.listen} p{remote.method}:{remote.port}`" if server.listen else ""
        raise HostUnreachable(
            f"{server.place.name}: {remote}: {error.strerror or error}",
            help=f"does ovsdb-server listen there?{listen}",
        ) from error
    if remote.method == "ssl":
        from ovs.stream import SSLStream

        return _Secured(SSLStream(_secured(server, plain), str(remote), 0))
    return SocketStream(plain)


def _open_unix(server: Server, timeout: float) -> Stream:
    host, path, transport = server.place.name, server.remote.path, server.transport
    assert transport is not None
    local, deadline = transport.socket(path), time.monotonic() + timeout
    connecting = socket.socket(socket.AF_UNIX)
    connecting.setblocking(False)
    while True:
        try:
            with _short(local) as name:
                connecting.connect(name)
            return SocketStream(connecting)
        except BlockingIOError:  # its queue is full
            if time.monotonic() > deadline:
                connecting.close()
                raise HostHung(f"{host}: {path}: ovsdb-server takes no connections", help=HUNG) from None
            time.sleep(_PAUSE)
        except OSError as error:
            connecting.close()
            if error.errno == errno.ENOENT and transport.local:
                raise server.is_absent() from None
            if error.errno == errno.ECONNREFUSED:
                start = f"ovsdb-server does not run: `systemctl start {server.unit}`"
                raise HostUnreachable(f"{host}: nobody listens on {path}", help=start) from None
            raise HostUnreachable(f"{host}: {path}: {error.strerror or error}") from None


@contextlib.contextmanager
def _short(path: str) -> Iterator[str]:
    """A path that fits into a unix socket's address, for as long as its folder is open."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield path
        return
    folder, name = os.path.split(path)
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)


def _secured(server: Server, plain: socket.socket) -> ssl.SSLSocket:
    """TLS on a connected socket: both ends show certificates, as Open vSwitch's own tools ask.

    The server's certificate must be the named authority's; its name is not compared, for Open vSwitch's
    certificates carry identifiers, not host names (`ovs-pki`). The context is this connection's own:
    `ovs.stream` keeps one set of keys for all hosts.
    """
    import ssl

    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(_file(server.place, AUTHORITY))
        context.load_cert_chain(_file(server.place, CERTIFICATE), _file(server.place, KEY))
        secured = context.wrap_socket(plain)
    except OSError as error:  # what TLS raises is one too
        plain.close()
        raise HostUnreachable(
            f"{server.place.name}: {server.remote}: {error}",
            help=f"do `{KEY}`, `{CERTIFICATE}` and `{AUTHORITY}` belong together, and to that server?",
        ) from error
    except HostUnreachable:
        plain.close()
        raise
    secured.setblocking(False)
    return secured


def _file(place: Place, attribute: str) -> str:
    if not place.text(attribute):
        raise HostUnreachable(
            f"{place.name}: `ssl:` needs `{attribute}`",
            help=f"add it: `{place.noun} {place.name} … {attribute} FILE`",
        )
    path = Path(place.text(attribute)).expanduser()
    if not path.exists():
        raise HostUnreachable(
            f"{place.name}: there is no file {path}", help=f"see `{attribute}` of {place.noun} {place.name}"
        )
    return str(path)
