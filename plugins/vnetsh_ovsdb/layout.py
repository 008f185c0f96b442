"""What a server's schema says of the tables that somebody follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vnetsh.errors import BackendRefused, ServiceAbsent
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.operations import Row, as_map


@dataclass(frozen=True, eq=False)
class Wanted:
    """What somebody wants to follow of a database. Equal only to itself.

    The tables that `start` owns, and so on downwards, with all columns but those that are ephemeral or, by table, of
    no interest (`but`); of ephemeral ones those that are `told`, by table; and some tables (`also`) with these columns
    only. `help`: what to do where the server has
    no such database.
    """

    database: str
    start: Sequence[str]
    also: Mapping[str, Sequence[str]] = field(default_factory=dict)
    but: Collection[str] = ()
    told: Mapping[str, Sequence[str]] = field(default_factory=dict)
    help: str = "this ovsdb-server serves other databases"


@dataclass(frozen=True)
class Layout:
    """The columns to follow of each table of a database, and which rows belong to which.

    `children` are the columns by which a row owns others: strong references to a table that is no root, whose
    rows are gone when nothing refers to them (RFC 7047, 3.2). `weak` are those by which it only knows others:
    they become empty when the other row goes (a mirror's ports). `refers` are all columns that refer to rows, with the
    table of these, and `roots` the tables whose rows stay though nothing refers to them. `many` are the columns of
    several values: `map` or `set`. `known` are all tables that the server has.
    """

    database: str
    columns: Mapping[str, Sequence[str]]
    children: Mapping[str, Mapping[str, str]]
    weak: Mapping[str, Sequence[str]]
    many: Mapping[str, Mapping[str, str]]
    refers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()

    @staticmethod
    def of(schema: Mapping[str, Any], wanted: Wanted) -> Layout:
        """The layout of a schema as `get_schema` gives it."""
        tables = schema["tables"]
        columns: dict[str, Sequence[str]] = {}
        children: dict[str, dict[str, str]] = {}
        weak: dict[str, Sequence[str]] = {}
        refers: dict[str, dict[str, str]] = {}
        many: dict[str, dict[str, str]] = {}
        pending = [*wanted.also, *wanted.start]
        while pending:
            table = pending.pop()
            known = tables[table]["columns"]
            told = wanted.told.get(table, ())
            columns[table] = wanted.also.get(table) or [
                c
                for c, about in known.items()
                if c in told or not (about.get("ephemeral") or c in wanted.but)
            ]
            owned = {c: _owned_table(known[c]["type"], tables) for c in columns[table]}
            children[table] = {column: child for column, child in owned.items() if child}
            about = {c: _reference(known[c]["type"]).get("refTable", "") for c in columns[table]}
            refers[table] = {column: other for column, other in about.items() if other}
            many[table] = {c: kind for c in columns[table] if (kind := _many(known[c]["type"]))}
            weak[table] = [c for c in columns[table] if _reference(known[c]["type"]).get("refType") == "weak"]
            pending += [child for child in children[table].values() if child not in columns]
        roots = frozenset(table for table in columns if tables[table].get("isRoot"))
        return Layout(wanted.database, columns, children, weak, many, refers, roots, frozenset(tables))

    def monitored(self, *, initial: bool = True) -> Mapping[str, object]:
        """What asks the server to tell of these columns (`monitor_cond`), and at first what they are."""
        more = {} if initial else {"select": {"initial": False}}
        return {table: [{"columns": columns, **more}] for table, columns in self.columns.items()}

    def modified(self, table: str, row: Row, difference: Row) -> Row:
        """A row after an update that tells what differs (`modify` of update2, ovsdb-server(7), 4.1.14)."""
        found = {**row, **difference}
        for column, kind in self.many[table].items():
            if column in difference:
                change = _map_changed if kind == "map" else _set_changed
                found[column] = change(row.get(column), difference[column])
        return found


def _map_changed(old: Any, difference: Any) -> Any:
    """A key that is told with its old value goes; else it is new, or has a new value."""
    values = as_map(old)
    for key, value in as_map(difference).items():
        if values.get(key) == value:
            del values[key]
        else:
            values[key] = value
    return ["map", [[key, value] for key, value in values.items()]]


def _set_changed(old: Any, difference: Any) -> Any:
    """What is told goes if it was there, else it is new."""
    told = _elements(difference)
    values = _elements(old)
    gone, before = set(told), set(values)
    left = [value for value in values if value not in gone] + [v for v in told if v not in before]
    return ["set", [list(value) if isinstance(value, tuple) else value for value in left]]


def _elements(value: Any) -> list[Any]:
    """The elements of a set column; references as pairs, which can be looked up."""
    if value is None:
        return []
    several = isinstance(value, list) and value[0] == "set"
    elements = value[1] if several else [value]
    return [tuple(one) if isinstance(one, list) else one for one in elements]


def _many(column_type: Any) -> str:
    """`map`, `set`, or nothing for a column of at most one value: this is told whole when it changes."""
    if not isinstance(column_type, dict):
        return ""
    if "value" in column_type:
        return "map"
    most = column_type.get("max", 1)
    return "set" if most == "unlimited" or most > 1 else ""


def _reference(column_type: Any) -> Mapping[str, Any]:
    """What a column's type says of the rows that it refers to; empty when it refers to none."""
    key = column_type.get("key") if isinstance(column_type, dict) else None
    return key if isinstance(key, dict) and "refTable" in key else {}


def _owned_table(column_type: Any, tables: Mapping[str, Any]) -> str:
    about = _reference(column_type)
    table = str(about.get("refTable", ""))
    owned = table and about.get("refType", "strong") == "strong" and not tables[table].get("isRoot")
    return table if owned else ""


# With a schema's version and checksum: mostly all servers have the same.
_layouts: dict[tuple[Wanted, str, str], Layout] = {}


def read_layout(client: Client, wanted: Wanted) -> Layout:
    """Ask for the schema. Raises `HostUnreachable`, and `ServiceAbsent` when the server has no such database."""
    try:
        schema = client.ask("get_schema", [wanted.database])
    except BackendRefused as error:
        raise ServiceAbsent(error.message, help=wanted.help) from error
    known = wanted, str(schema.get("version")), str(schema.get("cksum"))
    if known not in _layouts:
        _layouts[known] = Layout.of(schema, wanted)
    return _layouts[known]
