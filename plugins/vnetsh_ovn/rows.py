"""The rows of a northbound database, as far as vnetsh knows them, and an index to find one's way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from vnetsh_ovn.marks import KEY, ids_of
from vnetsh_ovn.sort import NORTHBOUND
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.layout import Layout, Wanted
from vnetsh_ovsdb.live_index import LiveIndex
from vnetsh_ovsdb.operations import Record, Row, as_map, as_uuids
from vnetsh_ovsdb.transaction import Root

ROOT = "NB_Global"
SWITCH, SWITCH_PORT = "Logical_Switch", "Logical_Switch_Port"
ROUTER, ROUTER_PORT = "Logical_Router", "Logical_Router_Port"
NAT, ROUTE, GATEWAY = "NAT", "Logical_Router_Static_Route", "Gateway_Chassis"
GROUP, ACL, ADDRESSES = "Port_Group", "ACL", "Address_Set"
BALANCER, CHECK = "Load_Balancer", "Load_Balancer_Health_Check"
DHCP = "DHCP_Options"

WANTED = Wanted(
    NORTHBOUND.name,
    start=[SWITCH, ROUTER, GROUP, BALANCER, DHCP, ADDRESSES],
    also={ROOT: ("nb_cfg", "sb_cfg", "hv_cfg", "external_ids", "options")},
)


def root_of(uuid: str) -> Root:
    """The row of that UUID as the one that transactions leave their token on; northd and chassis follow its number."""
    return Root(NORTHBOUND.name, ROOT, uuid, "nb_cfg")


class Ref(NamedTuple):
    """A row by its table and what it is found by: its key, or else its name; where it has neither, its UUID."""

    table: str
    key: str


class Owner(NamedTuple):
    """Where a row is referred to: whose row, and by which of its columns."""

    table: str
    uuid: str
    column: str


def key_of(row: Row) -> str:
    """What a row is found by."""
    return ids_of(row).get(KEY) or str(row.get("name") or "")


@dataclass(frozen=True)
class Index:
    """The rows of one moment."""

    layout: Layout
    tables: Record
    root: str

    @cached_property
    def _found(self) -> Mapping[Ref, str]:
        found: dict[Ref, str] = {}
        for table, rows in self.tables.items():
            for uuid, row in rows.items():
                found.setdefault(Ref(table, key_of(row) or uuid), uuid)
        return found

    def find(self, ref: Ref) -> str:
        """The UUID of a row; empty where there is none. Of two of one name, the first that the server told of."""
        return self._found.get(ref, "")

    def row(self, ref: Ref) -> Row:
        """A row; empty where there is none."""
        uuid = self.find(ref)
        return self.tables[ref.table][uuid] if uuid else {}

    def rows(self, table: str) -> Iterator[tuple[str, Row]]:
        """UUID and row of all that a table has."""
        return iter(self.tables[table].items())

    def owned(self, table: str, row: Row, column: str) -> Iterator[tuple[str, Row]]:
        """UUID and row of what a row refers to by a column, as far as it is there."""
        others = self.tables[self.targets(table)[column]]
        return ((uuid, others[uuid]) for uuid in as_uuids(row.get(column)) if uuid in others)

    def targets(self, table: str) -> Mapping[str, str]:
        """The columns of a table that refer to rows, each with the table of these."""
        return self.layout.refers[table]

    @cached_property
    def ends(self) -> Mapping[str, str]:
        """The switch's port that leads to a router's, by the name of this."""
        rows = self.tables[SWITCH_PORT].items()
        return {
            as_map(row.get("options")).get("router-port", ""): uuid
            for uuid, row in rows
            if row.get("type") == "router"
        }

    def owner(self, uuid: str, table: str) -> tuple[str, Row]:
        """UUID and row of that table which refers to a row; both empty where none does."""
        for owner in self.referring.get(uuid, ()):
            if owner.table == table:
                return owner.uuid, self.tables[table][owner.uuid]
        return "", {}

    def is_root(self, table: str) -> bool:
        """Whether a table's rows stay though nothing refers to them."""
        return table in self.layout.roots

    @cached_property
    def referring(self) -> Mapping[str, list[Owner]]:
        """Where each row is referred to, by its UUID."""
        found: dict[str, list[Owner]] = {}
        for table, rows in self.tables.items():
            columns = self.targets(table)
            for uuid, row in rows.items() if columns else ():
                for column in columns:
                    for known in as_uuids(row.get(column)) if column in row else ():
                        found.setdefault(known, []).append(Owner(table, uuid, column))
        return found


def live_index(client: Client) -> LiveIndex[Index]:
    """The index that follows a database. Raises `HostUnreachable`, `ServiceAbsent`."""
    return LiveIndex(client, WANTED, ROOT, Index, "ovn-nbctl init")
