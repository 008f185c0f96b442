"""Streams to an OVSDB server: a unix socket (forwarded, if far), TLS, or TCP where the user wrote it."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from pathlib import Path
from typing import Any

import ovs.stream

from vnetsh.errors import HostUnreachable, ServiceAbsent
from vnetsh.model import Host
from vnetsh.transport import Transport
from vnetsh_ovs.attributes import Remote

Stream = Any  # ovs.stream has no types
_NOT_RUNNING = "ovsdb-server does not run: `systemctl start openvswitch-switch`"


class ConnectionLost(HostUnreachable):
    """There is a way to the server, but its other end is closed."""


def open_stream(host: Host, remote: Remote, transport: Transport | None, timeout: float) -> Stream:
    """A connected `ovs.stream.Stream`, in at most `timeout` seconds.

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
        return ovs.stream.SSLStream(_secured(host, remote, plain), str(remote), 0)
    plain.setblocking(False)
    return ovs.stream.TCPStream(plain, str(remote), 0)


def _open_unix(host: Host, path: str, transport: Transport, timeout: float) -> Stream:
    local = transport.socket(path)
    opening = ovs.stream.Stream.open(f"unix:{local}")
    problem, stream = ovs.stream.Stream.open_block(opening, round(timeout * 1000))
    if not problem:
        return stream
    if problem == errno.ENOENT and transport.local:
        raise service_absent(host, path)
    if problem in (errno.EPIPE, errno.ECONNRESET):
        raise ConnectionLost(f"{host.name}: {path}: the connection is closed at once", help=_NOT_RUNNING)
    if problem == errno.ECONNREFUSED:
        raise HostUnreachable(f"{host.name}: nobody listens on {path}", help=_NOT_RUNNING)
    raise HostUnreachable(f"{host.name}: {path}: {os.strerror(problem)}")


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
