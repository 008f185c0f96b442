"""Linux bridges of this very network namespace by the backend's two ways: by netlink, and by `ip` as over ssh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from vnetsh.backend import Connection
from vnetsh.hosts.local import LocalTransport
from vnetsh.hosts.transport import Completed, Transport
from vnetsh.model import Host, Resource
from vnetsh.model.change import Change
from vnetsh.testing.fleet import LocalContext, local_host, no_progress
from vnetsh_linuxbridge.backend import LinuxBridgeBackend


class ByCommand(LocalTransport):
    """Runs commands in this very namespace, but is a host to be reached by commands only."""

    local = False

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.calls: list[tuple[str, ...]] = []

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
        self.calls.append(tuple(argv))
        return super().run(argv, input=input, timeout=timeout)


class CommandContext(LocalContext):
    """As `LocalContext`, with hosts that are reached by commands."""

    commands: ByCommand | None = None

    def transport(self, host: Host) -> Transport:
        self.commands = self.commands or ByCommand(host)
        return self.commands


WAYS = {"netlink": LocalContext, "ip": CommandContext}


@pytest.fixture(params=WAYS)
def context(request: pytest.FixtureRequest) -> Iterator[LocalContext]:
    with WAYS[request.param](LinuxBridgeBackend()) as context:
        yield context


@pytest.fixture
def connection(context: LocalContext) -> Connection:
    return context.connection(local_host(), "linux")


def apply(connection: Connection, *changes: Change) -> None:
    connection.apply(changes, no_progress)
    connection.verify(changes, no_progress)


def observed(connection: Connection) -> dict[str, Resource]:
    return {f"{r.kind} {r.name}": r for r in connection.observe(no_progress).resources}


def own(resource: Resource) -> Resource:
    return replace(resource, backend="linux")
