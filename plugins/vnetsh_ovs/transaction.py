"""One OVSDB transaction in the making: what must still be so, what is written, and for which change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vnetsh.errors import BackendRefused
from vnetsh.model.change import Change
from vnetsh_ovs.rows import DATABASE, ROOT, Index, reference

Operation = dict[str, Any]
TOKEN = "vnetsh-token"  # external_ids of the root row: the last transaction of vnetsh's that took effect


class Conflict(Exception):
    """The database is not as the plan found it."""

    def __init__(self, change: Change | None, message: str, help: str = "") -> None:
        super().__init__(message)
        self.change = change
        self.message = message
        self.help = help or "somebody else works on this host: plan again"


def is_row(uuid: str) -> list[list[Any]]:
    """The condition that takes one row."""
    return [["_uuid", "==", reference(uuid)]]


def as_set(values: Sequence[object]) -> list[object]:
    """A set column's value."""
    return ["set", list(values)]


def as_pairs(values: Mapping[str, str]) -> list[object]:
    """A map column's value."""
    return ["map", [[key, value] for key, value in values.items()]]


def await_root(
    column: str, function: str, value: object, *, fits: bool = True, seconds: float = 0
) -> Operation:
    """The operation that waits until the root row fits a condition, or fits it no more; else all fails with it."""
    return {
        "op": "wait",
        "timeout": round(seconds * 1000),
        "table": ROOT,
        "where": [[column, function, value]],
        "columns": [column],
        "until": "!=" if fits else "==",
        "rows": [],
    }


