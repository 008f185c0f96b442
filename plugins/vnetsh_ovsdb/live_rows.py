"""The rows of one database, read once and kept up to date by what the server tells of each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.layout import Layout
from vnetsh_ovsdb.operations import Record, Row

_ID = "vnetsh"  # of the one monitor that a connection has


class LiveRows:
    """The rows of a layout's tables, as they are now.

    `monitor_cond` rather than `select` or `monitor`: it leaves out columns with their default value, a third of
    the bytes, and tells of a change only what differs (ovsdb-server(7), 4.1.12 to 4.1.14). When its connection
    was lost, all is read anew.
    """

    def __init__(self, client: Client, layout: Layout) -> None:
        self._client = client
        self._layout = layout
        self._tables: dict[str, Mapping[str, Row]] = {}
        self._now: Record | None = None
        self._connection = 0
        client.listen(self._update)

    def now(self) -> Record:
        """The rows as they are now; the same object, as long as nothing has changed. Raises `HostUnreachable`."""
        if self._connection:
            # What the server tells of changes until then comes before the reply (RFC 7047, 4.1.6).
            self._client.ask("transact", [self._layout.database, {"op": "comment", "comment": ""}])
        if not self._connection or self._connection != self._client.connection:
            self._begin()
        if self._now is None:
            self._now = dict(self._tables)
        return self._now

    def _begin(self) -> None:
        self._connection = 0
        self._tables = {table: {} for table in self._layout.columns}
        self._apply(self._client.ask("monitor_cond", [self._layout.database, _ID, self._layout.monitored()]))
        self._connection = self._client.connection

    def _update(self, method: str, params: list[Any]) -> None:
        if method == "update2" and params[0] == _ID:
            self._apply(params[1])

    def _apply(self, updates: Mapping[str, Mapping[str, Any]]) -> None:
        """Follow updates. Rows and tables that somebody holds stay as they are: they are replaced, not changed."""
        self._now = None
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
