"""The way to one of OVN's databases: of several servers to the one that leads, found anew when a connection is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from vnetsh.backend import Context
from vnetsh.errors import BackendRefused, HostHung, HostUnreachable, ServiceAbsent
from vnetsh.hosts.reach import Daemon, reached
from vnetsh.model import Place
from vnetsh_ovn.sort import Database, remotes_of
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.operations import select
from vnetsh_ovsdb.streams import Server, Stream, open_stream

T = TypeVar("T")
_PAUSE = 0.1  # seconds between two rounds while the servers elect who leads


class _State(NamedTuple):
    """What a server says of a database: by itself it always leads."""

    connected: bool
    leads: bool


def servers_of(place: Place, context: Context, database: Database) -> Sequence[Server]:
    """The servers of a database, in the order in which they are asked."""
    found = []
    for remote in remotes_of(place, database):
        hosts = place.hosts if remote.method == "unix" else ("",)
        for name in hosts:
            transport = context.transport(context.host(name)) if name else None
            where = context.host(name) if name else place
            found.append(
                Server(
                    where,
                    remote,
                    transport,
                    service=f"database {database.name}",
                    unit="ovn-central",
                    absent=f"does it belong to {place.noun} {place.name}? Debian: `apt install ovn-central`",
                )
            )
    return found


def client_of(place: Place, context: Context, database: Database) -> Client:
    """A client of whoever leads; it goes to another one where that is lost. Raises nothing yet."""
    servers = servers_of(place, context, database)

    def connect(server: Server, timeout: float) -> Stream:
        return _leader(place, servers, database, timeout)[1]

    return Client(Server(place, servers[0].remote, unit="ovn-central"), context.timeout, connect)


def leader_of(place: Place, context: Context, database: Database) -> Server:
    """Who leads now. Raises `HostUnreachable`, `ServiceAbsent`."""
    server, stream = _leader(place, servers_of(place, context, database), database, context.timeout)
    stream.close()
    return server


def _leader(
    place: Place, servers: Sequence[Server], database: Database, timeout: float
) -> tuple[Server, Stream]:
    """Who leads, and a connection to it, waiting while they elect one. Raises `HostUnreachable`, `ServiceAbsent`."""
    deadline = time.monotonic() + timeout
    each = max(1.0, timeout / max(1, len(servers)))  # one that hangs must not take all the time
    while True:
        problems: list[HostUnreachable | ServiceAbsent] = []
        for server in servers:
            try:
                patience = min(each, max(0.1, deadline - time.monotonic()))
                stream, state = opened(server, partial(_asked_anew, server, database, patience))
                if state.leads:
                    return server, stream
                stream.close()
                lost = "" if state.connected else "does not see the others"
                problems.append(
                    HostUnreachable(f"{server.place.name}: {lost or 'it follows, and nobody leads'}")
                )
            except (HostUnreachable, ServiceAbsent) as error:
                problems.append(error)
        follows = any("nobody leads" in problem.message for problem in problems)
        if not follows or time.monotonic() + _PAUSE > deadline:
            raise _problem(place, database, problems)
        time.sleep(_PAUSE)


def opened(server: Server, attempt: Callable[[], T]) -> T:
    """What `attempt` opens at a server; where the way to its socket was lost, once more by a new one."""
    if server.transport is None:
        return attempt()
    start = f"`systemctl start {server.unit}` there"
    daemon = Daemon("ovsdb-server", server.remote.path, start, server.is_absent())
    return reached(server.transport, server.place.name, daemon, attempt)


def _asked_anew(server: Server, database: Database, timeout: float) -> tuple[Stream, _State]:
    stream = open_stream(server, timeout)
    return stream, _asked(server, stream, database, timeout)


def _asked(server: Server, stream: Stream, database: Database, timeout: float) -> _State:
    client = Client(server, timeout, lambda server, timeout: stream)
    try:
        asked = select("Database", [["name", "==", database.name]], ["model", "connected", "leader"])
        rows = client.call("transact", ["_Server", asked])[0].get("rows", [])
    except BackendRefused:  # a server from before there were clusters
        return _State(connected=True, leads=True)
    if not rows:
        client.close()
        raise ServiceAbsent(f"{server.place.name}: this server has no database {database.name}")
    alone = rows[0]["model"] == "standalone"
    return _State(bool(rows[0]["connected"]), alone or bool(rows[0]["leader"]))


def _problem(
    place: Place, database: Database, problems: Sequence[HostUnreachable | ServiceAbsent]
) -> HostUnreachable | ServiceAbsent:
    words = "; ".join(problem.message for problem in problems)
    helps = next((problem.help for problem in problems if problem.help), "")
    if all(isinstance(problem, ServiceAbsent) for problem in problems):
        return ServiceAbsent(f"{place.name}: {words}", help=helps)
    kind = HostHung if any(isinstance(problem, HostHung) for problem in problems) else HostUnreachable
    return kind(f"{place.name}: no server of {database.name} can be written to: {words}", help=helps)
