"""A transaction of changes in the making, and what the changes of one call have to know of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from vnetsh.model import ActionKind, Change, Resource, Value
from vnetsh_ovs.fields import IN_ROWS, Field, shown
from vnetsh_ovs.limiting import Limits
from vnetsh_ovs.marks import MARK, mark_of, marked, marks_of
from vnetsh_ovs.observing import is_fake, is_tap, member, uplink_of
from vnetsh_ovs.restoring import Restorer
from vnetsh_ovs.rows import ROOT, Index, Spot, record_of, root_of, row_named
from vnetsh_ovsdb.operations import Operation, Row, as_map, as_pairs, as_set, is_row, reference
from vnetsh_ovsdb.transaction import Conflict, Transaction


class Draft:
    """Changes that are about to become a transaction on the rows of an index.

    `new_bridges` are the rows of bridges that it makes, and `gone_bridges` the names of those that it removes;
    `leaving` are the names of ports that are taken off their bridge; `new_ports` are references to those that it makes.
    `mirrors` are changes that name ports: they are made when all are there, as `flows` are when bridges are. `watched`
    are bridges that must not go, `removed` ports that do.
    """

    def __init__(self, changes: Sequence[Change], index: Index, datapath: str) -> None:
        self.index = index
        self.datapath = datapath
        self.transaction = Transaction(root_of(index.root))
        self.restorer = Restorer(index, self.transaction, lambda name: name in index.ports)
        self.limits = Limits(index, self.transaction, self.restorer)
        self.new_bridges: dict[str, Operation] = {}
        gone = [c.before for c in changes if c.action is ActionKind.REMOVE and c.before]
        self.gone_bridges = {resource.name for resource in gone if resource.kind == "bridge"}
        members = [c for c in changes if c.before and (c.resource.kind != "bridge" or c.before.get("parent"))]
        self.leaving = {c.resource.name for c in members if not c.after or "bridge" in c.differing()}
        self._uplinks: dict[str, str] = {}
        self.new_ports: dict[str, list[str]] = {}
        self.mirrors: list[Change] = []
        self.flows: list[Change] = []
        self.watched: dict[str, Change] = {}
        self._detached: dict[str, list[str]] = {}
        self.removed: dict[Spot, Change] = {}

    def finished(self) -> Transaction:
        """The transaction, with all that it expects of bridges. Call once, at the end."""
        self.restorer.link()
        for bridge, change in self.watched.items():
            name, where = self.index.bridge_name(bridge), is_row(bridge)
            message = f"bridge {name} is gone"
            if bridge in self._detached:
                ports = as_set([reference(port) for port in self._detached[bridge]])
                where.append(["ports", "includes", ports])
                message = f"bridge {name} or its ports were changed meanwhile"
            self.transaction.expect(change, message, "Bridge", where, {"name": name})
        return self.transaction

    def uplink(self, bridge: str) -> str:
        """The name of a bridge's uplink, empty without one."""
        if bridge not in self._uplinks:
            self._uplinks[bridge] = uplink_of(self.index, bridge)
        return self._uplinks[bridge]

    def add_bridge(self, change: Change, bridge: object) -> None:
        """Let the root refer to an inserted bridge."""
        self.transaction.put(change, ROOT, self.index.root, "bridges", bridge)

    def remove_bridge(self, change: Change, bridge: str) -> None:
        """Let the root no longer refer to a bridge: it goes, and all that it owns."""
        self.transaction.take(change, ROOT, self.index.root, "bridges", reference(bridge))

    def attach(self, change: Change, bridge: str, port: list[str]) -> None:
        """Put a port on a bridge, which may be a new one."""
        if bridge in self.new_bridges:
            self.new_bridges[bridge]["ports"][1].append(port)
        elif bridge in self.index.bridges:
            uuid = self.index.bridges[bridge]
            self.watched.setdefault(uuid, change)
            self.transaction.put(change, "Bridge", uuid, "ports", port)
        else:
            raise Conflict(change, f"there is no bridge {bridge}")

    def detach(self, change: Change, spot: Spot) -> None:
        """Take a port off its bridge; it may be put on another one."""
        self.watched.setdefault(spot.bridge, change)
        self._detached.setdefault(spot.bridge, []).append(spot.uuid)
        self.transaction.take(change, "Bridge", spot.bridge, "ports", reference(spot.uuid))

    def remove_port(self, change: Change, spot: Spot) -> None:
        """Take a port off its bridge for good, with its limit where that is vnetsh's."""
        self.detach(change, spot)
        self.limits.drop(change, spot.uuid)
        self.removed[spot] = change

    def new_port(
        self,
        change: Change,
        name: str,
        interface: Operation,
        port: Operation,
        limit: Operation | None = None,
        nics: Sequence[object] = (),
    ) -> list[str]:
        """Insert a port with an interface of its name, or those of a bond, and perhaps a limit; a reference to it."""
        devices = [
            self.transaction.insert(change, "Interface", {"name": device, **interface})
            for device in nics or (name,)
        ]
        marks: object = marked(change.resource.owner)
        if "external_ids" in port:
            marks = as_pairs({**as_map(marks), **as_map(port["external_ids"])})
        row = {"name": name, "interfaces": as_set(devices), **port, "external_ids": marks}
        if limit:
            row["qos"] = self.limits.new(change, limit)
        self.new_ports[name] = self.transaction.insert(change, "Port", row)
        return self.new_ports[name]

    def member(self, spot: Spot) -> tuple[str, dict[str, Value]]:
        """What a port is, a word (only `port` and `tunnel` are ours to change), and its attributes."""
        row = self.index.tables["Port"][spot.uuid]
        bridge = self.index.bridge_name(spot.bridge)
        interfaces = self.index.interfaces(row)
        kind, attributes = member(self.index, bridge, spot.uuid, interfaces)
        if is_tap(interfaces):
            kind = "vm's port"
        elif is_fake(row):
            kind = "fake bridge"
        elif row["name"] == bridge:
            kind = "local port"
        elif row["name"] == self.uplink(spot.bridge):
            kind = "uplink"
        return kind, attributes

    def name_taken(self, change: Change, name: str, spot: Spot) -> Conflict:
        """What is said of a port that is to be made where another one is."""
        kind, have = self.member(spot)
        values = ", ".join(f"{key} {shown(value)}" for key, value in have.items() if key != "bridge")
        return Conflict(
            change,
            f"the name {name} is taken on this host: by {article(kind)} of bridge {have['bridge']} ({values})",
            "choose another name, or delete that one first",
        )

    def change_mark(self, change: Change, table: str, uuid: str) -> None:
        """Take something for vnetsh's own, or no longer."""
        before, after = cast(Resource, change.before), cast(Resource, change.after)
        if (before.marked, before.owner) == (after.marked, after.owner):
            return
        mark = mark_of(after.owner) if after.marked else None
        if marks_of(self.index.tables[table][uuid]).get(MARK) != mark:
            self.transaction.set_keys(change, table, uuid, "external_ids", {MARK: mark})

    def change_rows(
        self, change: Change, due: Mapping[Field, Value], rows: Mapping[str, tuple[str, Row]]
    ) -> None:
        """Give fields their values, on rows by table. All else, and keys that no field knows, stay.

        Nothing happens when one of those fields was changed since the rows were read, or another of the same row.
        """
        for table in dict.fromkeys(field.table for field in due):
            uuid, row = rows[table]
            here = {field: value for field, value in due.items() if field.table == table}
            self._expect_as_read(change, here, table, uuid, row)
            columns: dict[str, object] = {}
            keys: dict[str, dict[str, str | None]] = {}
            for field, value in here.items():
                if field.key:
                    keys.setdefault(field.column, {})[field.key] = self._text(change, field, value)
                else:
                    columns |= self._columns(change, field, value)
            if columns:
                self.transaction.update(change, table, uuid, columns)
            for column, values in keys.items():
                self.transaction.set_keys(change, table, uuid, column, values)

    def _expect_as_read(
        self, change: Change, due: Mapping[Field, Value], table: str, uuid: str, row: Row
    ) -> None:
        resource = change.resource
        known = [field for field in IN_ROWS[resource.kind] if field.table == table]
        as_read = {c: row.get(c, empty) for field in known for c, empty in field.columns.items()}
        title = next(iter(due)).title if len(due) == 1 else ""
        what = f"{resource.kind} {resource.name}"
        message = f"{f'the {title} of {what}' if title else what} was changed meanwhile"
        self.transaction.expect(change, message, table, is_row(uuid), as_read)

    def _columns(self, change: Change, field: Field, value: Value) -> Mapping[str, object]:
        """A field's columns for a value; when a change is taken back, exactly as they were."""
        row = _earlier(change, field, value)
        if row is None:
            return field.columns_for(cast(Resource, change.after).attributes)
        return {column: row.get(column, empty) for column, empty in field.columns.items()}

    def _text(self, change: Change, field: Field, value: Value) -> str | None:
        """What stands under a field's key for a value; when a change is taken back, spelled as it was."""
        row = _earlier(change, field, value)
        if row is not None:
            return as_map(row.get(field.column)).get(field.key)
        return None if value is None else str(field.form.write(value))


def _earlier(change: Change, field: Field, value: Value) -> Row | None:
    """The row that said this value before the change that is taken back; None where there is none."""
    after = cast(Resource, change.after)
    record = record_of(after)
    uuid = row_named(record, field.table, after.name) if change.undo else ""
    row = record[field.table][uuid] if uuid else None
    return row if row is not None and field.read(row) == value else None


def article(kind: str) -> str:
    """What a port is, with its article."""
    return f"an {kind}" if kind == "uplink" else f"a {kind}"
