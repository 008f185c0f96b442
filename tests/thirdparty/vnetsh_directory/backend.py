"""The backend `directory`: services as rows of a database, reached through any of its place's hosts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from vnetsh.backend import ApplyFailed, Assessment, Backend, Connection, Context, Observation, Progress
from vnetsh.errors import BackendRefused, HostUnreachable, ServiceAbsent, VerificationFailed, VnetshError
from vnetsh.hosts.transport import Busy, Held
from vnetsh.model import Attributes, Change, Facts, Fleet, Impact, Place, Resource
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.layout import Layout, Wanted, read_layout
from vnetsh_ovsdb.live_rows import LiveRows
from vnetsh_ovsdb.operations import (
    Operation,
    Row,
    as_list,
    as_map,
    as_pairs,
    as_set,
    assert_lock,
    select,
)
from vnetsh_ovsdb.remote import Remote
from vnetsh_ovsdb.streams import Server
from vnetsh_ovsdb.watching import Watcher

SORT = "directory"
SOCKET = "/run/directory/directory.sock"
_SERVICES = Wanted("Directory", start=["Service"])
_LOCK = "vnetsh"
_MARK, _OWNER = "vnetsh", "owner"  # keys of a row's marks


@dataclass(frozen=True)
class DirectoryFacts(Facts):
    """`through`: the host that leads to the directory now."""

    through: str = ""


class DirectoryBackend(Backend):
    """Services in directories."""

    name = "directory"
    kinds = frozenset({"service"})
    preferred = True
    attributes = {"service": frozenset({"address", "ports"})}  # noqa: RUF012 - as the base class says

    def serves(self, place: Place) -> bool:
        """Directories, whatever declares them; none is imagined."""
        return place.sort == SORT and not place.world

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """A service that goes, or goes elsewhere, is missed for a moment."""
        moves = change.after is None or "address" in change.differing()
        return Assessment(Impact.BRIEF if change.before and moves else Impact.NONE)

    def connect(self, place: Place, context: Context) -> DirectoryConnection:
        """Through the first host that leads there."""
        return DirectoryConnection(place, context)

    def lock(self, place: Place, context: Context, who: str) -> Held | Busy | None:
        """The database's own lock, which ends with the connection; a row says who has it."""
        client = reach(place, context).client
        lock = client.lock(_LOCK)
        if isinstance(lock, Busy):
            [found] = transact(client, select("Operator", [], ["who"]))
            client.close()
            return Busy(found["rows"][0]["who"]) if found["rows"] else lock
        nobody: Operation = {"op": "delete", "table": "Operator", "where": []}
        transact(
            client, assert_lock(_LOCK), nobody, {"op": "insert", "table": "Operator", "row": {"who": who}}
        )

        def release() -> None:
            with suppress(VnetshError):
                transact(client, assert_lock(_LOCK), nobody)
            client.close()

        return Held(release)


@dataclass(frozen=True)
class Reached:
    """A connection to a directory's server, how that keeps services, and the host that led there."""

    client: Client
    layout: Layout
    through: str


def reach(place: Place, context: Context) -> Reached:
    """A connection to a directory. Raises `HostUnreachable` when none does."""
    problems = []
    progress = context.progress(place.name)
    for name in place.hosts:
        progress(f"through {name}")
        remote = Remote("unix", place.text("socket", SOCKET))
        server = Server(place, remote, context.transport(context.host(name)), service="directory")
        client = Client(server, context.timeout)
        try:
            return Reached(client, read_layout(client, _SERVICES), name)
        except (HostUnreachable, ServiceAbsent) as error:
            client.close()
            problems.append(f"{name}: {error.message.removeprefix(f'{name}: ')}")
    raise HostUnreachable(
        f"{place.name}: no host leads to it: {'; '.join(problems)}",
        help=f"does its server run on one of {', '.join(place.hosts)}?",
    )


def transact(client: Client, *operations: Operation) -> list[Operation]:
    """The results of operations that are one transaction. Raises `BackendRefused`, `HostUnreachable`."""
    results: list[Operation] = client.call("transact", [_SERVICES.database, *operations])
    for result in results:
        if result and "error" in result:
            raise BackendRefused(f"{result['error']}: {result.get('details', '')}")
    return results


class DirectoryConnection(Connection):
    """One directory."""

    def __init__(self, place: Place, context: Context) -> None:
        self._place = place
        self._context = context
        self._reached = reach(place, context)
        self._live = LiveRows(self._reached.client, self._reached.layout)
        self._watcher: Watcher | None = None

    def observe(self, progress: Progress) -> Observation:
        """All services."""
        found = [self._service(row) for row in self._live.now()["Service"].values()]
        return Observation(found, DirectoryFacts(self._reached.through))

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make all changes in one transaction, or none."""
        known = self._names()
        try:
            transact(self._reached.client, *(_operation(change, known) for change in changes))
        except BackendRefused as error:
            raise ApplyFailed(error.message) from error

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Read it back: the server has written it down before it answers."""
        known = self._names()
        for change in changes:
            if (change.resource.name in known) != (change.after is not None):
                raise VerificationFailed(f"{self._place.name}: {change} did not come about")

    def watch(self, tell: Callable[[], None]) -> bool:
        """The server tells of each change, on a connection of its own."""
        if self._watcher is None:  # it finds its way back by itself
            found = reach(self._place, self._context)
            self._watcher = Watcher(found.client, found.layout, tell)
        return True

    def close(self) -> None:
        """Close both connections."""
        if self._watcher:
            self._watcher.close()
        self._reached.client.close()

    def _names(self) -> set[str]:
        return {row["name"] for row in self._live.now()["Service"].values()}

    def _service(self, row: Row) -> Resource:
        marks = as_map(row.get("marks"))
        ports = tuple(sorted(as_list(row.get("ports"))))
        values: Attributes = {"address": row.get("address"), "ports": ports or None}
        return Resource(
            "service", row["name"], self._place.name, values, backend=DirectoryBackend.name,
            marked=_MARK in marks, owner=marks.get(_OWNER, ""),
        )  # fmt: skip


def _operation(change: Change, known: set[str]) -> Operation:
    """A change as an operation on its row; `known` are the names that there are."""
    name, after = change.resource.name, change.after
    where = [["name", "==", name]]
    if after is None:
        return {"op": "delete", "table": "Service", "where": where}
    ports = after.get("ports")
    marks = {_MARK: "made", **({_OWNER: after.owner} if after.owner else {})} if after.marked else {}
    row = {
        "address": after.text("address"),
        "ports": as_set(ports if isinstance(ports, tuple) else ()),
        "marks": as_pairs(marks),
    }
    if name in known:
        return {"op": "update", "table": "Service", "where": where, "row": row}
    return {"op": "insert", "table": "Service", "row": {"name": name, **row}}
