"""What a northbound database has that belongs to no noun: who looks is to know of it. It is not followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vnetsh.model import Resource
from vnetsh_ovn.nouns.further import FURTHER_KIND
from vnetsh_ovn.rows import ADDRESSES, DHCP, Index
from vnetsh_ovn.sort import NAME, NORTHBOUND
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.operations import Row, as_scalar, select

_TABLES: Mapping[str, tuple[str, ...]] = {
    "BFD": ("logical_port", "dst_ip"),
    "Chassis_Template_Var": ("chassis",),
    "Copp": ("name",),
    "HA_Chassis_Group": ("name",),
    "Load_Balancer_Group": ("name",),
    "Meter": ("name",),
    "Mirror": ("name",),
    "Static_MAC_Binding": ("logical_port", "ip"),
}
"""Each with the columns that tell one from others; a server that is older has not all of them (ovn-nb(5))."""


def read(client: Client, index: Index, place: str) -> Iterator[Resource]:
    """These rows; and address sets, and options of DHCP that no port has. Raises `HostUnreachable`."""
    tables = [table for table in _TABLES if table in index.layout.known]
    asked = [select(table, [], ["_uuid", *_TABLES[table]]) for table in tables]
    told = client.ask("transact", [NORTHBOUND.name, *asked]) if asked else []
    for table, result in zip(tables, told, strict=True):
        for row in result.get("rows", []):
            yield _one(table, row["_uuid"][1], row, _TABLES[table], place)
    for uuid, row in index.rows(ADDRESSES):
        yield _one(ADDRESSES, uuid, row, ("name",), place)
    for uuid, row in index.rows(DHCP):
        if not index.referring.get(uuid) and not row.get("external_ids", ["map", []])[1]:
            yield _one(DHCP, uuid, row, ("cidr",), place)


def _one(table: str, uuid: str, row: Row, columns: tuple[str, ...], place: str) -> Resource:
    about = " ".join(str(value) for column in columns if (value := as_scalar(row.get(column))))
    name = f"{table.lower().replace('_', '-')}-{uuid[:8]}"
    return Resource(FURTHER_KIND.name, name, place, {"table": table, "about": about or None}, backend=NAME)
