"""Random fleets, made, exported and made again from what was exported: on demo hosts and on scratch ovsdb-servers.

`soak_export(rounds, seed)` is for long runs; the test suite does a few rounds.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from random import Random
from unittest.mock import patch

from vnetsh.diagnostics import Source
from vnetsh.export.exporting import Export, export
from vnetsh.language.formatting import formatted
from vnetsh.model import Host
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs

HOSTS = ("kvm1", "kvm2", "kvm3")
WORDS = ("on", "port", "none", "vm", "bridge", "type", "a.b", "x-1", "9", "_", "for", "long-name-15-ch")


def soak_export(rounds: int, seed: int) -> None:
    """That many rounds of each sort; every round says its seed when it fails."""
    with tempfile.TemporaryDirectory() as state, patch.dict(os.environ, XDG_STATE_HOME=state):
        for number in range(seed, seed + rounds):
            demo_round(number)
        with ExitStack() as stack:
            databases = [stack.enter_context(scratch_ovs()) for _ in HOSTS]
            for number in range(seed, seed + rounds):
                ovs_round(number, databases)


class Fleet:
    """A random fleet as a script. Everything has a name of its own, as on real hosts."""

    def __init__(self, random: Random, *, demo: bool) -> None:
        self._random = random
        self._demo = demo
        self._taken = {"vswitch01", "eth0", "eth1"}
        self._uplinks = {host: ["eth1"] for host in HOSTS}
        self._nics: set[str] = set()
        self.lines: list[str] = []
        self._bridges: dict[str, list[str]] = {}
        for _ in range(random.randint(1, 5)):
            self._bridge()
        for bridge, hosts in self._bridges.items():
            self._tunnels(bridge, hosts)
        for number in range(random.randint(0, 5) if demo else 0):
            self._vm(f"vm{number}" if random.random() < 0.7 else f"{random.choice(WORDS)}{number}")

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def _name(self, stem: str) -> str:
        name = self._random.choice(WORDS) if self._random.random() < 0.3 else stem
        number = 0
        while name in self._taken:
            number += 1
            name = f"{stem}{number}"
        self._taken.add(name)
        return name

    def _some(self, hosts: tuple[str, ...] | list[str] = HOSTS) -> list[str]:
        return sorted(self._random.sample(hosts, self._random.randint(1, len(hosts))))

    def _maybe(self, text: str, likely: float = 0.5) -> str:
        return f" {text}" if self._random.random() < likely else ""

    def _bridge(self) -> None:
        name, hosts = self._name("br"), self._some()
        linux = self._demo and self._random.random() < 0.2
        mtu = self._maybe(f"mtu {self._random.randint(1280, 1400)}", 0.3)
        self.lines.append(f"bridge {name} on {', '.join(hosts)}{mtu}" + (" backend linux" if linux else ""))
        free = [host for host in hosts if self._uplinks[host]]
        if free and self._demo and self._random.random() < 0.4:
            self._uplinks[free[0]] = []
            self.lines.append(f"bridge {name} on {free[0]} uplink eth1")
        for _ in range(self._random.randint(0, 3) if not linux else 0):
            on = ", ".join(self._some(hosts))
            kind = "internal" if self._demo else self._random.choice(("internal", "system"))
            vlan = self._maybe(f"vlan {self._random.randint(1, 4094)}")
            self.lines.append(f"bridge {name} on {on} port {self._name('p')} type {kind}{vlan}")
        if not linux:
            self._bridges[name] = hosts

    def _tunnels(self, bridge: str, hosts: list[str]) -> None:
        """A chain: more would loop."""
        for here, there in pairwise(hosts):
            if self._random.random() < 0.6:
                ends = [here, there]
                self._random.shuffle(ends)
                kind = self._random.choice(("gre", "vxlan", "geneve"))
                key = len(self.lines) + 1000  # two of a sort between the same hosts need different ones
                said = f"tunnel {self._name('t')} {'<->'.join(ends)} on {bridge} type {kind} key {key}"
                self.lines.append(said)

    def _vm(self, name: str) -> None:
        host = self._random.choice(HOSTS)
        bridges = ["vswitch01", *(bridge for bridge, hosts in self._bridges.items() if host in hosts)]
        memory = self._random.choice(("64M", "1G", "98305K", "700M"))
        disk = self._random.choice(
            ("", " disk tiny.qcow2", ' disk "/var/lib/libvirt/images/tiny.qcow2" import')
        )
        ports = ""
        for _ in range(self._random.randint(0, 3)):
            mac = f"52:54:00:{self._random.randrange(256):02x}:{len(self._taken):02x}:{len(self.lines):02x}"
            ports += f" port {self._random.choice(bridges)} name {self._name('n')}"
            ports += self._maybe(f"vlan {self._random.randint(1, 4094)}") + self._maybe(f"mac {mac}")
            ports += self._maybe(f"mtu {self._random.randint(576, 1280)}", 0.3)
        vcpus = self._random.randint(1, 8)
        self.lines.append(f"vm {name} on {host} memory {memory} vcpus {vcpus}{disk}{ports}")
        if self._random.random() < 0.2:
            self.lines.append(f"stop {name}")


def make(session: Session, script: str) -> None:
    report = session.apply(session.prepare(Source("<random>", script)))
    assert report.ok, report.failures


def exported(session: Session) -> Export:
    """The export, once it has been planned, in the one form there is."""
    found = export(session, ())
    assert session.prepare(Source("<export>", found.text)).plan.changes == (), found.text
    assert formatted(Source("<export>", found.text)) == found.text
    return found


def sentences(found: Export) -> str:
    return "\n".join(line for line in found.text.splitlines() if not line.startswith("#"))


def demo_round(seed: int) -> None:
    """A fleet on demo hosts; what is exported makes the same fleet on fresh ones."""
    script = Fleet(Random(seed), demo=True).text
    with demo_session() as session:
        make(session, script)
        first = exported(session)
        fleet = session.observe()
    assert all("it is stopped" in unsaid.reason for unsaid in first.unsaid), f"seed {seed}\n{first.text}"
    with demo_session() as session:
        make(session, first.text)
        assert sentences(exported(session)) == sentences(first), f"seed {seed}"
        again = session.observe()
    stopped = {u.resource.key for u in first.unsaid}
    for key, resource in fleet.resources.items():
        if key not in stopped:
            assert again.resources[key] == resource, f"seed {seed}"
    assert again.resources.keys() == fleet.resources.keys(), f"seed {seed}"


def demo_session() -> Session:
    plugins = load_plugins()
    return Session(plugins, plugins.worlds["demo"].hosts(str(len(HOSTS))))


def ovs_session(databases: list[ScratchOvs]) -> Session:
    """A session on databases without vswitchd; nothing of this machine's own network is looked at."""
    plugins = load_plugins()
    plugins.backends = {"ovs": plugins.backends["ovs"]}
    hosts = {
        name: Host(
            name,
            f"192.0.2.{n}",
            attributes={"local": True, "mtu": 1500, "vswitchd": "skip", **ovs.host_attributes},
        )
        for n, (name, ovs) in enumerate(zip(HOSTS, databases, strict=True), 1)
    }
    return Session(plugins, hosts)


