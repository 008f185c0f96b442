"""OVN's databases with a tenant and its networks, and vms whose NICs are to be on these; their hosts are in memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from contest import timed

from vnetsh.backend import Context
from vnetsh.diagnostics import Source
from vnetsh.model import Host, Place
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import scratch_ovs
from vnetsh_ovn.backend import OvnBackend
from vnetsh_ovn.connection import OvnConnection
from vnetsh_ovn.names import mac_of, nic_id, set_name

_SCHEMAS = Path("/usr/share/ovn")
_EACH = 1000  # ports of a network
_HOSTS = 50
COLUMNS = ("name", "addresses", "port_security", "dhcpv4_options", "options", "external_ids")
_NAMES = [f"h{number}" for number in range(_HOSTS)]


class _Unverified(OvnBackend):
    """Without northd nobody follows: what that takes is measured with chassis."""

    def connect(self, place: Place, context: Context) -> OvnConnection:
        """A connection that waits for nobody."""
        found = OvnConnection(place, context)
        found.verify = lambda changes, progress: None  # type: ignore[method-assign]
        return found


class Port:
    """One logical port, as vnetsh makes it: whose NIC it is, and its columns."""

    def __init__(self, number: int, nics: int) -> None:
        network, place = divmod(number, _EACH)
        vm = number // nics
        self.network, self.host = f"acme/n{network}", _NAMES[vm % _HOSTS]
        self.vm, self.nic = f"v{vm}", f"p{number}"
        self.address = f"10.{network}.{1 + place // 250}.{place % 250}"
        self.uuid = nic_id(self.vm, self.nic)
        self.addresses = f"{mac_of(f'nic {self.nic}')} {self.address}"
        self.options = {"requested-chassis": self.host}
        self.ids = {"vnetsh-vm": self.vm, "vnetsh-nic": self.nic, "vnetsh-at": self.host, "vnetsh": "bench"}

    @property
    def said(self) -> str:
        """The NIC in its vm's sentence."""
        return f"port {self.network} name {self.nic} address {self.address}"


