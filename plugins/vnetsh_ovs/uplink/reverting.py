"""The OVSDB operations that take a transaction back, known before it is made. Pure.

They are left on the host, where nobody can ask the controller. So the rows to be inserted get their UUIDs here
(ovsdb-server(7), 5.2.1: since Open vSwitch 2.13), and those that vanish come back under their old ones.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from vnetsh_ovs.rows import DATABASE, ERROR, QOS, ROOT, Index
from vnetsh_ovsdb.operations import (
    Operation,
    Row,
    as_list,
    as_map,
    as_pairs,
    as_set,
    as_uuids,
    await_row,
    is_row,
    reference,
)

ARMED = "vnetsh-armed"  # external_ids of the root row: the step that is not confirmed yet
VOID = (
    "vnetsh-void"  # the step that was given up before the database had answered: it must not happen any more
)
_EMPTY_TEXT = frozenset({"type", "datapath_type"})  # columns whose default is an empty text, not an empty set

Operations = Sequence[Operation]


def with_uuids(operations: Operations) -> list[Operation]:
    """The operations with a UUID for each row that they insert, instead of a name for the transaction's length."""
    named = {op["uuid-name"]: str(uuid.uuid4()) for op in operations if "uuid-name" in op}

    def known(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: known(one) for key, one in value.items()}
        if isinstance(value, list) and len(value) == 2 and value[0] == "named-uuid":
            return reference(named[value[1]])
        return [known(one) for one in value] if isinstance(value, list) else value

    found = []
    for operation in operations:
        given = known(operation)
        if "uuid-name" in given:
            given["uuid"] = named[given.pop("uuid-name")]
        found.append(given)
    return found


def unless_void(token: str) -> Operation:
    """The condition that a step has not been given up."""
    return _where_the_root_says(VOID, token, present=False)


def voiding(root: str, token: str) -> list[Any]:
    """The transaction that gives up a step that has not happened; it fails when the step has happened."""
    mutations = [
        ["external_ids", "delete", as_set([VOID])],
        ["external_ids", "insert", as_pairs({VOID: token})],
    ]
    return [
        DATABASE,
        _where_the_root_says(ARMED, token, present=False),
        {"op": "mutate", "table": ROOT, "where": is_row(root), "mutations": mutations},
    ]


def disarming(root: str, token: str) -> list[Any]:
    """The transaction that lets a step stand."""
    where = [*is_row(root), ["external_ids", "includes", as_pairs({ARMED: token})]]
    mutations = [["external_ids", "delete", as_set([ARMED])]]
    return [DATABASE, {"op": "mutate", "table": ROOT, "where": where, "mutations": mutations}]


def _where_the_root_says(key: str, token: str, *, present: bool) -> Operation:
    return await_row(ROOT, "external_ids", "includes", as_pairs({key: token}), fits=present)


def reverting(operations: Operations, index: Index, token: str, key: str = ARMED) -> list[Any]:
    """The transaction that takes `operations` back; it fails, and changes nothing, unless they are in effect.

    That they are the root row says, by the token under that key of its `external_ids`.
    """
    back: list[Operation] = []
    for operation in reversed(operations):
        if operation["op"] == "update":
            back.append(_updated_back(operation, index))
        elif operation["op"] == "mutate":
            back.append(_mutated_back(operation, index))
        elif operation["op"] == "insert" and operation["table"] == QOS:  # it stays until somebody deletes it
            back += _let_go(operation["uuid"], operations)
            back.append({"op": "delete", "table": QOS, "where": is_row(operation["uuid"])})
    root: Operation = {
        "op": "mutate",
        "table": ROOT,
        "where": is_row(index.root),
        "mutations": [["next_cfg", "+=", 1], ["external_ids", "delete", as_set([key])]],
    }
    return [
        DATABASE,
        _where_the_root_says(key, token, present=True),
        *_restored(operations, index),
        *(operation for operation in back if operation["op"] == "delete" or _says(operation)),
        root,
        {"op": "select", "table": ROOT, "where": is_row(index.root), "columns": ["next_cfg"]},
        {"op": "comment", "comment": "vnetsh: what was not confirmed is taken back"},
    ]


def _let_go(uuid_: str, operations: Operations) -> Iterator[Operation]:
    """What has new rows that refer to a row do so no longer: they go only in the end, as nothing refers to them."""
    for operation in operations:
        for column, value in operation["row"].items() if operation["op"] == "insert" else ():
            if value == reference(uuid_):
                row = {column: as_set([])}
                yield {
                    "op": "update",
                    "table": operation["table"],
                    "where": is_row(operation["uuid"]),
                    "row": row,
                }


def _says(operation: Operation) -> bool:
    return bool(operation.get("row") or operation.get("mutations"))


