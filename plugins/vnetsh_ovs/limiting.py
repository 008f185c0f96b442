"""Limits of ports as part of a transaction: rows of QoS, which stay until somebody deletes them."""

from __future__ import annotations

from typing import cast

from vnetsh.model import Change, Resource
from vnetsh_ovs.fields import limit_columns
from vnetsh_ovs.marks import MARK, marked, marks_of
from vnetsh_ovs.qos import says_only_limit
from vnetsh_ovs.restoring import Restorer
from vnetsh_ovs.rows import QOS, Index, record_of
from vnetsh_ovsdb.operations import Operation, as_pairs, as_set, is_row, reference
from vnetsh_ovsdb.transaction import Transaction


class Limits:
    """The rows of QoS that a transaction makes, changes and deletes: others' never, vnetsh's when no port has them."""

    def __init__(self, index: Index, transaction: Transaction, restorer: Restorer) -> None:
        self._index = index
        self._transaction = transaction
        self._restorer = restorer
        self._unlimited: dict[str, set[str]] = {}

    def new(self, change: Change, columns: Operation) -> list[str]:
        """Insert a QoS row; a reference to it. Its table is a root: it stays until it is deleted."""
        row = {"external_ids": marked(change.resource.owner), **columns}
        return self._transaction.insert(change, QOS, row)

    def drop(self, change: Change, uuid: str) -> None:
        """Have a port that goes refer to no QoS row of vnetsh's: such a row goes with the last one that does."""
        known, row = self._index.limit(self._index.tables["Port"][uuid])
        if MARK in marks_of(row):
            self._transaction.update(change, "Port", uuid, {"qos": as_set([])})
            self._let_go(change, uuid, known)

    def _let_go(self, change: Change, port: str, limit: str) -> None:
        ports = self._unlimited.setdefault(limit, set())
        ports.add(port)
        if len(ports) == self._index.limited[limit]:
            self._transaction.delete(change, QOS, limit)

    def change(self, change: Change, uuid: str) -> None:
        """Limit a port otherwise: as it was before, where a change is taken back."""
        after = cast(Resource, change.after)
        port = self._index.tables["Port"][uuid]
        known, row = self._index.limit(port)
        own = MARK in marks_of(row)
        message = f"the limit of port {after.name} was changed meanwhile"
        self._transaction.expect(
            change, message, "Port", is_row(uuid), {"qos": reference(known) if known else as_set([])}
        )
        if known:
            seen = {"type": row.get("type", ""), "other_config": row.get("other_config", as_pairs({}))}
            self._transaction.expect(change, message, QOS, is_row(known), seen)
        columns = limit_columns(after)
        earlier = self._restorer.limit(change, record_of(after), after.name) if change.undo else None
        alone = own and self._index.limited[known] == 1 and says_only_limit(row)
        if alone and columns and earlier in (None, reference(known)):
            self._transaction.update(change, QOS, known, columns)
            return
        if earlier == reference(known):  # by now others have it, too, or more is said in it
            earlier = None
        limit = earlier or (self.new(change, columns) if columns else as_set([]))
        self._transaction.update(change, "Port", uuid, {"qos": limit})
        if own:
            self._let_go(change, uuid, known)
