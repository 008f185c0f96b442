"""The rows of an Open vSwitch database, as far as bridges are made of them, and an index to find one's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, cast

from vnetsh.model import Resource
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.layout import Layout, Wanted
from vnetsh_ovsdb.live_index import LiveIndex
from vnetsh_ovsdb.operations import Record, Row, as_list, as_map, as_uuids
from vnetsh_ovsdb.transaction import Root

DATABASE = "Open_vSwitch"
ROOT = "Open_vSwitch"  # the table of one row from which everything hangs
QOS, QUEUE, MIRROR = "QoS", "Queue", "Mirror"
MIRRORED = ("select_src_port", "select_dst_port")
"""A mirror's columns for the ports whose packets it copies, by their direction."""
ALL = "all"
ERROR = "error"
BFD_STATUS = "bfd_status"
TOLD = (ERROR, BFD_STATUS)
"""Columns of an interface that vswitchd alone writes."""
WANTED = Wanted(
    DATABASE,
    start=["Bridge"],
    also={
        ROOT: ("next_cfg", "cur_cfg", "ovs_version", "external_ids", "other_config"),
        QOS: ("type", "other_config", "queues", "external_ids"),
        QUEUE: ("external_ids",),
    },
    told={"Interface": (BFD_STATUS,)},
    # What vswitchd writes though the schema does not call it ephemeral. Its errors are kept: what was broken before
    # it was removed may be so when it is restored.
    but={"ofport", "cfm_flap_count", "datapath_version", "bond_active_slave"},
    help="this ovsdb-server serves other databases: name Open vSwitch's own",
)


def root_of(uuid: str) -> Root:
    """The row of that UUID as the one that transactions leave their token on."""
    return Root(DATABASE, ROOT, uuid, "next_cfg")


def record_of(resource: Resource) -> Record:
    """The rows that an observed resource was made of, none of a planned one."""
    return cast(Record, resource.record or {})


def row_named(record: Record, table: str, name: str) -> str:
    """The UUID of a record's row of that name, empty when it has none."""
    return next((uuid for uuid, row in record.get(table, {}).items() if row.get("name") == name), "")


def has_qos(record: Record, port: str) -> bool:
    """Whether QoS is set up at a port of a record, by whomever."""
    return bool(as_uuids(record.get("Port", {}).get(row_named(record, "Port", port), {}).get("qos")))


def bridge_row(bridge: Resource | None, name: str) -> Row:
    """The row of an observed bridge, by its name; empty of a planned one, and of none."""
    record = record_of(bridge) if bridge else {}
    return record["Bridge"][row_named(record, "Bridge", name)] if record else {}


def mirror_in(record: Record, port: str) -> str:
    """The UUID of the mirror that a port was sent; empty where it was sent none."""
    known = row_named(record, "Port", port)
    sent = (uuid for uuid, row in record.get(MIRROR, {}).items() if known in as_uuids(row.get("output_port")))
    return next(sent, "") if known else ""


def sources_of(mirror: Row) -> set[str]:
    """The UUIDs of the ports that a mirror names as those whose packets it copies, in either direction."""
    return {port for column in MIRRORED for port in as_uuids(mirror.get(column))}


def is_said(mirror: Row) -> bool:
    """Whether what a mirror copies, and where to, the `mirrors` of a port says."""
    one, other = ({*as_uuids(mirror.get(column))} for column in MIRRORED)
    more = as_list(mirror.get("select_vlan")) or as_list(mirror.get("snaplen"))
    said = one == other and bool(mirror.get("select_all")) is not bool(one) and not more
    return said and bool(as_uuids(mirror.get("output_port")))


class Spot(NamedTuple):
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
    def ports(self) -> Mapping[str, Spot]:
        """All ports, by name."""
        rows = self.tables["Port"]
        return {
            rows[port]["name"]: Spot(port, bridge)
            for bridge, row in self.tables["Bridge"].items()
            for port in as_uuids(row.get("ports"))
        }

    @property
    def version(self) -> str:
        """Open vSwitch's version, empty when vswitchd has not said it."""
        return str(self.tables[ROOT][self.root].get("ovs_version", ""))

    @property
    def vlan_limit(self) -> int:
        """Of how many tags of a frame its switch is told to take notice: of one, where nothing is said."""
        said = as_map(self.tables[ROOT][self.root].get("other_config")).get("vlan-limit", "")
        return int(said) if said.isdecimal() else 1

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

    def limit(self, port: Row) -> tuple[str, Row]:
        """UUID and row of a port's QoS, empty where it has none."""
        uuid = next(iter(as_uuids(port.get("qos"))), "")
        return uuid, self.tables[QOS].get(uuid, {})

    @cached_property
    def limited(self) -> Counter[str]:
        """How many ports have each QoS, by its UUID."""
        return Counter(uuid for row in self.tables["Port"].values() for uuid in as_uuids(row.get("qos")))

    def mirror(self, port: str) -> tuple[str, Row]:
        """UUID and row of the mirror that a port is sent; empty where it is sent none, or others made it several."""
        sent = self.mirrors(port)
        return sent[0] if len(sent) == 1 else ("", {})

    def mirrors(self, port: str) -> list[tuple[str, Row]]:
        """UUID and row of each mirror that a port is sent."""
        known = (
            (one, self.tables[MIRROR][one]) for table, one in self.knowing.get(port, ()) if table == MIRROR
        )
        return [(one, row) for one, row in known if port in as_uuids(row.get("output_port"))]

    def copying(self, port: str) -> Iterator[tuple[str, Row]]:
        """UUID and row of the mirrors that copy the packets of some ports, this one among them."""
        for table, uuid in self.knowing.get(port, ()):
            row = self.tables[table][uuid]
            if table == MIRROR and port in sources_of(row) and not row.get("select_all"):
                yield uuid, row

    def mirrored(self, mirror: Row) -> tuple[str, ...]:
        """The ports whose packets, both ways, a mirror copies, `all` of all; none where it copies others."""
        if not is_said(mirror):
            return ()
        names = (str(self.tables["Port"][port]["name"]) for port in as_uuids(mirror.get(MIRRORED[0])))
        return tuple(sorted(names)) or (ALL,)

    @cached_property
    def knowing(self) -> Mapping[str, list[tuple[str, str]]]:
        """Table and UUID of the rows that refer weakly to a row, by its UUID."""
        found: dict[str, list[tuple[str, str]]] = {}
        for table, columns in self.layout.weak.items():
            for uuid, row in self.tables[table].items() if columns else ():
                for known in {known for column in columns for known in as_uuids(row.get(column))}:
                    found.setdefault(known, []).append((table, uuid))
        return found

    def referring(self, uuid: str) -> list[tuple[str, Row]]:
        """The rows that refer weakly to a row, each with its table."""
        return [(table, self.tables[table][one]) for table, one in self.knowing.get(uuid, ())]

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
    if table == "Port" and (limit := index.limit(row))[0]:
        found.setdefault(QOS, {})[limit[0]] = limit[1]
    for column, child in index.layout.children[table].items():
        if column in row:
            for owned in as_uuids(row[column]):
                _own(index, child, owned, found)


def live_index(client: Client) -> LiveIndex[Index]:
    """The index that follows a database. Raises `HostUnreachable`, `ServiceAbsent`."""
    return LiveIndex(client, WANTED, ROOT, Index, "ovs-vsctl --no-wait init")