class Cloud:
    """OVN's databases with a tenant and its networks, and a script of vms with so many NICs on these."""

    def __init__(self, stack: ExitStack, count: int, nics: int = 1) -> None:
        self.north, self.south = (
            stack.enter_context(scratch_ovs(schema=_SCHEMAS / f"ovn-{which}b.ovsschema")) for which in "ns"
        )
        self.north.transact({"op": "insert", "table": "NB_Global", "row": {}})
        self.south.transact({"op": "insert", "table": "SB_Global", "row": {}})
        self.ports = [Port(number, nics) for number in range(count)]
        self.networks = list(dict.fromkeys(port.network for port in self.ports))
        vms: dict[str, list[str]] = {}
        for port in self.ports:
            vm = f"vm {port.vm} on {port.host} memory 1M disk tiny.qcow2"
            vms.setdefault(vm, []).append(port.said)
        self.script = Source("bench", "\n".join(f"{vm} {' '.join(said)}" for vm, said in vms.items()))
        bound = {"northbound": (f"unix:{self.north.socket}",), "southbound": (f"unix:{self.south.socket}",)}
        hosts = {name: Host(name, f"192.0.2.{n + 1}", world="demo") for n, name in enumerate(_NAMES)}
        cluster = Place("c", attributes={"type": "ovn", **bound}, sort="ovn", noun="cluster", hosts=("here",))
        self.inventory = {**hosts, "c": cluster, "here": Host("here", attributes={"local": True})}
        subnets = (f"network n{n} subnet 10.{n}.0.0/16 dhcp" for n in range(len(self.networks)))
        tenant = f"tenant acme {{ {'; '.join(subnets)} }}"
        self.ground = Source("bench", f"zone a on {', '.join(_NAMES)} cluster c\n{tenant}")
        self._plugins = load_plugins()
        self._plugins.backends = {name: self._plugins.backends[name] for name in ("demo", "ovn-demo")}
        self._plugins.backends["ovn"] = _Unverified()
        with self.session() as session:
            report = session.apply(session.prepare(self.ground, lock=True))
            assert report.ok, report.failures
        self.group = self._uuids("Port_Group")[set_name("tenant", "acme")]
        self.switches = self._uuids("Logical_Switch")
        self.told = self._uuids("DHCP_Options", "cidr")

    def _uuids(self, table: str, column: str = "name") -> dict[str, str]:
        found = self._select(table, "_uuid", column)
        return {row[column]: row["_uuid"][1] for row in found}

    def _select(self, table: str, *columns: str) -> list[dict[str, Any]]:
        found = self.north.transact({"op": "select", "table": table, "where": [], "columns": columns})
        rows: list[dict[str, Any]] = found[0]["rows"]  # type: ignore[assignment]
        return rows

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session on these hosts and this database."""
        with Session(self._plugins, self.inventory) as session:
            yield session

    def fresh(self) -> None:
        """The networks without any port."""
        empty = {"op": "update", "where": [], "row": {"ports": ["set", []]}}
        self.north.transact({**empty, "table": "Port_Group"}, {**empty, "table": "Logical_Switch"})

    def told_of(self, port: Port) -> str:
        """The row of what a port's guest is told by DHCP."""
        return self.told[f"{port.address.rsplit('.', 2)[0]}.0.0/16"]

    def rows(self) -> list[str]:
        """All ports, with the switch that each is on and whether it is in the tenant's group, apart from UUIDs."""
        [group] = self._select("Port_Group", "ports")
        grouped = {uuid for _, uuid in group["ports"][1]}
        switches = self._select("Logical_Switch", "name", "ports")
        switch = {uuid: one["name"] for one in switches for _, uuid in one["ports"][1]}
        found = []
        for row in self._select("Logical_Switch_Port", "_uuid", *COLUMNS):
            uuid = row.pop("_uuid")[1]
            maps = {name: sorted(row.pop(name)[1]) for name in ("options", "external_ids")}
            found.append(json.dumps([row, maps, switch[uuid], uuid in grouped], sort_keys=True))
        return sorted(found)

    def prepared(self) -> bytes:
        """One JSON-RPC request that makes the ports."""
        operations: list[dict[str, object]] = []
        on: dict[str, list[object]] = {}
        for number, port in enumerate(self.ports):
            row = {
                "name": port.uuid,
                "addresses": port.addresses,
                "port_security": port.addresses,
                "dhcpv4_options": ["uuid", self.told_of(port)],
                "options": ["map", [*port.options.items()]],
                "external_ids": ["map", [*port.ids.items()]],
            }
            name = f"p{number}"
            operations.append({"op": "insert", "table": "Logical_Switch_Port", "row": row, "uuid-name": name})
            on.setdefault(port.network, []).append(["named-uuid", name])
        owners = [("Logical_Switch", self.switches[name], ports) for name, ports in on.items()]
        for table, uuid, ports in (
            *owners,
            ("Port_Group", self.group, [one for its in on.values() for one in its]),
        ):
            put = {
                "where": [["_uuid", "==", ["uuid", uuid]]],
                "mutations": [["ports", "insert", ["set", ports]]],
            }
            operations.append({"op": "mutate", "table": table, **put})
        operations.append(
            {"op": "mutate", "table": "NB_Global", "where": [], "mutations": [["nb_cfg", "+=", 1]]}
        )
        return json.dumps({"method": "transact", "params": ["OVN_Northbound", *operations], "id": 1}).encode()

    def commands(self, ports: Sequence[Port]) -> list[list[str]]:
        """The words of ovn-nbctl that make each of some ports."""
        found = []
        for number, port in enumerate(ports):
            row = [f"name={port.uuid}", f'addresses="{port.addresses}"', f'port_security="{port.addresses}"']
            row += [f"dhcpv4_options={self.told_of(port)}"]
            row += [f"options:{key}={value}" for key, value in port.options.items()]
            row += [f"external_ids:{key}={value}" for key, value in port.ids.items()]
            words = ["--", f"--id=@p{number}", "create", "Logical_Switch_Port", *row]
            words += ["--", "add", "Logical_Switch", port.network, "ports", f"@p{number}"]
            found.append([*words, "--", "add", "Port_Group", self.group, "ports", f"@p{number}"])
        return found

    def timed(self, work: Callable[[], object]) -> float:
        """Seconds that some work takes; where VNETSH_BENCH_CPU is set, of all processors together: a busy machine's."""
        before = self._cpu()
        took = timed(work)
        return self._cpu() - before if os.environ.get("VNETSH_BENCH_CPU") else took

    def _cpu(self) -> float:
        """CPU time of this process, of those it has waited for, and of the northbound server (in steps of 10 ms)."""
        assert self.north.server
        server = Path(f"/proc/{self.north.server.pid}/stat").read_text().rpartition(")")[2].split()
        mine = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        ticks = (int(server[11]) + int(server[12])) / os.sysconf("SC_CLK_TCK")
        return ticks + sum(one.ru_utime + one.ru_stime for one in mine)

    def nbctl(self, *words: str) -> None:
        """Run one ovn-nbctl, however many words it is given."""
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        subprocess.run(
            ["ovn-nbctl", f"--db=unix:{self.north.socket}", *words],
            check=True,
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, unlimited),
        )
