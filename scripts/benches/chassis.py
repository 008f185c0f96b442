"""Simulated chassis: each an Open vSwitch with dummy interfaces, in a folder of its own, with a real ovn-controller."""

from __future__ import annotations

import itertools
import os
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from contest import compare, timed

from vnetsh.diagnostics import Source
from vnetsh.engine.apply import Applier
from vnetsh.journal import Journal
from vnetsh.model import Host, Place
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs

_SCHEMAS = Path("/usr/share/ovn")
_EACH = 10
"""NICs on networks of each chassis."""
_NETWORKS = 5


@contextmanager
def _daemon(folder: Path, name: str, *arguments: str) -> Iterator[int]:
    """A daemon of OVN's with all its files in a folder; its PID. It dies with this process."""
    kinds = [
        f"{project}_{what}"
        for project in ("OVS", "OVN")
        for what in ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR")
    ]
    argv = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "--",
        name,
        *arguments,
        "--no-chdir",
        "-vconsole:off",
        "-vsyslog:off",
    ]
    process = subprocess.Popen(
        [*argv, f"--log-file={folder / name}.log", f"--pidfile={folder / name}.pid"],
        env={**os.environ, **dict.fromkeys(kinds, str(folder))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait(10)


class Cluster:
    """OVN's central daemons, and so many chassis that vnetsh is yet to tell what they are."""

    def __init__(self, stack: ExitStack, count: int) -> None:
        def database(which: str) -> ScratchOvs:
            found = stack.enter_context(scratch_ovs(schema=_SCHEMAS / f"ovn-{which}b.ovsschema"))
            found.transact({"op": "insert", "table": f"{which.upper()}B_Global", "row": {}})
            return found

        self.north, self.south = database("n"), database("s")
        remotes = [f"--ovn{w}b-db=unix:{db.socket}" for w, db in (("n", self.north), ("s", self.south))]
        self.northd = stack.enter_context(_daemon(self.north.folder, "ovn-northd", *remotes))
        self.chassis = {
            f"c{number}": stack.enter_context(scratch_ovs(vswitchd=True)) for number in range(count)
        }
        self.controllers = []
        for name, ovs in self.chassis.items():
            ovs.vsctl("set", "open", ".", f"external_ids:system-id={name}", f"external_ids:hostname={name}")
            self.controllers.append(
                stack.enter_context(_daemon(ovs.folder, "ovn-controller", f"unix:{ovs.socket}"))
            )
        hosts = {
            name: Host(
                name, f"198.18.{n // 250}.{n % 250 + 1}",
                attributes={"local": True, "datapath": "dummy", **ovs.host_attributes},
            )
            for n, (name, ovs) in enumerate(self.chassis.items())
        }  # fmt: skip
        bound = {"northbound": (f"unix:{self.north.socket}",), "southbound": (f"unix:{self.south.socket}",)}
        cluster = Place("c", attributes={"type": "ovn", **bound}, sort="ovn", noun="cluster", hosts=("c0",))
        self.inventory = {**hosts, "c": cluster}

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that knows OVN and Open vSwitch only."""
        plugins = load_plugins()
        plugins.backends = {name: plugins.backends[name] for name in ("ovn", "chassis", "ovs")}
        with Session(plugins, self.inventory, timeout=120) as session:
            yield session

    def nbctl(self, *words: str) -> str:
        """Run ovn-nbctl; what it printed."""
        command = ["ovn-nbctl", f"--db=unix:{self.north.socket}", "--timeout=120", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def bind(self) -> None:
        """NICs on the networks, on each chassis some, and wait until all are up."""
        made: list[str] = []
        for number, name in enumerate(self.chassis):
            for one in range(_EACH):
                port, mac = f"{name}p{one}", f"02:00:00:00:{number:02x}:{one:02x}"
                network = f"acme/n{(number * _EACH + one) % _NETWORKS}"
                made += ["--", "lsp-add", network, port, "--", "lsp-set-addresses", port, f"{mac} dynamic"]
        self.nbctl(*made[1:])
        for name, ovs in self.chassis.items():
            words = (
                f"-- add-port br-int {name}p{n} -- set interface {name}p{n} type=dummy external_ids:iface-id={name}p{n}"
                for n in range(_EACH)
            )
            ovs.vsctl(*" ".join(words).split()[1:], timeout=60)
        deadline = time.monotonic() + 300
        while any(row["up"] is not True for row in self._ports()):
            assert time.monotonic() < deadline, "ports are not up"
            time.sleep(0.2)

    def _ports(self) -> Sequence[Any]:
        select = {"op": "select", "table": "Logical_Switch_Port", "where": [], "columns": ["up"]}
        rows: Sequence[Any] = self.north.transact(select)[0]["rows"]  # type: ignore[assignment]
        return rows

    def memory(self) -> str:
        """What the chassis take of it, in words."""
        pids = {"ovn-controller": self.controllers}
        pids["ovsdb-server"] = [ovs.server.pid for ovs in self.chassis.values() if ovs.server]
        pids["ovs-vswitchd"] = [ovs.vswitchd.pid for ovs in self.chassis.values() if ovs.vswitchd]
        mean = {name: sum(map(_resident, those)) / len(those) for name, those in pids.items()}
        words = ", ".join(f"{name} {kib / 1024:.0f}" for name, kib in mean.items())
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return f"{sum(mean.values()) / 1024:.0f} MiB a chassis ({words}), vnetsh at most {own:.0f}"


def _resident(pid: int) -> int:
    """KiB of a process in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def _said(session: Session, text: str) -> None:
    """Have a script be true."""
    report = session.apply(session.prepare(Source("bench", text), lock=True))
    assert report.ok, report.failures


@contextmanager
def _made(count: int) -> Iterator[tuple[Cluster, Session]]:
    """So many chassis, driven from one script: how long that takes, and what it takes of memory."""
    with ExitStack() as stack:
        began = time.perf_counter()
        cluster = Cluster(stack, count)
        print(f"\n{count} simulated chassis: their daemons started in {time.perf_counter() - began:.1f} s")
        networks = "; ".join(f"network n{n} subnet 10.{n}.0.0/16 dhcp" for n in range(_NETWORKS))
        script = f"zone a on {', '.join(cluster.chassis)} cluster c\ntenant acme {{ {networks} }}"
        session = stack.enter_context(cluster.session())
        for what in ("one script makes them chassis, with a tenant's networks", "the same again: no changes"):
            print(f"  {what}: {timed(lambda: _said(session, script)):.2f} s")
        print(f"  {count * _EACH} NICs bound: {timed(cluster.bind):.1f} s")
        print(f"  {cluster.memory()}")
        yield cluster, session


def chassis(count: int = 50, rounds: int = 40) -> None:
    """A change that all of so many chassis have followed; then twice as many of them."""
    with _made(count) as (cluster, session):
        mtus = itertools.count(1300)
        told = cluster.nbctl("--bare", "--columns=_uuid", "find", "dhcp_options", "cidr=10.0.0.0/16").strip()

        def committed() -> float:
            source = Source("bench", f"network acme/n0 mtu {next(mtus)}")
            script = session.check(source)
            plan, problems = session.planner.plan(script, session.observe_for(script))
            assert not problems
            assert len(plan.changes) == 1
            book = Journal("bench", "bench", session.runs)
            applier = Applier(session.inventory, session.connections, lambda *_: None, book)
            took = timed(lambda: [applier.run(segment.stages) for segment in plan.segments])
            assert not applier.failures, applier.failures
            book.end("done")
            return took

        def by_nbctl() -> None:
            mtu = next(mtus)
            cluster.nbctl("--wait=hv", "set", "dhcp_options", told, f"options:mtu={mtu}", "--", "set",
                          "logical_switch", "acme/n0", f"external_ids:vnetsh-mtu={mtu}")  # fmt: skip

        contestants = {
            "ovn-nbctl --wait=hv sync: nothing changes": lambda: timed(
                lambda: cluster.nbctl("--wait=hv", "sync")
            ),
            "vnetsh: commit a plan, verified (goal: × 1.1)": committed,
            "ovn-nbctl --wait=hv with the same change": lambda: timed(by_nbctl),
            "vnetsh: a line in a session": lambda: timed(
                lambda: _said(session, f"network acme/n0 mtu {next(mtus)}")
            ),
        }
        compare(f"a network's MTU changed, on {count} chassis", contestants, rounds)
    with _made(2 * count):
        pass
