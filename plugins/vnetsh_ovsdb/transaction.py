"""One transaction in the making: what must still be so, what is written, and for which change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vnetsh.errors import BackendRefused
from vnetsh.model import Change
from vnetsh_ovsdb.operations import Operation, as_pairs, as_set, is_row, select

_Row = tuple[str, str]  # table and UUID

TOKEN = "vnetsh-token"
"""Key of the root row's `external_ids`: the last transaction of vnetsh's that took effect."""


class Conflict(Exception):
    """The database is not as the plan found it."""

    def __init__(self, change: Change | None, message: str, help: str = "") -> None:
        super().__init__(message)
        self.change = change
        self.message = message
        self.help = help or "somebody else works on this host: plan again"


@dataclass(frozen=True)
class Root:
    """The one row of its `table` from which everything hangs; it has `external_ids`, for the token.

    `counter` is its column that a daemon follows: each transaction adds one to it.
    """

    database: str
    table: str
    uuid: str
    counter: str


class Transaction:
    """Collects expectations and writes; `operations` puts them in order.

    A row that it inserts is referred to by a name of its own until it has a UUID (RFC 7047, 4.1.1).
    """

    def __init__(self, root: Root) -> None:
        self.root = root
        self._expectations: list[tuple[Operation, Change, str]] = []
        self._writes: list[Operation] = []
        self._writers: list[Change] = []
        self._sets: dict[_Row, dict[tuple[str, str], list[object]]] = {}
        self._setters: dict[_Row, Change] = {}
        self._rows = 0

    @property
    def empty(self) -> bool:
        """Whether nothing would be written."""
        return not (self._writes or self._sets)

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
        """Insert a row; a reference to it. In a table that is no root it lasts only when something refers to it."""
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

    def delete(self, change: Change, table: str, uuid: str) -> None:
        """Delete a row of a table that is a root; others go when nothing refers to them."""
        self._write(change, {"op": "delete", "table": table, "where": is_row(uuid)})

    def set_keys(
        self, change: Change, table: str, uuid: str, column: str, values: Mapping[str, str | None]
    ) -> None:
        """Set keys of a map column, or delete those whose value is None; the others stay."""
        said = {key: value for key, value in values.items() if value is not None}
        mutations = [[column, "delete", as_set(list(values))], [column, "insert", as_pairs(said)]]
        self._write(change, _mutate(table, uuid, mutations))

    def put(self, change: Change, table: str, uuid: str, column: str, *values: object) -> None:
        """Put values, mostly references, into a set column of a row."""
        self._mutate(change, (table, uuid), column, "insert", *values)

    def take(self, change: Change, table: str, uuid: str, column: str, value: object) -> None:
        """Take a value out of a set column of a row."""
        self._mutate(change, (table, uuid), column, "delete", value)

    def _mutate(self, change: Change, row: _Row, column: str, how: str, *values: object) -> None:
        if row not in self._sets:
            self._sets[row] = {}
            self._setters[row] = change
        self._sets[row].setdefault((column, how), []).extend(values)

    def operations(self, token: str, comment: str) -> list[Operation]:
        """The whole of it: expectations, writes, what is taken out of sets and put into them, and the root's change.

        At its end the root's counter is read, and a comment left in the database's log.
        """
        root = self.root
        mutations: list[list[object]] = [
            [root.counter, "+=", 1],
            ["external_ids", "delete", as_set([TOKEN])],
            ["external_ids", "insert", as_pairs({TOKEN: token})],
            *self._mutations((root.table, root.uuid)),
        ]
        where = is_row(root.uuid)
        return [
            *(operation for operation, _, _ in self._expectations),
            *self._writes,
            *(_mutate(*row, self._mutations(row)) for row in self._rows_with_sets()),
            _mutate(root.table, root.uuid, mutations),
            select(root.table, where, [root.counter]),
            {"op": "comment", "comment": comment},
        ]

    def _mutations(self, row: _Row) -> list[list[object]]:
        """What is taken out of a row's sets, and then what is put into them."""
        sets = self._sets.get(row, {})
        return [
            [column, how, as_set(values)]
            for wanted in ("delete", "insert")
            for (column, how), values in sets.items()
            if how == wanted
        ]

    def _rows_with_sets(self) -> list[_Row]:
        """Table and UUID of the rows whose sets are written to; the root is changed at the end."""
        return [row for row in self._setters if row != (self.root.table, self.root.uuid)]

    def judge(self, results: Sequence[Mapping[str, object] | None]) -> int:
        """What the root's counter has become, from the reply to `operations`.

        Raises `Conflict` when an expectation failed or a name is taken, `BackendRefused` for all else.
        """
        for position, result in enumerate(results):
            if result and "error" in result:
                change, expected = self._whose(position)
                words = ": ".join(str(result[key]) for key in ("error", "details") if result.get(key))
                if expected and result["error"] == "timed out":
                    raise Conflict(change, expected)
                if result["error"] == "constraint violation":
                    raise Conflict(change or self._named_in(words), words)
                raise BackendRefused(words)
        if results[-3] != {"count": 1}:
            raise BackendRefused(f"the root row of {self.root.database} has been replaced")
        selected = results[-2] or {}
        return int(selected["rows"][0][self.root.counter])  # type: ignore[index]

    def _whose(self, position: int) -> tuple[Change | None, str]:
        """The change that an operation belongs to, and what is said when it fails as an expectation."""
        if position < len(self._expectations):
            return self._expectations[position][1:]
        position -= len(self._expectations)
        owners = [*self._writers, *(self._setters[row] for row in self._rows_with_sets())]
        return (owners[position] if position < len(owners) else None), ""

    def _named_in(self, words: str) -> Change | None:
        """The change that the server's words name: what fails at the commit belongs to no operation.

        The value that would be there twice stands in parentheses; without quotes, where it is a plain word.
        """
        named = set(re.findall(r'\("?([^()"]+)"?\)', words))
        return next((change for change in self._writers if change.resource.name in named), None)

    def _write(self, change: Change, operation: Operation) -> None:
        self._writes.append(operation)
        self._writers.append(change)


def _mutate(table: str, uuid: str, mutations: Sequence[Sequence[object]]) -> Operation:
    return {"op": "mutate", "table": table, "where": is_row(uuid), "mutations": mutations}
