"""The database's rows, as far as bridges are made of them, and an index to find one's way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from vnetsh.errors import BackendRefused, ServiceAbsent
from vnetsh_ovs.client import Client

DATABASE = "Open_vSwitch"
ROOT = "Open_vSwitch"  # the table of one row from which everything hangs
ROOT_COLUMNS = ("next_cfg", "cur_cfg", "ovs_version", "external_ids")
# What vswitchd writes though the schema does not call it ephemeral. Its errors are kept: what was broken before
# it was removed may be so when it is restored.
_STATUS = frozenset({"ofport", "cfm_flap_count", "datapath_version", "bond_active_slave"})
ERROR = "error"

Row = Mapping[str, Any]
Record = Mapping[str, Mapping[str, Row]]
"""Rows by table and UUID, as they go over the wire; columns with their default value may be left out."""


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


def reference(uuid: str) -> list[str]:
    """A row of the database as a value."""
    return ["uuid", uuid]


@dataclass(frozen=True)
class Layout:
    """What the server's schema says: the columns to keep of each table, and which rows belong to which.

    `children` are the columns by which a row owns others: strong references to a table that is no root, whose
    rows are gone when nothing refers to them (RFC 7047, 3.2). `weak` are those by which it only knows others:
    they become empty when the other row goes (a mirror's ports).
    """

    columns: Mapping[str, list[str]]
    children: Mapping[str, Mapping[str, str]]
    weak: Mapping[str, list[str]]
    many: Mapping[str, Mapping[str, str]]

    @staticmethod
    def of(schema: Mapping[str, Any]) -> Layout:
        """The layout of a schema as `get_schema` gives it, from Bridge downwards."""
        tables = schema["tables"]
        columns: dict[str, list[str]] = {}
        children: dict[str, dict[str, str]] = {}
        weak: dict[str, list[str]] = {}
        many: dict[str, dict[str, str]] = {ROOT: {"external_ids": "map"}}
        pending = ["Bridge"]
        while pending:
            table = pending.pop()
            known = tables[table]["columns"]
            columns[table] = [
                c for c, about in known.items() if not about.get("ephemeral") and c not in _STATUS
            ]
            owned = {c: _owned_table(known[c]["type"], tables) for c in columns[table]}
            children[table] = {column: child for column, child in owned.items() if child}
            many[table] = {c: kind for c in columns[table] if (kind := _many(known[c]["type"]))}
            weak[table] = [c for c in columns[table] if _reference(known[c]["type"]).get("refType") == "weak"]
            pending += [child for child in children[table].values() if child not in columns]
        return Layout(columns, children, weak, many)

    def modified(self, table: str, row: Row, difference: Row) -> Row:
        """A row after an update that tells what differs (`modify` of update2, ovsdb-server(7), 4.1.14)."""
        found = {**row, **difference}
        for column, kind in self.many.get(table, {}).items():
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


class Place(NamedTuple):
    """Where a port is: its row and its bridge's."""

    uuid: str
    bridge: str


@dataclass(frozen=True)
class Index:
    """The rows of one moment."""

    layout: Layout
    tables: Record
    root: str

    @cached_property
    def bridges(self) -> Mapping[str, str]:
        """UUIDs of the bridges, by name."""
        return {row["name"]: uuid for uuid, row in self.tables["Bridge"].items()}

    @cached_property
    def ports(self) -> Mapping[str, Place]:
        """All ports, by name."""
        rows = self.tables["Port"]
        return {
            rows[port]["name"]: Place(port, bridge)
            for bridge, row in self.tables["Bridge"].items()
            for port in as_uuids(row.get("ports"))
        }

    @property
    def version(self) -> str:
        """Open vSwitch's version, empty when vswitchd has not said it."""
        return str(self.tables[ROOT][self.root].get("ovs_version", ""))

    def bridge_name(self, uuid: str) -> str:
        """A bridge's name."""
        return str(self.tables["Bridge"][uuid]["name"])

    def bridge_ports(self, bridge: str) -> Iterator[tuple[str, Row]]:
        """UUID and row of each port of a bridge."""
        rows = self.tables["Port"]
        return ((port, rows[port]) for port in as_uuids(self.tables["Bridge"][bridge].get("ports")))

    def interfaces(self, port: Row) -> list[tuple[str, Row]]:
        """UUID and row of a port's interfaces: several only of a bond."""
        rows = self.tables["Interface"]
        return [(uuid, rows[uuid]) for uuid in as_uuids(port.get("interfaces"))]

    @cached_property
    def knowing(self) -> Mapping[str, list[tuple[str, str]]]:
        """Table and UUID of the rows that refer weakly to a row, by its UUID."""
        found: dict[str, list[tuple[str, str]]] = {}
        for table, columns in self.layout.weak.items():
            for uuid, row in self.tables[table].items() if columns else ():
                for known in {known for column in columns for known in as_uuids(row.get(column))}:
                    found.setdefault(known, []).append((table, uuid))
        return found

    def whole(self, table: str, uuid: str) -> Record:
        """A row, all that it owns, and what refers to these weakly: all that is needed to restore it."""
        return _Whole(self, table, uuid)


class _Whole(Mapping[str, Mapping[str, Row]]):
    """The rows of `Index.whole`, gathered when somebody looks at them: most records are never looked at."""

    def __init__(self, index: Index, table: str, uuid: str) -> None:
        self._of = index, table, uuid

    @cached_property
    def _rows(self) -> dict[str, dict[str, Row]]:
        index, table, uuid = self._of
        found: dict[str, dict[str, Row]] = {}
        _own(index, table, uuid, found)
        return found

    def __getitem__(self, table: str) -> Mapping[str, Row]:
        return self._rows[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _own(index: Index, table: str, uuid: str, found: dict[str, dict[str, Row]]) -> None:
    row = index.tables[table][uuid]
    found.setdefault(table, {})[uuid] = row
    for referrer, referring in index.knowing.get(uuid, ()):
        found.setdefault(referrer, {})[referring] = index.tables[referrer][referring]
    for column, child in index.layout.children[table].items():
        if column in row:
            for owned in as_uuids(row[column]):
                _own(index, child, owned, found)


# By a schema's version and checksum: mostly all hosts have the same.
_layouts: dict[tuple[str, str], Layout] = {}


def read_layout(client: Client) -> Layout:
    """Ask for the schema. Raises `ServiceAbsent` when the server has no Open vSwitch database."""
    try:
        schema = client.ask("get_schema", [DATABASE])
    except BackendRefused as error:
        raise ServiceAbsent(
            error.message, help="this ovsdb-server serves other databases: name Open vSwitch's own"
        ) from error
    known = str(schema.get("version")), str(schema.get("cksum"))
    if known not in _layouts:
        _layouts[known] = Layout.of(schema)
    return _layouts[known]
