"""Guests on OVN's networks without any vm: a namespace with an internal port of the integration bridge each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from conftest import ROOT
from in_lab import on

from vnetsh_lab.lab import Lab

NORTHBOUND = "unix:/run/ovn/ovnnb_db.sock"
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RESTART = """
pid=$(cat /run/ovn/ovn-northd.pid)
xargs -0 -a /proc/$pid/cmdline printf '%s\\n' > /tmp/northd
ovn-appctl -t ovn-northd exit
while test -e /proc/$pid; do sleep 0.05; done
xargs -d '\\n' -a /tmp/northd sh -c '"$@" </dev/null >/dev/null 2>&1' sh
"""
_PROBES = ROOT / "tests" / "helpers" / "ovn_probes.py"
_CHASSIS = """ovs-vsctl set open . external_ids:system-id=$1 external_ids:ovn-remote=tcp:$3:6642 \
external_ids:ovn-encap-type=geneve external_ids:ovn-encap-ip=$2 external_ids:ovn-bridge-datapath-type=netdev"""
_PLUG = """plug() {
ip netns add $1
ovs-vsctl --may-exist add-port br-int $1 -- set interface $1 type=internal external_ids:iface-id=$1
ip link set $1 netns $1
ip -n $1 link set lo up
ip -n $1 link set $1 address $2 mtu 1400 up
ip -n $1 address add $3/24 dev $1
if test -n "$4"; then ip -n $1 route add default via $4; fi
}"""


@dataclass(frozen=True)
class Guest:
    """Who is a guest: its name, which is a vm's and a logical port's as well, its host, its network, its addresses."""

    name: str
    host: str
    network: str
    mac: str
    address: str
    gateway: str = ""
    vm: str = ""


@dataclass
class Guests:
    """Guests on the hosts of a lab whose first one has the databases."""

    lab: Lab
    there: dict[str, Guest] = field(default_factory=dict)

    def chassis(self, *hosts: str) -> None:
        """Make hosts chassis."""
        central = self.lab.layout.host(1).address
        for number, host in enumerate(hosts, 1):
            on(
                self.lab,
                host,
                "sh",
                "-c",
                _CHASSIS,
                "sh",
                host,
                self.lab.layout.host(number).address,
                central,
            )
        for host in hosts:
            on(self.lab, host, "sh", "-c", "until ovs-vsctl br-exists br-int; do sleep 0.1; done")

    def ports(self, *guests: Guest) -> None:
        """Logical ports as vms have them, made by hand; a tenant's are in the tenant's group."""
        words: list[str] = []
        for one in guests:
            tenant, slash, _ = one.network.partition("/")
            addresses = f"{one.mac} {one.address}"
            words += ["--", "lsp-add", one.network, one.name, "--", "lsp-set-addresses", one.name, addresses]
            if one.vm:
                ids = (f"external_ids:vnetsh-vm={one.vm}", f"external_ids:vnetsh-nic={one.vm}_port1")
                words += ["--", "set", "logical_switch_port", one.name, *ids]
            if slash:
                words += ["--", "--id=@" + one.name, "get", "logical_switch_port", one.name]
                words += ["--", "add", "port_group", f"tenant.{tenant}", "ports", "@" + one.name]
        self.nb("--wait=sb", *words)

    def plug(self, *guests: Guest) -> None:
        """Plug them in."""
        self.there |= {one.name: one for one in guests}
        for host in sorted({one.host for one in guests}):
            calls = [
                f"plug {one.name} {one.mac} {one.address} {one.gateway}" for one in guests if one.host == host
            ]
            on(self.lab, host, "sh", "-ec", "\n".join([_PLUG, *calls]))
        self.nb("--wait=hv", "sync")

    def nb(self, *words: str) -> str:
        """What `ovn-nbctl` says."""
        return on(self.lab, "kvm1", "ovn-nbctl", "--timeout=20", *words)

    def dump(self) -> str:
        """All of the northbound database but what no two runs have in common: UUIDs, and numbers that only grow."""
        found = on(self.lab, "kvm1", "ovsdb-client", "-f", "csv", "dump", NORTHBOUND, "OVN_Northbound")
        tables = re.sub(_UUID, "UUID", found).split("\n\n")
        return "\n".join("\n".join(sorted(one.splitlines())) for one in tables if "NB_Global" not in one)

    def restart_northd(self) -> None:
        """End ovn-northd, and start it again as it was started."""
        on(self.lab, "kvm1", "sh", "-ec", _RESTART)
        self.nb("--wait=hv", "sync")

    def serve(self, *services: tuple[str, str, int]) -> None:
        """Have guests answer at ports, until their hosts end."""
        for host, wanted in self._by_host(services).items():
            on(self.lab, host, "python3", "-c", _PROBES.read_text(), "serve", input=json.dumps(wanted))

    def ask(self, *asked: tuple[str, str, str, int]) -> Sequence[str | None]:
        """What is answered to guests that ask, each by protocol, address and port; None where nobody answers."""
        by_host = self._by_host(asked)

        def of(host: str) -> list[str | None]:
            text = json.dumps(by_host[host])
            said: list[str | None] = json.loads(
                on(self.lab, host, "python3", "-c", _PROBES.read_text(), "ask", input=text)
            )
            return said

        with ThreadPoolExecutor(len(by_host)) as pool:
            found = dict(zip(by_host, pool.map(of, by_host), strict=True))
        return [found[self.there[one[0]].host].pop(0) for one in asked]

    def _by_host(self, wanted: Iterable[tuple]) -> dict[str, list[tuple]]:  # type: ignore[type-arg]
        found: dict[str, list[tuple]] = {}  # type: ignore[type-arg]
        for one in wanted:
            found.setdefault(self.there[one[0]].host, []).append(one)
        return found
