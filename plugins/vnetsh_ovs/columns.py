"""Resources as columns of rows."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from vnetsh.model import Resource, Value
from vnetsh_ovs.observing import MARK, TUNNEL_TYPES, UPLINK_MARK
from vnetsh_ovs.rows import Record
from vnetsh_ovs.transaction import Operation, as_pairs, as_set


def mark_of(owner: str) -> str:
    """What a mark says: the script that made it, where that has a name."""
    return owner or "1"


@cache
def marked(owner: str, *, uplink: bool = False) -> list[object]:
    """The external_ids of what is new; one value for many rows, which nobody changes."""
    return as_pairs({MARK: mark_of(owner), **({UPLINK_MARK: "1"} if uplink else {})})


def record_of(resource: Resource) -> Record:
    """The rows that an observed resource was made of, none of a planned one."""
    return cast(Record, resource.record or {})


def row_named(record: Record, table: str, name: str) -> str:
    """The UUID of a record's row of that name, empty when it has none."""
    return next((uuid for uuid, row in record.get(table, {}).items() if row.get("name") == name), "")


def optional(value: Value) -> object:
    """An optional column's value."""
    return as_set([]) if value is None else value


def port_columns(resource: Resource) -> Operation:
    """The columns of a port that the attributes stand for."""
    vlan = resource.get("vlan")
    return {} if vlan is None else {"tag": vlan}


def own_interface_columns(bridge: Resource) -> Operation:
    """The columns of a bridge's own interface."""
    mtu = bridge.get("mtu")
    return {"type": "internal"} if mtu is None else {"type": "internal", "mtu_request": mtu}


def interface_columns(resource: Resource) -> Operation:
    """The columns of an interface that the attributes stand for; a system device's type is empty."""
    default = "gre" if resource.kind == "tunnel" else "system"
    kind = resource.text("type") or default
    columns: dict[str, Any] = {} if kind == "system" else {"type": kind}
    if kind in TUNNEL_TYPES:
        options = {"remote_ip": resource.text("remote"), "key": resource.text("key")}
        columns["options"] = as_pairs({key: value for key, value in options.items() if value})
    return columns
