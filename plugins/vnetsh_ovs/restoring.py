"""Rows that were removed, inserted again as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from vnetsh.model.change import Change
from vnetsh_ovs.marks import MARK, comes_by_itself, marks_of
from vnetsh_ovs.observing import is_tap
from vnetsh_ovs.rows import MIRROR, MIRRORED, QOS, QUEUE, TOLD, Index, row_named, sources_of
from vnetsh_ovsdb.operations import Record, Row, as_set, as_uuids, reference
from vnetsh_ovsdb.transaction import Transaction


class Restorer:
    """Inserts the rows of records; each row once, however many records hold it.

    Queues are others', and no record holds them: those that are gone by now do not come back with their QoS.
    `taken` says whether a port's name is in use by now: such a port is left out.
    """

    def __init__(self, index: Index, transaction: Transaction, taken: Callable[[str], bool]) -> None:
        self._index = index
        self._transaction = transaction
        self._taken = taken
        self._names: dict[str, str] = {}
        self._rows: dict[str, dict[str, Any]] = {}

    def restored(self, uuid: str) -> bool:
        """Whether this row has been inserted again."""
        return uuid in self._names

    def row(self, uuid: str) -> dict[str, Any]:
        """A restored row, as it will be inserted; it may still be added to."""
        return self._rows[uuid]

    def restore(self, change: Change, record: Record, table: str, uuid: str) -> list[str]:
        """Insert a row and all that it owns; a reference to it."""
        name = self._names[uuid] = "was_" + uuid.replace("-", "_")
        row = {column: value for column, value in record[table][uuid].items() if column not in TOLD}
        for column, child in self._index.layout.children[table].items():
            if column in row:
                row[column] = self._children(change, record, child, row[column])
        if table == "Port" and "qos" in row:
            row["qos"] = self._limit(change, record, row) or as_set([])
        if table == QOS and "queues" in row:
            row["queues"] = [
                "map",
                [one for one in row["queues"][1] if one[1][1] in self._index.tables[QUEUE]],
            ]
        self._rows[uuid] = row
        self._make_known(change, record, uuid)
        return self._transaction.insert(change, table, row, name)

    def limit(self, change: Change, record: Record, name: str) -> list[str] | None:
        """A reference to the QoS that a port had: that of others if it is still there, vnetsh's own also again."""
        uuid = row_named(record, "Port", name)
        return self._limit(change, record, record["Port"][uuid]) if uuid else None

    def _limit(self, change: Change, record: Record, port: Row) -> list[str] | None:
        for uuid in as_uuids(port.get("qos")):
            if uuid in self._index.tables[QOS]:
                return reference(uuid)
            if self.restored(uuid):
                return ["named-uuid", self._names[uuid]]
            if MARK in marks_of(record.get(QOS, {}).get(uuid, {})):
                return self.restore(change, record, QOS, uuid)
        return None

    def port(self, name: str) -> list[str] | None:
        """A reference to the restored port of that name, None where there is none."""
        found = (u for u, row in self._rows.items() if "interfaces" in row and row["name"] == name)
        return next((["named-uuid", self._names[uuid]] for uuid in found), None)

    def mirrors_of(self, change: Change, record: Record, port: str) -> Iterator[list[str]]:
        """References to the mirrors of vnetsh's that went with the last port whose packets they copied, made anew.

        One that came back with another of its ports, of a later step, gets this one, too.
        """
        for uuid, row in record.get(MIRROR, {}).items():
            if port not in sources_of(row) or MARK not in marks_of(row) or self.knows(MIRROR, uuid):
                continue
            sent = self._index.ports.get(row["name"])
            if sent and (now := self._index.mirror(sent.uuid)[0]):
                for column in MIRRORED:
                    self._transaction.put(change, MIRROR, now, column, ["named-uuid", self._names[port]])
                continue
            mirror = self.restore(change, record, MIRROR, uuid)
            if sent:  # perhaps another row than it was
                self.row(uuid)["output_port"] = reference(sent.uuid)
            yield mirror

    def knows(self, table: str, uuid: str) -> bool:
        """Whether a row is there, or was inserted again."""
        return self.restored(uuid) or uuid in self._index.tables[table]

    def _make_known(self, change: Change, record: Record, uuid: str) -> None:
        """Put a row back where rows that are still there referred to it weakly (a mirror's ports)."""
        for table, columns in self._index.layout.weak.items():
            for referring, row in record.get(table, {}).items():
                live = self._index.tables[table].get(referring)
                for column in columns if live else ():
                    if uuid in as_uuids(row.get(column)):
                        reference_to = ["named-uuid", self._names[uuid]]
                        self._transaction.put(change, table, referring, column, reference_to)

    def _children(self, change: Change, record: Record, table: str, value: Any) -> object:
        present = []
        for uuid in as_uuids(value):
            if not self.restored(uuid):
                if table == "Port" and self._stays_away(record, record[table][uuid]):
                    continue
                self.restore(change, record, table, uuid)
            present.append(reference(uuid))
        return as_set(present)

    def _stays_away(self, record: Record, port: Row) -> bool:
        """A vm's tap comes back with its vm; a port that moved to another bridge exists."""
        if comes_by_itself(port):
            return True
        interfaces = [(uuid, record["Interface"][uuid]) for uuid in as_uuids(port.get("interfaces"))]
        return is_tap(interfaces) or self._taken(port["name"])

    def link(self) -> None:
        """Let all inserted rows refer to each other's new selves. Call once, at the end."""
        for row in self._rows.values():
            for column, value in row.items():
                row[column] = self._linked(value)

    def _linked(self, value: Any) -> Any:
        if not isinstance(value, list) or len(value) != 2:
            return value
        if value[0] == "uuid" and value[1] in self._names:
            return ["named-uuid", self._names[value[1]]]
        if value[0] == "set":
            return ["set", [self._linked(one) for one in value[1]]]
        return value
