"""The rows of one database, read once and kept up to date by what the server tells of each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vnetsh.errors import ServiceAbsent
from vnetsh_ovs.client import Client
from vnetsh_ovs.rows import DATABASE, ROOT, ROOT_COLUMNS, Index, Layout, Row

_ID = "vnetsh"  # of the one monitor that a connection has


class LiveIndex:
    """An index that follows the database.

    `monitor_cond` rather than `select` or `monitor`: it leaves out columns with their default value, a third of
    the bytes, and tells of a change only what differs (ovsdb-server(7), 4.1.12 to 4.1.14). When its connection
    was lost, all is read anew.
    """

    def __init__(self, client: Client, layout: Layout) -> None:
        self._client = client
        self._layout = layout
        self._tables: dict[str, dict[str, Row]] = {}
        self._index: Index | None = None
        self._connection = 0
        client.listen(self._update)

    def now(self, *, told: bool = False) -> Index:
        """The rows as they are now. Raises `HostUnreachable`, `ServiceAbsent` where the database is empty.

        `told`: as far as the server has told by now, without a question. That is enough for who has just had an
        answer on this connection to what came after his own changes.
        """
        if self._connection and not (told and self._client.hear()):
            # What the server tells of changes until then comes before the reply (RFC 7047, 4.1.6).
            self._client.ask("transact", [DATABASE, {"op": "comment", "comment": ""}])
        if not self._connection or self._connection != self._client.connection:
            self._begin()
        if self._index is None:
            self._index = Index(self._layout, dict(self._tables), next(iter(self._tables[ROOT])))
        return self._index

    def _begin(self) -> None:
        wanted = {**self._layout.columns, ROOT: list(ROOT_COLUMNS)}
        requests = {table: [{"columns": columns}] for table, columns in wanted.items()}
        self._tables = {table: {} for table in wanted}
        self._connection = 0
        found = self._client.ask("monitor_cond", [DATABASE, _ID, requests])
        self._apply(found)
        if not self._tables[ROOT]:
            raise ServiceAbsent(
                "the Open vSwitch database is empty", help="initialise it: `ovs-vsctl --no-wait init`"
            )
        self._connection = self._client.connection

    def _update(self, method: str, params: list[Any]) -> None:
        if method == "update2" and params[0] == _ID:
            self._apply(params[1])

    def _apply(self, updates: Mapping[str, Mapping[str, Any]]) -> None:
        """Follow updates. Rows and tables that an index holds stay as they are: they are replaced, not changed."""
        self._index = None
        for table, rows in updates.items():
            known = dict(self._tables[table])
            for uuid, update in rows.items():
                if "modify" in update:
                    known[uuid] = self._layout.modified(table, known[uuid], update["modify"])
                elif "delete" in update:
                    known.pop(uuid, None)
                else:
                    known[uuid] = update.get("insert") or update.get("initial") or {}
            self._tables[table] = known
