"""Which way leads to a host, as its sentence asks for."""

from __future__ import annotations

from pathlib import Path

from vnetsh.hosts.local import LocalTransport
from vnetsh.hosts.transport import Transport
from vnetsh.model import Host


def transport_to(host: Host, *, connect_timeout: float = 10.0) -> Transport:
    """The transport that a host's sentence asks for."""
    if host.flag("local"):
        return LocalTransport(host, connect_timeout)
    from vnetsh.hosts.ssh import SshTransport

    return SshTransport(host, connect_timeout=connect_timeout)


def exists(transport: Transport, path: str) -> bool:
    """Whether a path exists on the host."""
    if transport.local:
        return Path(path).exists()
    return transport.run(["test", "-e", path]).returncode == 0
