"""All that is needed to restore a thing whole: its rows, what they refer to, and what referred to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from vnetsh_ovn.rows import Index, key_of
from vnetsh_ovsdb.operations import as_uuids

ROWS, REFERS, KNOWN = "rows", "refers to", "referred to by"


class Whole(Mapping[str, Any]):
    """The record of a thing, gathered when somebody looks at it: most are never looked at. As JSON has it:

    `rows` by table and UUID; `refers to`: table and key of other rows that these name, by UUID; `referred to by`:
    table, key and column of other rows that name these, by the UUID of the one that they name.
    """

    def __init__(self, index: Index, rows: Sequence[tuple[str, str]]) -> None:
        self._of = index, rows

    @cached_property
    def _record(self) -> dict[str, Any]:
        index, rows = self._of
        mine = {uuid for _, uuid in rows}
        found: dict[str, Any] = {ROWS: {}, REFERS: {}, KNOWN: {}}
        for table, uuid in rows:
            row = index.tables[table][uuid]
            found[ROWS].setdefault(table, {})[uuid] = row
            for column, target in index.targets(table).items():
                for other in as_uuids(row.get(column)):
                    if other not in mine and other in index.tables.get(target, {}):
                        found[REFERS][other] = [target, key_of(index.tables[target][other])]
            found[KNOWN][uuid] = [
                [owner.table, key_of(index.tables[owner.table][owner.uuid]), owner.column]
                for owner in index.referring.get(uuid, ())
                if owner.uuid not in mine
            ]
        return found

    def __getitem__(self, key: str) -> Any:
        return self._record[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._record)

    def __len__(self) -> int:
        return len(self._record)
