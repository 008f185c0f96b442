"""Streams to an OVSDB server: a unix socket (forwarded, if far), TLS, or TCP where the user wrote it."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vnetsh.errors import HostHung, HostUnreachable, ServiceAbsent
from vnetsh.hosts.transport import Transport
from vnetsh.model import Host
from vnetsh_ovs.attributes import Remote

if TYPE_CHECKING:
    import ssl

_LONGEST = 107  # bytes of a unix socket's path (unix(7))
_PAUSE = 0.05  # seconds between two attempts at a server that takes no more connections now
_HUNG = "is it hung or stopped? `ovs-appctl -t ovsdb-server version`"
_NOT_RUNNING = "ovsdb-server does not run: `systemctl start openvswitch-switch`"


class ConnectionLost(HostUnreachable):
    """There is a way to the server, but its other end is closed."""


class Stream(Protocol):
    """A connection that never blocks."""

    def send(self, data: memoryview) -> int:
        """Send some of the data; how many bytes, or an error's number, negative."""

    def recv(self, most: int) -> tuple[int, bytes]:
        """An error's number, or 0 and what has arrived; nothing at the end."""

    def wait(self, seconds: float, *, sending: bool) -> None:
        """Wait until there is something to receive, or room to send, or the time is over."""

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

    def close(self) -> None:
        """Close it."""
        self._socket.close()


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


def open_stream(host: Host, remote: Remote, transport: Transport | None, timeout: float) -> Stream:
    """A connected stream, in at most `timeout` seconds.

    `transport` leads to unix sockets; the others need none. Raises `ServiceAbsent` when the socket does not
    exist on the host, `HostUnreachable` for all else.
    """
    if remote.method == "unix":
        assert transport is not None
        return _open_unix(host, remote.path, transport, timeout)
    try:
        plain = socket.create_connection((remote.address, remote.port), timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        listen = f"ovs-vsctl set-manager p{remote.method}:{remote.port}"
        raise HostUnreachable(
            f"{host.name}: {remote}: {error.strerror or error}",
            help=f"does ovsdb-server listen there? On the host: `{listen}`",
        ) from error
    if remote.method == "ssl":
        from ovs.stream import SSLStream

        return _Secured(SSLStream(_secured(host, remote, plain), str(remote), 0))
    return SocketStream(plain)


def _open_unix(host: Host, path: str, transport: Transport, timeout: float) -> Stream:
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
                raise HostHung(
                    f"{host.name}: {path}: ovsdb-server takes no connections", help=_HUNG
                ) from None
            time.sleep(_PAUSE)
        except OSError as error:
            connecting.close()
            if error.errno == errno.ENOENT and transport.local:
                raise service_absent(host, path) from None
            if error.errno == errno.ECONNREFUSED:
                raise HostUnreachable(f"{host.name}: nobody listens on {path}", help=_NOT_RUNNING) from None
            raise HostUnreachable(f"{host.name}: {path}: {error.strerror or error}") from None


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


def service_absent(host: Host, path: str) -> ServiceAbsent:
    """What is said of a host without a database."""
    return ServiceAbsent(
        f"{host.name} has no Open vSwitch: {path} is not there",
        help="install and start it (Debian: `apt install openvswitch-switch`), or say where its database is: "
        f"`host {host.name} … ovsdb unix:/PATH`",
    )


def _secured(host: Host, remote: Remote, plain: socket.socket) -> ssl.SSLSocket:
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
        context.load_verify_locations(_file(host, "ovsdb-ca"))
        context.load_cert_chain(_file(host, "ovsdb-certificate"), _file(host, "ovsdb-key"))
        secured = context.wrap_socket(plain)
    except OSError as error:  # what TLS raises is one too
        plain.close()
        raise HostUnreachable(
            f"{host.name}: {remote}: {error}",
            help="do `ovsdb-key`, `ovsdb-certificate` and `ovsdb-ca` belong together, and to that server?",
        ) from error
    except HostUnreachable:
        plain.close()
        raise
    secured.setblocking(False)
    return secured


def _file(host: Host, attribute: str) -> str:
    if not host.text(attribute):
        raise HostUnreachable(
            f"{host.name}: `ovsdb ssl:` needs `{attribute}`",
            help=f"add it: `host {host.name} … {attribute} FILE`",
        )
    path = Path(host.text(attribute)).expanduser()
    if not path.exists():
        raise HostUnreachable(
            f"{host.name}: there is no file {path}", help=f"see `{attribute}` of host {host.name}"
        )
    return str(path)