def clear(databases: list[ScratchOvs]) -> None:
    """Take all bridges away."""
    empty = {"op": "update", "table": "Open_vSwitch", "where": [], "row": {"bridges": ["set", []]}}
    for ovs in databases:
        ovs.transact(empty)


def ovs_round(seed: int, databases: list[ScratchOvs]) -> None:
    """The same on Open vSwitch's databases, where somebody has also worked by hand."""
    random = Random(seed)
    script = Fleet(random, demo=False).text
    clear(databases)
    with ovs_session(databases) as session:
        make(session, script)
        first = exported(session)
        assert not first.unsaid, f"seed {seed}\n{first.text}"
        left_out = set(by_hand(random, databases))
        second = exported(session)
        assert {u.resource.name for u in second.unsaid if u.whole} == left_out, f"seed {seed}\n{second.text}"
    clear(databases)
    with ovs_session(databases) as session:
        make(session, first.text)
        assert exported(session).text == first.text, f"seed {seed}"


def by_hand(random: Random, databases: list[ScratchOvs]) -> Iterator[str]:
    """Do some things that no sentence can say; the names of what is left out therefore."""
    for number, ovs in enumerate(databases):
        bridge = f"hand{number}"
        ovs.vsctl("add-br", bridge)
        ovs.vsctl("add-port", bridge, f"plain{number}", "tag=5")
        for job in random.sample((_patch, _far_tunnel, _priority_tagged), random.randint(0, 3)):
            yield job(ovs, bridge, number)


def _patch(ovs: ScratchOvs, bridge: str, number: int) -> str:
    name = f"patch{number}"
    ovs.vsctl("add-port", bridge, name, "--", "set", "interface", name, "type=patch", "options:peer=nobody")
    return name


def _far_tunnel(ovs: ScratchOvs, bridge: str, number: int) -> str:
    name, remote = f"far{number}", "options:remote_ip=203.0.113.9"
    ovs.vsctl("add-port", bridge, name, "--", "set", "interface", name, "type=vxlan", remote)
    return name


def _priority_tagged(ovs: ScratchOvs, bridge: str, number: int) -> str:
    ovs.vsctl("add-port", bridge, f"tag{number}", "tag=0")
    return f"tag{number}"
