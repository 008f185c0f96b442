"""Values and operations as they go over the wire (RFC 7047, 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Operation = dict[str, Any]

Row = Mapping[str, Any]
"""A row's columns; those with their default value may be left out."""

Record = Mapping[str, Mapping[str, Row]]
"""Rows by table and UUID."""


def as_map(value: Any) -> dict[str, str]:
    """A map column's value (RFC 7047, 5.1)."""
    return dict(value[1]) if value else {}


def as_uuids(value: Any) -> list[str]:
    """A reference column's UUIDs: none, one, or a set."""
    if not value:
        return []
    if value[0] == "set":
        return [uuid for _, uuid in value[1]]
    return [value[1]]


def as_scalar(value: Any) -> Any:
    """An optional column's value, None when it is empty."""
    return None if value == ["set", []] else value


def as_list(value: Any) -> list[Any]:
    """A set column's values; a set of one goes over the wire as that one."""
    if value is None:
        return []
    return list(value[1]) if isinstance(value, list) and value[0] == "set" else [value]


def as_set(values: Sequence[object]) -> list[object]:
    """A set column's value, for the wire."""
    return ["set", list(values)]


def as_pairs(values: Mapping[str, str]) -> list[object]:
    """A map column's value, for the wire."""
    return ["map", [*values.items()]]


def reference(uuid: str) -> list[str]:
    """A row of the database as a value."""
    return ["uuid", uuid]


def is_row(uuid: str) -> list[list[Any]]:
    """The condition that takes one row."""
    return [["_uuid", "==", reference(uuid)]]


def select(table: str, where: Sequence[object], columns: Sequence[str]) -> Operation:
    """The operation that reads columns of the rows that fit."""
    return {"op": "select", "table": table, "where": where, "columns": columns}


def await_row(
    table: str,
    column: str,
    function: str,
    value: object,
    *also: Sequence[object],
    fits: bool = True,
    seconds: float = 0,
) -> Operation:
    """The operation that waits until a row fits a condition, or none fits it any more; else all fails with it.

    `also` are further conditions for the same row. Without `seconds` it does not wait: it is a precondition.
    """
    return {
        "op": "wait",
        "timeout": round(seconds * 1000),
        "table": table,
        "where": [[column, function, value], *also],
        "columns": [column],
        "until": "!=" if fits else "==",
        "rows": [],
    }


def assert_lock(name: str) -> Operation:
    """The operation with which all fails unless this very connection holds a lock (`Client.lock`)."""
    return {"op": "assert", "lock": name}
