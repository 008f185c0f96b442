"""OVN's two databases on scratch ovsdb-servers with a real ovn-northd between them, and no chassis."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vnetsh.model import Host, Inventory, Place
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs

SCHEMAS = Path("/usr/share/ovn")
CENTRAL, CLUSTER = "central", "region1"
HOSTS = ("kvm1", "kvm2", "kvm3")


@dataclass(frozen=True)
class ScratchOvn:
    """The databases, which outlive what they hold."""

    northbound: ScratchOvs
    southbound: ScratchOvs
    northd: subprocess.Popen[bytes]

    def nbctl(self, *arguments: str) -> str:
        """What `ovn-nbctl` says."""
        argv = ["ovn-nbctl", f"--db=unix:{self.northbound.socket}", "--timeout=20", *arguments]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def clear(self) -> None:
        """Have it hold nothing."""
        roots = [t for t, schema in _tables().items() if schema.get("isRoot") and t != "NB_Global"]
        self.northbound.transact(*({"op": "delete", "table": table, "where": []} for table in roots))

    def chassis(self, bridges: Mapping[str, Sequence[str]], names: Sequence[str] = HOSTS) -> None:
        """Have the southbound database know hosts as chassis: each bridge leads outside on its hosts."""
        operations: list[Mapping[str, object]] = [{"op": "delete", "table": "Chassis", "where": []}]
        for number, host in enumerate(names, 1):
            outside = ",".join(f"{bridge}:{bridge}" for bridge, hosts in bridges.items() if host in hosts)
            end = {"chassis_name": host, "type": "geneve", "ip": f"192.0.2.{number}"}
            row = {
                "name": host,
                "hostname": host,
                "encaps": ["named-uuid", f"end{number}"],
                "other_config": ["map", [["ovn-bridge-mappings", outside]]],
            }
            operations.append({"op": "insert", "table": "Encap", "row": end, "uuid-name": f"end{number}"})
            operations.append({"op": "insert", "table": "Chassis", "row": row})
        self.southbound.transact(*operations)

    def rows(self) -> dict[str, dict[str, dict[str, object]]]:
        """All rows by table and UUID, but for what no two runs have in common."""
        tables = [table for table in _tables() if table != "NB_Global"]
        found = self.northbound.transact(*({"op": "select", "table": t, "where": []} for t in tables))
        return {
            table: {row.pop("_uuid")[1]: row for row in result["rows"]}  # type: ignore[attr-defined]
            for table, result in zip(tables, found, strict=True)
        }

    def inventory(self, northbound: str = "", southbound: str = "") -> Inventory:
        """Hosts in memory, and this as their cluster; what is given are sockets that stand before its own."""
        places = load_plugins().worlds["demo"].hosts(str(len(HOSTS)))
        remotes = {
            "northbound": (f"unix:{northbound or self.northbound.socket}",),
            "southbound": (f"unix:{southbound or self.southbound.socket}",),
        }
        cloud = Place(
            CLUSTER, attributes={"type": "ovn", **remotes}, sort="ovn", noun="cluster", hosts=(CENTRAL,)
        )
        return {**places, CENTRAL: Host(CENTRAL, attributes={"local": True}), CLUSTER: cloud}

    def session(self, northbound: str = "", southbound: str = "") -> Session:
        """A session on hosts in memory, whose vms' NICs are on networks of this database."""
        plugins = load_plugins()
        plugins.backends = {name: plugins.backends[name] for name in ("demo", "ovn-demo", "ovn")}
        return Session(plugins, self.inventory(northbound, southbound))


@contextlib.contextmanager
def scratch_ovn() -> Iterator[ScratchOvn]:
    """Both databases, empty, and who follows them."""
    with (
        scratch_ovs(schema=SCHEMAS / "ovn-nb.ovsschema") as northbound,
        scratch_ovs(schema=SCHEMAS / "ovn-sb.ovsschema") as southbound,
    ):
        argv = ["ovn-nbctl", f"--db=unix:{northbound.socket}", "init"]
        subprocess.run(argv, check=True, timeout=20)
        argv = [
            *("setpriv", "--pdeathsig", "KILL", "--", "ovn-northd", "-vconsole:off", "-vsyslog:off"),
            f"--ovnnb-db=unix:{northbound.socket}",
            f"--ovnsb-db=unix:{southbound.socket}",
            f"--unixctl={northbound.folder / 'northd.ctl'}",
            f"--log-file={northbound.folder / 'northd.log'}",
        ]
        northd = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            found = ScratchOvn(northbound, southbound, northd)
            found.nbctl("--wait=sb", "sync")
            yield found
        finally:
            northd.kill()
            northd.wait(10)


def _tables() -> dict[str, dict[str, object]]:
    schema = json.loads((SCHEMAS / "ovn-nb.ovsschema").read_text())
    found = schema["tables"]
    assert isinstance(found, dict)
    return found


WRITTEN_BY_NORTHD = {
    "Logical_Switch_Port": {"up", "dynamic_addresses"},
    "Logical_Router_Port": {"status"},
    "BFD": {"status"},
}


def look(rows: dict[str, dict[str, dict[str, object]]]) -> list[str]:
    """Rows as sorted lines that are the same for the same rows, whatever their UUIDs."""
    where = {uuid: (table, row) for table, there in rows.items() for uuid, row in there.items()}

    def label(uuid: str) -> str:
        if uuid not in where:
            return "a row that is gone"
        table, row = where[uuid]
        ids = dict(row.get("external_ids", ["map", []])[1])  # type: ignore[index]
        name = ids.get("vnetsh-key") or row.get("name")
        return f"{table} {name}" if isinstance(name, str) and name else f"{table} {said(uuid)}"

    def plain(value: object) -> object:
        match value:
            case ["uuid", str(uuid)]:
                return label(uuid)
            case ["set", list(some)]:
                return sorted((plain(one) for one in some), key=repr)
            case ["map", list(some)]:
                return sorted(([plain(one), plain(other)] for one, other in some), key=repr)
        return value

    def said(uuid: str) -> str:
        table, row = where[uuid]
        skip = {"_version", *WRITTEN_BY_NORTHD.get(table, ())}
        values = {column: plain(value) for column, value in sorted(row.items()) if column not in skip}
        return " ".join(f"{column}={_listed(value)}" for column, value in values.items() if value != [])

    return sorted(f"{where[uuid][0]}: {said(uuid)}" for uuid in where)


def _listed(value: object) -> str:
    return str(value if isinstance(value, list) else [value])
