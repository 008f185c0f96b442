"""Changes as the `ovn-nbctl` calls that come to the same, of all kinds: by the rows that they are made of. Pure."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from vnetsh.model import Change, Resource
from vnetsh_ovn.altering import is_altered, same
from vnetsh_ovn.marks import KEY
from vnetsh_ovn.pieces import Piece
from vnetsh_ovn.records import ROWS
from vnetsh_ovn.rows import (
    BALANCER,
    GROUP,
    ROUTER,
    ROUTER_PORT,
    SWITCH,
    SWITCH_PORT,
    Index,
    Ref,
    key_of,
)
from vnetsh_ovn.shapes import SHAPES
from vnetsh_ovsdb.layout import Layout
from vnetsh_ovsdb.operations import as_list

_NOTHING = Index(
    Layout("", {}, {}, {}, {}, defaultdict(lambda: defaultdict(str))),  # as if the database were empty
    defaultdict(dict),
    "",
)
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
_STRONG = frozenset({"acls", "ports", "static_routes", "nat", "gateway_chassis", "health_check"})
"""Columns by which a row owns others that are gone when nothing refers to them."""
_NAMED = frozenset({SWITCH, SWITCH_PORT, ROUTER, ROUTER_PORT, GROUP, BALANCER})
"""Tables whose rows ovn-nbctl finds by their names."""


class Words(NamedTuple):
    """What follows `ovn-nbctl`, and a few words on it."""

    argv: tuple[str, ...]
    note: str = ""


def words(change: Change) -> Words:
    """The one call of ovn-nbctl that makes a change; nothing where no row differs."""
    call = _Call(change)
    clauses = [*call.clauses()]
    said = [word for clause in [*call.looked_up(), *clauses] for word in ("--", *clause)] if clauses else []
    return Words(tuple(said[1:]), "; ".join(call.notes))


class _Call:
    def __init__(self, change: Change) -> None:
        self._before, self._after = _pieces(change.before), _pieces(change.after)
        self._known = _known(change.before)
        if is_altered(change.before):  # all is said again
            there = self._before.items()
            self._before = {
                ref: Piece(ref, within=piece.within) for ref, piece in there if ref in self._known
            }
        self._new = [ref for ref in self._after if ref not in self._before]
        self._names: dict[Ref, str] = {ref: f"@new{number}" for number, ref in enumerate(self._new, 1)}
        self._asked: dict[Ref, str] = {}
        self.notes: list[str] = []

    def clauses(self) -> Iterator[Sequence[str]]:
        for ref in self._new:
            yield from self._create(ref, self._after[ref])
        for ref, old in self._before.items():
            if ref in self._after:
                yield from self._change(ref, old, self._after[ref])
            else:
                yield from self._remove(ref, old)

    def looked_up(self) -> Iterator[Sequence[str]]:
        """What gives names to rows that are there already."""
        for ref, name in self._asked.items():
            yield (f"--id={name}", "get", ref.table, self._record(ref))

    def _create(self, ref: Ref, piece: Piece) -> Iterator[Sequence[str]]:
        held: dict[str, list[str]] = {}
        for child in self._new:
            for owner, column in self._after[child].within:
                if owner == ref:
                    held.setdefault(column, []).append(self._names[child])
        words = []
        for column, value in piece.columns.items():
            texts = self._texts(value) + held.pop(column, [])
            if texts:
                words.append(f"{column}={','.join(texts)}")
        words += [f"{column}={','.join(names)}" for column, names in held.items()]
        words += [f"{c}:{_text(k)}={_text(v)}" for c, keys in piece.keys.items() for k, v in keys.items()]
        yield (f"--id={self._names[ref]}", "create", ref.table, *words)
        for owner, column in piece.within:
            if owner not in self._names:
                yield ("add", owner.table, self._record(owner), column, self._names[ref])

    def _change(self, ref: Ref, old: Piece, new: Piece) -> Iterator[Sequence[str]]:
        record, words, empty = self._record(ref), [], []
        for column in {**old.columns, **new.columns}:
            was, value = old.columns.get(column), new.columns.get(column, ["set", []])
            if was == value or (not isinstance(value, tuple) and same(was, value)):
                continue
            texts = self._texts(value)
            words += [f"{column}={','.join(texts)}"] if texts else []
            empty += [] if texts else [column]
        for column in {**old.keys, **new.keys}:
            before, after = old.keys.get(column, {}), new.keys.get(column, {})
            words += [f"{column}:{_text(k)}={_text(v)}" for k, v in after.items() if before.get(k) != v]
            for key in before.keys() - after.keys():
                yield ("remove", ref.table, record, column, _text(key))
        if words:
            yield ("set", ref.table, record, *words)
        if empty:
            yield ("clear", ref.table, record, *empty)
        for action, some in (
            ("add", {*new.within} - {*old.within}),
            ("remove", {*old.within} - {*new.within}),
        ):
            for owner, column in sorted(some):
                yield (action, owner.table, self._record(owner), column, self._name(ref))

    def _remove(self, ref: Ref, old: Piece) -> Iterator[Sequence[str]]:
        owners = [(owner, column) for owner, column in old.within if column in _STRONG and _owns(owner, ref)]
        if not owners and self._found(ref):
            yield ("destroy", ref.table, self._record(ref))
        for owner, column in owners:
            if (owner not in self._before or owner in self._after) and self._found(ref):
                yield (
                    "remove",
                    owner.table,
                    self._record(owner),
                    column,
                    self._known.get(ref) or self._name(ref),
                )

    def _texts(self, value: object) -> list[str]:
        if isinstance(value, tuple):
            return [self._name(ref) for ref in value if self._found(ref)]
        return [_text(one) for one in as_list(value)]

    def _found(self, ref: Ref) -> bool:
        """Whether ovn-nbctl finds a row; else that is noted."""
        if ref in self._names or ref in self._known or ref.table in _NAMED:
            return True
        self.notes.append(f"and the {ref.table} whose external_ids:{KEY} is {ref.key}, if there is one")
        return False

    def _name(self, ref: Ref) -> str:
        if ref in self._names:
            return self._names[ref]
        return self._asked.setdefault(ref, f"@row{len(self._asked) + 1}")

    def _record(self, ref: Ref) -> str:
        """What finds a row: its UUID where it was seen, else its name."""
        return self._known.get(ref) or ref.key


def _pieces(resource: Resource | None) -> dict[Ref, Piece]:
    return {one.ref: one for one in SHAPES[resource.kind].pieces(resource, _NOTHING)} if resource else {}


def _known(resource: Resource | None) -> dict[Ref, str]:
    """The UUIDs of a thing's rows, as they were seen."""
    record: Mapping[str, Any] = (resource.record if resource else None) or {}
    rows = record.get(ROWS, {}).items() if record else ()
    return {Ref(table, key_of(row)): uuid for table, found in rows for uuid, row in found.items()}


def _owns(owner: Ref, ref: Ref) -> bool:
    """Whether a row is gone when that one lets go of it."""
    return not (owner.table == GROUP and ref.table == SWITCH_PORT)


def _text(value: object) -> str:
    """A value as ovn-nbctl reads it (ovs-vsctl(8), Database Values)."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text if _PLAIN.match(text) else json.dumps(text, ensure_ascii=False)
