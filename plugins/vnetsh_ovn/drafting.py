"""Changes into one transaction on the northbound database, on the rows as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vnetsh.model import Change, Resource
from vnetsh_ovn.altering import is_altered, same
from vnetsh_ovn.joining import following, joined
from vnetsh_ovn.pieces import Piece, Within
from vnetsh_ovn.records import KNOWN, REFERS, ROWS
from vnetsh_ovn.rows import Index, Ref, key_of, root_of
from vnetsh_ovn.shapes import SHAPES
from vnetsh_ovsdb.operations import Row, as_map, as_pairs, is_row, reference
from vnetsh_ovsdb.transaction import Conflict, Transaction

_OTHERWISE = "is not as it was: somebody else has changed it"


def translate(changes: Sequence[Change], index: Index) -> Transaction:
    """The transaction that makes the changes; empty when all of them are made already.

    A change whose outcome is there is left out, so that doing or undoing twice does no harm. Raises `Conflict` when the
    rows are neither as a change found them nor as it leaves them.
    """
    draft = _Draft(index)
    for change in changes:
        draft.gather(change)
    return draft.finished()


class _Draft:
    def __init__(self, index: Index) -> None:
        self._index = index
        self._transaction = Transaction(root_of(index.root))
        self._new: dict[Ref, tuple[Change, Piece]] = {}
        self._going: dict[str, tuple[Change, str]] = {}  # by UUID: the change, and the table
        self._altered: list[tuple[Change, Piece, Piece]] = []
        self._inserting: dict[Ref, str] = {}
        self._wired: dict[tuple[Ref, ...], object] = {}

    def gather(self, change: Change) -> None:
        before, after = change.before, change.after
        if after is None:
            assert before
            for table, uuid in self._rows_of(before):
                self._going[uuid] = change, table
            return
        if before is None:
            for piece in self._restored(after) if after.record else self._pieces(after):
                self._new[piece.ref] = change, piece
            return
        old = {piece.ref: piece for piece in self._pieces(before)}
        new = {piece.ref: piece for piece in self._pieces(after)}
        if is_altered(after):  # as others had it, in what is vnetsh's
            new = {one.ref: _within(one, old[one.ref]) for one in self._restored(after) if one.ref in old}
        for ref in {**old, **new}:
            if ref not in new:
                if uuid := self._index.find(ref):
                    self._going[uuid] = change, ref.table
            elif ref not in old or not self._index.find(ref):
                self._new[ref] = change, new[ref]
            else:
                self._altered.append((change, old[ref], new[ref]))

    def _pieces(self, resource: Resource) -> Sequence[Piece]:
        return SHAPES[resource.kind].pieces(resource, self._index)

    def _rows_of(self, resource: Resource) -> Iterator[tuple[str, str]]:
        """Table and UUID of a thing's rows that are there: as it was observed, or as it would be made."""
        recorded: Mapping[str, Any] = (resource.record or {}).get(ROWS, {})  # type: ignore[assignment]
        seen = [(table, uuid) for table, rows in recorded.items() for uuid in rows]
        if not any(uuid in self._index.tables[table] for table, uuid in seen):
            seen = [(piece.ref.table, self._index.find(piece.ref)) for piece in self._pieces(resource)]
        for table, uuid in seen:
            if uuid in self._index.tables[table]:
                yield table, uuid

    def _restored(self, resource: Resource) -> Iterator[Piece]:
        """A thing as it was observed, all its columns, wherever those now are that it refers to."""
        record: Mapping[str, Any] = resource.record or {}
        refs = {uuid: Ref(*found) for uuid, found in record[REFERS].items()}
        rows = [(table, uuid, row) for table, rows in record[ROWS].items() for uuid, row in rows.items()]
        refs |= {uuid: Ref(table, key_of(row) or uuid) for table, uuid, row in rows}
        for table, uuid, row in rows:
            targets = {c for c, other in self._index.targets(table).items() if other in self._index.tables}
            columns = {
                column: tuple(refs[one] for one in _uuids(value) if one in refs)
                if column in targets
                else value
                for column, value in row.items()
            }
            within = tuple(Within(Ref(owner, key), column) for owner, key, column in record[KNOWN][uuid])
            yield Piece(refs[uuid], columns, within=within)

    def finished(self) -> Transaction:
        """The transaction of all that was gathered. Raises `Conflict`."""
        held: dict[Ref, dict[str, list[list[str]]]] = {}
        inserts = []
        for ref, (change, piece) in self._new.items():
            uuid = self._index.find(ref)
            if uuid and uuid not in self._going:
                self._made_already(change, piece, self._index.tables[ref.table][uuid])
                continue
            inserts.append((change, piece))
        # By which other rows of the same transaction refer to one (RFC 7047, 5.1: letters, digits and `_`).
        self._inserting = {piece.ref: f"row_{number}" for number, (_, piece) in enumerate(inserts)}
        groups = following(self._index, [*(one for _, one in inserts), *(new for _, _, new in self._altered)])
        inserts = [(change, joined(piece, groups)) for change, piece in inserts] if groups else inserts
        homes: dict[Within, tuple[Change, list[list[str]]]] = {}  # many are of one switch, and of one group
        for change, piece in inserts:
            mine = ["named-uuid", self._inserting[piece.ref]]
            for within in piece.within:
                if within in homes:
                    homes[within][1].append(mine)
                else:
                    homes[within] = change, [mine]
        for change, old, new in self._altered:  # what is there already, and is referred to by what is new
            for within in {*new.within} - {*old.within}:
                if within.ref in self._inserting:
                    homes.setdefault(within, (change, []))[1].append(self._value(new.ref))
        for (owner, column), (change, references) in homes.items():
            if owner in self._inserting:
                held.setdefault(owner, {})[column] = references
            elif uuid := self._staying(owner):
                self._transaction.put(change, owner.table, uuid, column, *references)
            elif column in self._index.layout.children[owner.table]:
                raise Conflict(change, f"{owner.table} `{owner.key}`, to which it belongs, is gone")
        for change, piece in inserts:
            row = {
                column: self._wire(value) if isinstance(value, tuple) else value
                for column, value in piece.columns.items()
            }
            for column, keys in piece.keys.items():
                if keys:
                    row[column] = as_pairs(keys)
            for column, more in held.get(piece.ref, {}).items() if held else ():
                said = _elements(row.get(column))  # of one that is restored, maybe the same
                row[column] = ["set", [*said, *(one for one in more if one not in said)]]
            self._transaction.insert(change, piece.ref.table, row, self._inserting[piece.ref])
        for uuid, (change, table) in self._going.items():
            self._remove(change, table, uuid)
        for change, old, new in self._altered:
            self._alter(change, old, new)
        return self._transaction

    def _staying(self, ref: Ref) -> str:
        uuid = self._index.find(ref)
        return "" if uuid in self._going else uuid

    def _value(self, ref: Ref) -> list[str]:
        """How a row is referred to; empty where there is none of that name."""
        if ref in self._inserting:
            return ["named-uuid", self._inserting[ref]]
        uuid = self._staying(ref)
        return reference(uuid) if uuid else []

    def _wire(self, value: object) -> object:
        if not isinstance(value, tuple):
            return value
        if value not in self._wired:  # many rows refer to the same ones
            self._wired[value] = ["set", [one for ref in value if (one := self._value(ref))]]
        return self._wired[value]

    def _there(self, value: object) -> object:
        """What a column had, also of rows that are to go."""
        if isinstance(value, tuple):
            return ["set", [reference(uuid) for ref in value if (uuid := self._index.find(ref))]]
        return ["set", []] if value is None else value

    def _made_already(self, change: Change, piece: Piece, row: Row) -> None:
        """Raise `Conflict` where a row of that name is not as it is to be made."""
        plain = {name: value for name, value in piece.columns.items() if not isinstance(value, tuple)}
        alike = all(same(row.get(column), value) for column, value in plain.items())
        ours = all(as_map(row.get(c)).get(k) == v for c, keys in piece.keys.items() for k, v in keys.items())
        if not (alike and ours):
            raise Conflict(change, f"there is a {piece.ref.table} `{piece.ref.key}` already")

    def _remove(self, change: Change, table: str, uuid: str) -> None:
        if self._index.is_root(table):
            self._transaction.delete(change, table, uuid)
        # Also what only knows it: ovsdb-server 3.1 keeps the reference in a row that the same transaction changes.
        for owner in self._index.referring.get(uuid, ()):
            if owner.uuid not in self._going:
                self._transaction.take(change, owner.table, owner.uuid, owner.column, reference(uuid))

    def _alter(self, change: Change, old: Piece, new: Piece) -> None:
        table, uuid = new.ref.table, self._index.find(new.ref)
        row = self._index.tables[table][uuid]
        columns: dict[str, object] = {}
        expected: dict[str, object] = {}
        for column in {**old.columns, **new.columns}:
            was, wanted = (
                self._there(old.columns.get(column)),
                self._wire(new.columns.get(column, ["set", []])),
            )
            if same(row.get(column), wanted):
                continue
            if is_altered(change.before) or is_altered(change.after):
                was = row.get(column, was)
            elif same(was, wanted):
                continue
            if not same(row.get(column), was):
                raise Conflict(change, f"{change.resource.kind} {change.resource.name} {_OTHERWISE}")
            columns[column] = wanted
            expected[column] = row.get(column, was)
        if columns:
            words = f"{change.resource.kind} {change.resource.name} {_OTHERWISE}"
            self._transaction.expect(change, words, table, is_row(uuid), expected)
            self._transaction.update(change, table, uuid, columns)
        for column in {**old.keys, **new.keys}:
            before, after = old.keys.get(column, {}), new.keys.get(column, {})
            there = as_map(row.get(column))
            wanted_keys = {k: after.get(k) for k in {**before, **after} if there.get(k) != after.get(k)}
            known = is_altered(change.before) or is_altered(change.after)
            if not known and any(there.get(key) != before.get(key) for key in wanted_keys):
                raise Conflict(change, f"{change.resource.kind} {change.resource.name} {_OTHERWISE}")
            if wanted_keys:
                self._transaction.set_keys(change, table, uuid, column, wanted_keys)
        for within in {*new.within} - {*old.within}:
            if owner := self._staying(within.ref):
                self._transaction.put(change, within.ref.table, owner, within.column, reference(uuid))
        for within in {*old.within} - {*new.within}:
            if owner := self._staying(within.ref):
                self._transaction.take(change, within.ref.table, owner, within.column, reference(uuid))


def _within(piece: Piece, old: Piece) -> Piece:
    """A piece in no more columns than another one has; its keys, too, are as they were."""
    keys = {column: as_map(piece.columns.get(column)) for column in old.keys}
    mine = {
        column: {key: there[key] for key in old.keys[column] if key in there}
        for column, there in keys.items()
    }
    columns = {column: piece.columns.get(column, ["set", []]) for column in old.columns}
    return Piece(old.ref, columns, mine, old.within)


def _uuids(value: object) -> list[str]:
    return [one[1] for one in _elements(value)]


def _elements(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value[1]) if isinstance(value, list) and value[:1] == ["set"] else [value]