class Transaction:
    """Collects expectations and writes; `operations` puts them in order.

    A row that it inserts is referred to by a name of its own until it has a UUID (RFC 7047, 4.1.1).
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._expectations: list[tuple[Operation, Change, str]] = []
        self._writes: list[Operation] = []
        self._writers: list[Change] = []
        self._attached: dict[str, list[object]] = {}
        self._detached: dict[str, list[object]] = {}
        self._watched: dict[str, Change] = {}
        self._new_bridges: list[object] = []
        self._gone_bridges: list[object] = []
        self._rows = 0

    @property
    def empty(self) -> bool:
        """Whether nothing would be written."""
        return not (self._writes or self._attached or self._detached or self._gone_bridges)

    def expect(
        self, change: Change, message: str, table: str, where: Sequence[object], columns: Mapping[str, object]
    ) -> None:
        """Let all fail unless one row is found, with these columns (operation `wait`, RFC 7047, 5.2.6)."""
        operation = {
            "op": "wait",
            "timeout": 0,
            "table": table,
            "where": where,
            "columns": list(columns),
            "until": "==",
            "rows": [columns],
        }
        self._expectations.append((operation, change, message))

    def insert(self, change: Change, table: str, row: Operation, name: str = "") -> list[str]:
        """Insert a row; a reference to it. It lasts only when something refers to it."""
        if not name:
            self._rows += 1
            name = f"row{self._rows}"
        self._write(change, {"op": "insert", "table": table, "uuid-name": name, "row": row})
        return ["named-uuid", name]

    def inserted(self, table: str, name: str) -> Operation | None:
        """The row of that name that is to be inserted, if there is one; it may still be added to."""
        rows = (op["row"] for op in self._writes if op["op"] == "insert" and op["table"] == table)
        return next((row for row in rows if row.get("name") == name), None)

    def update(self, change: Change, table: str, uuid: str, row: Mapping[str, object]) -> None:
        """Set columns of a row."""
        self._write(change, {"op": "update", "table": table, "where": is_row(uuid), "row": row})

    def set_keys(
        self, change: Change, table: str, uuid: str, column: str, values: Mapping[str, str | None]
    ) -> None:
        """Set keys of a map column, or delete those whose value is None; the others stay."""
        said = {key: value for key, value in values.items() if value is not None}
        mutations = [[column, "delete", as_set(list(values))], [column, "insert", as_pairs(said)]]
        operation = {"op": "mutate", "table": table, "where": is_row(uuid), "mutations": mutations}
        self._write(change, operation)

    def refer(self, change: Change, table: str, uuid: str, column: str, name: str) -> None:
        """Add an inserted row to a column of references."""
        mutations = [[column, "insert", as_set([["named-uuid", name]])]]
        operation = {"op": "mutate", "table": table, "where": is_row(uuid), "mutations": mutations}
        self._write(change, operation)

    def attach(self, change: Change, bridge: str, port: object) -> None:
        """Put a port on a bridge."""
        self._attached.setdefault(bridge, []).append(port)
        self._watched.setdefault(bridge, change)

    def detach(self, change: Change, bridge: str, port: str) -> None:
        """Take a port off a bridge."""
        self._detached.setdefault(bridge, []).append(reference(port))
        self._watched.setdefault(bridge, change)

    def add_bridge(self, bridge: object) -> None:
        """Let the root refer to an inserted bridge."""
        self._new_bridges.append(bridge)

    def remove_bridge(self, bridge: str) -> None:
        """Let the root no longer refer to a bridge: it goes, and all that it owns."""
        self._gone_bridges.append(reference(bridge))

    def operations(self, token: str, comment: str) -> list[Operation]:
        """The whole of it, with the root's change, the number that vswitchd is to reach, and a comment.

        To be asked for once.
        """
        self._owners: list[tuple[Change | None, str]] = []
        operations: list[Operation] = []
        for bridge, change in self._watched.items():
            self._expect_bridge(change, bridge)
        for operation, owner, message in self._expectations:
            operations.append(operation)
            self._owners.append((owner, message))
        operations += self._writes
        self._owners += [(change, "") for change in self._writers]
        for bridge, change in self._watched.items():
            parts = [("delete", self._detached.get(bridge)), ("insert", self._attached.get(bridge))]
            mutations = [["ports", how, as_set(ports)] for how, ports in parts if ports]
            operations.append(
                {"op": "mutate", "table": "Bridge", "where": is_row(bridge), "mutations": mutations}
            )
            self._owners.append((change, ""))
        return [*operations, *self._closing(token, comment)]

    def _expect_bridge(self, change: Change, bridge: str) -> None:
        name = self._index.bridge_name(bridge)
        where: list[object] = [*is_row(bridge)]
        message = f"bridge {name} is gone"
        if bridge in self._detached:
            where.append(["ports", "includes", as_set(self._detached[bridge])])
            message = f"bridge {name} or its ports were changed meanwhile"
        self.expect(change, message, "Bridge", where, {"name": name})

    def _closing(self, token: str, comment: str) -> list[Operation]:
        mutations: list[list[object]] = [
            ["next_cfg", "+=", 1],
            ["external_ids", "delete", as_set([TOKEN])],
            ["external_ids", "insert", as_pairs({TOKEN: token})],
        ]
        if self._gone_bridges:
            mutations.append(["bridges", "delete", as_set(self._gone_bridges)])
        if self._new_bridges:
            mutations.append(["bridges", "insert", as_set(self._new_bridges)])
        where = is_row(self._index.root)
        return [
            {"op": "mutate", "table": ROOT, "where": where, "mutations": mutations},
            {"op": "select", "table": ROOT, "where": where, "columns": ["next_cfg"]},
            {"op": "comment", "comment": comment},
        ]

    def judge(self, results: Sequence[Mapping[str, Any] | None]) -> int:
        """The number that vswitchd is to reach, from the reply to `operations`.

        Raises `Conflict` when an expectation failed or a name is taken, `BackendRefused` for all else.
        """
        for position, result in enumerate(results):
            if result and "error" in result:
                change, expected = self._owners[position] if position < len(self._owners) else (None, "")
                words = ": ".join(str(result[key]) for key in ("error", "details") if result.get(key))
                if expected and result["error"] == "timed out":
                    raise Conflict(change, expected)
                if result["error"] == "constraint violation":
                    raise Conflict(change or self._named_in(words), words)
                raise BackendRefused(words)
        if results[-3] != {"count": 1}:
            raise BackendRefused(f"the root row of {DATABASE} has been replaced")
        selected = results[-2] or {}
        return int(selected["rows"][0]["next_cfg"])

    def _named_in(self, words: str) -> Change | None:
        """The change that the server's words name: what fails at the commit belongs to no operation."""
        return next((change for change in self._writers if f'"{change.resource.name}"' in words), None)

    def _write(self, change: Change, operation: Operation) -> None:
        self._writes.append(operation)
        self._writers.append(change)
