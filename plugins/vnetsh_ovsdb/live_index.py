"""An index of a database's rows that follows the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from vnetsh.errors import ServiceAbsent
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.layout import Layout, Wanted, read_layout
from vnetsh_ovsdb.live_rows import LiveRows
from vnetsh_ovsdb.operations import Record

Index = TypeVar("Index")


class LiveIndex(Generic[Index]):
    """What `index` makes of a layout, the rows of one moment, and the UUID of the one row of the table `root`.

    `init` is the command by which somebody gives an empty database that row.
    """

    def __init__(
        self,
        client: Client,
        wanted: Wanted,
        root: str,
        index: Callable[[Layout, Record, str], Index],
        init: str,
    ) -> None:
        self.layout = read_layout(client, wanted)
        self._rows = LiveRows(client, self.layout)
        self._root, self._make, self._init = root, index, init
        self._index: tuple[Record, Index] | None = None

    def now(self) -> Index:
        """The index of the rows as they are now, the same as long as nothing has changed.

        Raises `HostUnreachable`, and `ServiceAbsent` where the database is empty.
        """
        tables = self._rows.now()
        if not tables[self._root]:
            words = f"the {self.layout.database} database is empty"
            raise ServiceAbsent(words, help=f"initialise it: `{self._init}`")
        if self._index is None or self._index[0] is not tables:
            self._index = tables, self._make(self.layout, tables, next(iter(tables[self._root])))
        return self._index[1]
