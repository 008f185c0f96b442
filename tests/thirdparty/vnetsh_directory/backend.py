"""The backend `directory`: services as rows of a database, reached through any of its place's hosts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from vnetsh.backend import ApplyFailed, Assessment, Backend, Connection, Context, Observation, Progress
from vnetsh.errors import BackendRefused, HostUnreachable, VerificationFailed, VnetshError
from vnetsh.hosts.transport import Busy, Held
from vnetsh.model import Change, Facts, Fleet, Impact, Place, Resource
from vnetsh_directory.wire import Client, Operation, Row, as_map, as_set, many

SORT = "directory"
SOCKET = "/run/directory/directory.sock"
DATABASE = "Directory"
_MARK, _OWNER = "vnetsh", "owner"


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
        """Directories, whatever declares them."""
        return place.sort == SORT

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """A service that goes, or goes elsewhere, is missed for a moment."""
        moves = change.after is None or "address" in change.differing()
        return Assessment(Impact.BRIEF if change.before and moves else Impact.NONE)

    def connect(self, place: Place, context: Context) -> DirectoryConnection:
        """Through the first host that leads there."""
        return DirectoryConnection(place, context)

    def lock(self, place: Place, context: Context, who: str) -> Held | Busy | None:
        """The database's own lock, which dies with the connection; a row says who has it."""
        client, _ = reach(place, context)
        if not client.call("lock", "vnetsh")["locked"]:
            [found] = client.transact(DATABASE, [{"op": "select", "table": "Operator", "where": []}])
            client.close()
            return Busy(found["rows"][0]["who"] if found["rows"] else "another vnetsh")
        none: Operation = {"op": "delete", "table": "Operator", "where": []}
        client.transact(DATABASE, [none, {"op": "insert", "table": "Operator", "row": {"who": who}}])

        def release() -> None:
            with suppress(VnetshError):
                client.transact(DATABASE, [none])
            client.close()

        return Held(release)


def reach(place: Place, context: Context) -> tuple[Client, str]:
    """A connection to a directory, and the host that led there. Raises `HostUnreachable` when none does."""
    problems = []
    for name in place.hosts:
        try:
            path = context.transport(context.host(name)).socket(place.text("socket", SOCKET))
            client = Client(path, place.name, context.timeout)
            client.call("list_dbs")  # ssh takes a connection before it knows whether anybody listens
            return client, name
        except HostUnreachable as error:
            problems.append(error.message)
    raise HostUnreachable(
        f"{place.name}: no host leads to it: {'; '.join(problems)}",
        help=f"does its server run on one of {', '.join(place.hosts)}?",
    )


class DirectoryConnection(Connection):
    """One directory."""

    def __init__(self, place: Place, context: Context) -> None:
        self._place = place
        self._context = context
        self._client, self._through = reach(place, context)
        self._watching: Client | None = None

    def observe(self, progress: Progress) -> Observation:
        """All services."""
        found = []
        for row in self._rows():
            marks = dict(row["marks"][1])
            values = {"address": row["address"], "ports": tuple(sorted(many(row["ports"]))) or None}
            found.append(
                Resource(
                    "service", row["name"], self._place.name, values, backend=DirectoryBackend.name,
                    marked=_MARK in marks, owner=marks.get(_OWNER, ""),
                )
            )  # fmt: skip
        return Observation(found, DirectoryFacts(self._through))

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make all changes in one transaction, or none."""
        known = {row["name"] for row in self._rows()}
        try:
            self._client.transact(DATABASE, [_operation(change, known) for change in changes])
        except BackendRefused as error:
            raise ApplyFailed(error.message) from error

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Read it back: the server has written it down before it answers."""
        known = {row["name"] for row in self._rows()}
        for change in changes:
            if (change.resource.name in known) != (change.after is not None):
                raise VerificationFailed(f"{self._place.name}: {change} did not come about")

    def watch(self, tell: Callable[[], None]) -> bool:
        """The server tells of each change, on a connection of its own."""
        self._watching = client = reach(self._place, self._context)[0]

        def listen() -> None:
            with suppress(HostUnreachable):
                for _ in client.notifications(DATABASE, "Service"):
                    tell()
            # Whoever looks now, as he is told to, finds that the way is lost, and watches anew by another host.
            self._client.close()
            tell()

        threading.Thread(target=listen, name=f"watch {self._place.name}", daemon=True).start()
        return True

    def close(self) -> None:
        """Close both connections."""
        for client in filter(None, (self._client, self._watching)):
            client.close()

    def _rows(self) -> list[Row]:
        [found] = self._client.transact(DATABASE, [{"op": "select", "table": "Service", "where": []}])
        rows: list[Row] = found["rows"]
        return rows


def _operation(change: Change, known: set[str]) -> Operation:
    """A change as an operation on the rows; `known` are the names that there are."""
    name, after = change.resource.name, change.after
    where = [["name", "==", name]]
    if after is None:
        return {"op": "delete", "table": "Service", "where": where}
    ports = after.get("ports")
    marks = {_MARK: "made", **({_OWNER: after.owner} if after.owner else {})} if after.marked else {}
    row = {
        "address": after.text("address"),
        "ports": as_set(ports if isinstance(ports, tuple) else ()),
        "marks": as_map(marks),
    }
    if name in known:
        return {"op": "update", "table": "Service", "where": where, "row": row}
    return {"op": "insert", "table": "Service", "row": {"name": name, **row}}