def _updated_back(operation: Operation, index: Index) -> Operation:
    table, uuid_ = operation["table"], _uuid_of(operation)
    old = index.tables[table].get(uuid_, {})

    def empty(column: str, new: Any) -> Any:
        if isinstance(new, bool):
            return False
        if index.layout.many[table].get(column) == "map":
            return as_pairs({})
        return "" if column in _EMPTY_TEXT else as_set([])

    row = {column: old.get(column, empty(column, new)) for column, new in operation["row"].items()}
    return {**operation, "row": row}


def _mutated_back(operation: Operation, index: Index) -> Operation:
    """The opposite of each mutation; keys of maps get the value that they had."""
    old = index.tables[operation["table"]].get(_uuid_of(operation), {})
    back: list[list[Any]] = []
    for column, how, value in reversed(operation["mutations"]):
        if how not in ("insert", "delete"):
            continue  # a number that only grows
        if value[0] == "map":
            back.append([column, "delete", as_set([key for key, _ in value[1]])])
        elif value[1] and not isinstance(value[1][0], list):
            had = as_map(old.get(column))
            keys = {key: had[key] for key in value[1] if key in had}
            back.append([column, "insert", as_pairs(keys)])
        else:
            back.append([column, "delete" if how == "insert" else "insert", value])
    if operation["table"] == ROOT:  # tokens are no setting
        back = [mutation for mutation in back if mutation[0] == "bridges"]
    return {**operation, "mutations": back}


def _uuid_of(operation: Operation) -> str:
    return str(operation["where"][0][2][1])


def _owning(operation: Operation, column: str, index: Index) -> str:
    """The table of the rows that a column owns; empty where it owns none."""
    if operation["table"] == ROOT:
        return "Bridge" if column == "bridges" else ""
    return index.layout.children[operation["table"]].get(column, "")


def _references(operations: Operations, how: str, index: Index) -> Iterator[tuple[str, str]]:
    """Table and UUID of the rows that mutations put into a set of references, or take out of one."""
    for operation in operations:
        for column, mutation, value in operation.get("mutations", ()):
            table = _owning(operation, column, index)
            if table and mutation == how and value[0] == "set":
                yield from ((table, referred[1]) for referred in value[1])


def _members_gone(operations: Operations, index: Index) -> Iterator[tuple[str, str]]:
    """Table and UUID of the rows that an update takes out of a column that owns them: the interfaces of a bond."""
    for operation in operations:
        for column, new in operation["row"].items() if operation["op"] == "update" else ():
            if table := _owning(operation, column, index):
                stays = {one[1] for one in as_list(new)}
                had = as_uuids(index.tables[operation["table"]].get(_uuid_of(operation), {}).get(column))
                yield from ((table, one) for one in had if one not in stays)


def _restored(operations: Operations, index: Index) -> Iterator[Operation]:
    """Inserts of the rows that vanish because nothing refers to them any more, and of weak references to them."""
    staying = {uuid for _, uuid in _references(operations, "insert", index)}
    staying |= {
        uuid for op in operations if op["op"] in ("insert", "update") for uuid in _referred(op["row"])
    }
    gone: dict[str, tuple[str, Row]] = {}
    for table, uuid_ in (*_references(operations, "delete", index), *_members_gone(operations, index)):
        _collect(table, uuid_, index, staying, gone)
    for operation in operations:
        if operation["op"] == "delete":
            _collect(operation["table"], _uuid_of(operation), index, staying, gone)
    for uuid_, (table, row) in gone.items():
        kept = {column: value for column, value in row.items() if column != ERROR}
        yield {"op": "insert", "table": table, "uuid": uuid_, "row": kept}
    for table, columns in index.layout.weak.items():
        for uuid_, row in index.tables[table].items() if columns else ():
            for column in columns if uuid_ not in gone else ():
                lost = [reference(u) for u in as_uuids(row.get(column)) if u in gone]
                if lost:
                    mutations = [[column, "insert", as_set(lost)]]
                    yield {"op": "mutate", "table": table, "where": is_row(uuid_), "mutations": mutations}


def _collect(
    table: str, uuid_: str, index: Index, staying: set[str], gone: dict[str, tuple[str, Row]]
) -> None:
    if uuid_ in staying or uuid_ in gone:
        return
    row = index.tables[table][uuid_]
    gone[uuid_] = (table, row)
    for column, child in index.layout.children[table].items():
        for owned in as_uuids(row.get(column)):
            _collect(child, owned, index, staying, gone)


def _referred(row: Row) -> Iterator[str]:
    for value in row.values():
        if isinstance(value, list):
            ones = value[1] if value[0] == "set" else [value]
            yield from (one[1] for one in ones if isinstance(one, list) and one[0] == "uuid")
