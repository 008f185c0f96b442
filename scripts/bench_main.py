"""Contestants in one run, the order rotated, the median of the rounds' ratios to the first of them."""

from __future__ import annotations

import gc
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial
from importlib import resources
from pathlib import Path

from vnetsh import parsing
from vnetsh.apply import Applier
from vnetsh.completion import candidates
from vnetsh.diagnostics import Source
from vnetsh.model import Host
from vnetsh.planner import Plan
from vnetsh.plugins import load_plugins
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs
from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole
from vnetsh_lab.lab import Lab

ROUNDS = 9
Contestant = Callable[[], float]


def compare(title: str, contestants: Mapping[str, Contestant], rounds: int = ROUNDS) -> None:
    """Run all contestants `rounds` times, the order rotated; print medians and ratios to the first."""
    names = list(contestants)
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            times[name].append(contestants[name]())
    print(f"\n{title} ({rounds} rounds)")
    for name in names:
        ratios = [mine / floor for mine, floor in zip(times[name], times[names[0]], strict=True)]
        print(
            f"  {name:<52} {statistics.median(times[name]) * 1000:9.1f} ms   × {statistics.median(ratios):7.2f}"
        )


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def startup() -> None:
    """A process of its own each."""
    bin = Path(sys.executable).parent

    def process(*argv: str) -> Contestant:
        run = partial(subprocess.run, argv, check=True, stdout=subprocess.DEVNULL)
        run()
        return lambda: timed(run)

    compare(
        "start-up; goals: × 2.5 and × 8",
        {
            "python -c pass": process(str(bin / "python"), "-c", "pass"),
            "vnetsh --version": process(str(bin / "vnetsh"), "--version"),
            "vnetsh --demo -c 'show hosts'": process(str(bin / "vnetsh"), "--demo", "-c", "show hosts"),
        },
        rounds=21,
    )


def prepared_transaction(count: int) -> bytes:
    """One JSON-RPC request that adds a bridge `raw` with so many ports, as `ovs-vsctl --no-wait` does it."""
    operations: list[dict[str, object]] = []
    ports = []
    for number in range(count):
        name = f"p{number}"
        operations.append(
            {"op": "insert", "table": "Interface", "row": {"name": name}, "uuid-name": f"i{number}"}
        )
        row = {"name": name, "interfaces": ["named-uuid", f"i{number}"]}
        operations.append({"op": "insert", "table": "Port", "row": row, "uuid-name": f"p{number}"})
        ports.append(["named-uuid", f"p{number}"])
    where = [["name", "==", "br0"]]
    mutation = ["ports", "insert", ["set", ports]]
    operations.append({"op": "mutate", "table": "Bridge", "where": where, "mutations": [mutation]})
    request = {"method": "transact", "params": ["Open_vSwitch", *operations], "id": 1}
    return json.dumps(request).encode()


def send(path: str, request: bytes) -> None:
    """Send a request over a bare socket and read its reply to the end."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(path)
        link.sendall(request)
        received = b""
        while True:
            received += link.recv(1 << 20)
            try:
                reply = json.loads(received)
            except ValueError:
                continue
            assert reply["error"] is None, reply
            assert all("error" not in result for result in reply["result"] if result), reply
            return


def fresh(ovs: ScratchOvs) -> None:
    """An empty bridge `br0`."""
    ovs.vsctl("--if-exists", "del-br", "br0", "--", "add-br", "br0")


def ports(count: int = 1000, each: int = 20) -> None:
    """So many ports on one bridge, on an ovsdb-server without vswitchd."""
    request = prepared_transaction(count)
    commands = [word for n in range(count) for word in ("--", "add-port", "br0", f"p{n}")]
    script = "bridge br0 on here " + " ".join(f"port p{n}" for n in range(count))
    with scratch_ovs() as ovs:
        host = Host("here", attributes={"local": True, "vswitchd": "skip", **ovs.host_attributes})
        plugins = load_plugins()
        plugins.backends = {"ovs": plugins.backends["ovs"]}
        with Session(plugins, {"here": host}) as session:
            source = Source("bench", script)
            checked = session.check(source)
            session.observe(checked)

            def with_fresh(work: Callable[[], object]) -> Contestant:
                def run() -> float:
                    fresh(ovs)
                    return timed(work)

                return run

            def planned() -> Plan:
                fleet = session.observe(checked)
                plan, problems = session.planner.plan(checked, fleet)
                assert not problems
                return plan

            def commit(plan: Plan) -> None:
                applier = Applier(session.inventory, session.connections, lambda *_: None)
                assert all(applier.run(segment.stages) for segment in plan.segments), applier.failures

            def commit_alone() -> float:
                fresh(ovs)
                plan = planned()
                return timed(lambda: commit(plan))

            def whole() -> None:
                report = session.apply(session.prepare(source))
                assert report.ok, report.failures

            def processes() -> None:
                for number in range(each):
                    ovs.vsctl("add-port", "br0", f"p{number}")

            def one_each() -> float:
                fresh(ovs)
                return timed(processes) * count / each

            compare(
                f"{count} ports on one bridge, ovsdb-server alone",
                {
                    "one prepared JSON-RPC transaction (the floor)": with_fresh(
                        lambda: send(ovs.socket, request)
                    ),
                    "vnetsh: commit a plan (goal: × 1.5)": commit_alone,
                    "vnetsh: observe, plan, commit": with_fresh(lambda: commit(planned())),
                    "vnetsh: parse, check, … commit, observe, verify": with_fresh(whole),
                    "one ovs-vsctl process with all commands": with_fresh(lambda: ovs.vsctl(*commands[1:])),
                    f"a process a port (of {each}, scaled up)": one_each,
                },
            )


def script_of(lines: int) -> str:
    """A script as a big fleet has it: bridges, tunnels and vms in turn."""
    found = ["# a big fleet"]
    for n in range(lines - 1):
        host, other = f"kvm{n % 3 + 1}", f"kvm{(n + 1) % 3 + 1}"
        found.append(
            (
                f"bridge br{n} on {host}, {other}  # number {n}",
                f"vm web{n} on {host} memory 512M disk web.qcow2 port br{n - 1} name w{n}a port br{n - 1} vlan 7",
                f"vm db{n} on {host} memory 1G port br{n - 2}",
                f"tunnel t{n} {host}<->{other} on br{n - 3} type vxlan key {n}",
            )[n % 4]
        )
    return "\n".join(found) + "\n"


def parse(lines: int = 10_000) -> None:
    """Text in, checked script out, against Lark's own parse of the same text with places."""
    from lark import Lark

    text = script_of(lines)
    rules = resources.files("vnetsh.grammar").joinpath("vnet.lark").read_text()
    whole = rules.replace("start: sentence", "start: (sentence? NEWLINE)*")
    whole += "\nNEWLINE: /\\n/\n%ignore /[ \\t]+/\n%ignore /#[^\\n]*/\n"
    floor = Lark(whole, parser="lalr", lexer="contextual", propagate_positions=True)
    plugins = load_plugins()
    with Session(plugins, plugins.worlds["demo"].hosts("3")) as session:
        source = Source("bench.vnet", text)
        compare(
            f"{lines} lines; goal: × 1.5",
            {
                "Lark's LALR parse with places (the floor)": lambda: timed(lambda: floor.parse(text)),
                "vnetsh: scan and parse": lambda: timed(lambda: parsing.parse(Source("bench.vnet", text))),
                "vnetsh: scan, parse, expand, bind, resolve, check": lambda: timed(
                    lambda: session.check(source)
                ),
            },
            rounds=7,
        )
        tracemalloc.start()
        session.check(source)
        print(f"  memory of a check, at most {tracemalloc.get_traced_memory()[1] / 2**20:.0f} MiB")
        tracemalloc.stop()


def completion(objects: int = 10_000) -> None:
    """What fits at the cursor, on a fleet of so many objects; goal: 5 ms."""
    vocabulary = load_plugins().vocabulary
    kinds = ("bridge", "vm", "port", "tunnel")
    names = {kind: [f"{kind}{n}" for n in range(objects // len(kinds))] for kind in kinds} | {
        "host": ["kvm1", "kvm2"]
    }
    slots = {
        "a keyword": "vm web1 on kvm1 me",
        "a vm": "migrate vm12",
        "any bridge": "vm web1 on kvm1 port ",
        "in a block": "for i in 1..9 {\n    vm web$i on kvm1 {\n        port br",
    }
    contestants = {}
    for title, text in slots.items():
        list(candidates(text, vocabulary, names))
        contestants[title] = partial(
            timed, partial(lambda text: list(candidates(text, vocabulary, names)), text)
        )
    compare(f"completion on {objects} objects; goal: 5 ms each", contestants, rounds=21)


IMAGES = "/var/lib/libvirt/images"


class Mover:
    """A vm that goes to and fro between the lab's two hosts, while another one pings it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.place = 1
        self.lost: dict[str, list[int]] = {}
        self.gaps: dict[str, list[float]] = {}

    def vnetsh(self, *arguments: str) -> None:
        """The command, in a process of its own."""
        command = str(Path(sys.executable).with_name("vnetsh"))
        environment = {**os.environ, "VNETSH_LAB_DIR": str(self.lab.folder)}
        subprocess.run([command, "--lab", *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)

    def on(self, host: int, *argv: str) -> None:
        """A command inside a host."""
        done = self.lab.exec(f"kvm{host}", argv, timeout=120)
        assert done.returncode == 0, done.stderr

    def by_vnetsh(self, here: int, there: int) -> float:
        """The whole command: start-up, ssh, observation, plan, migration with its disk, verification."""
        return timed(lambda: self.vnetsh("-c", f"migrate mover to kvm{there}"))

    def by_virsh(self, here: int, there: int) -> float:
        """Virsh alone, inside the host; its disk is prepared and cleaned up by hand, and not timed."""
        disk = f"{IMAGES}/mover.qcow2"
        template = ("-F", "qcow2", "-b", f"{IMAGES}/tiny.qcow2")
        self.on(there, "qemu-img", "create", "-q", "-f", "qcow2", *template, disk)
        options = (
            "--live",
            "--p2p",
            "--persistent",
            "--undefinesource",
            "--abort-on-error",
            "--copy-storage-inc",
        )
        uri = f"qemu+tcp://10.77.0.{there}/system"
        seconds = timed(lambda: self.on(here, "virsh", "migrate", *options, "mover", uri))
        self.on(here, "rm", disk)
        return seconds

    def contestant(
        self, name: str, migrate: Callable[[int, int], float], console: GuestConsole
    ) -> Contestant:
        """One migration to the other host under a ping every 100 ms."""

        def run() -> float:
            here, there = self.place, 3 - self.place
            console.start_ping("10.0.0.1", interval=0.1)
            time.sleep(1)
            seconds = migrate(here, there)
            self.place = there
            time.sleep(1.5)
            report = console.stop_ping()
            self.lost.setdefault(name, []).append(report.lost)
            self.gaps.setdefault(name, []).append(report.longest_gap or 0)
            return seconds

        return run


def migration(rounds: int = 8) -> None:
    """A live migration with a thin disk, against bare virsh on the same lab."""
    with running(hosts=2) as lab:
        mover = Mover(lab)
        vm = "memory 96M disk tiny.qcow2 port vswitch02"
        script = "tunnel gre12 kvm1<->kvm2 on vswitch02\n"
        mover.vnetsh("-c", f"{script}vm mover on kvm1 {vm} name m1\nvm pinger on kvm2 {vm} name p1")
        with GuestConsole(lab, "mover") as console:
            console.run("ip address add 10.0.0.1/24 dev eth0")
        with GuestConsole(lab, "pinger") as console:
            console.run("ip address add 10.0.0.2/24 dev eth0")
            console.run("ping -c 3 10.0.0.1")
            contestants = {
                "virsh migrate --live --p2p --copy-storage-inc": mover.by_virsh,
                "vnetsh -c 'migrate …' (the whole command)": mover.by_vnetsh,
            }
            compare(
                "live migration; goal: × 1.1, and no more replies lost",
                {name: mover.contestant(name, way, console) for name, way in contestants.items()},
                rounds=rounds,
            )
        for name in contestants:
            lost, gaps = mover.lost[name], mover.gaps[name]
            print(
                f"  {name:<52} lost {sum(lost)} replies in {rounds}, median gap {statistics.median(gaps):.0f} ms"
            )


BENCHES = {
    "startup": startup,
    "parse": parse,
    "completion": completion,
    "ports": ports,
    "migration": migration,
}


def main(names: list[str]) -> int:
    """Run the benches that are named; by default those that need no root."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no bench {unknown[0]}: there is {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as an installed program runs: from its bytecode
    gc.set_threshold(50_000)  # as vnetsh.cli does
    with tempfile.TemporaryDirectory() as cache:
        os.environ.setdefault("XDG_CACHE_HOME", cache)
        for name in names or ("startup", "parse", "completion", "ports"):
            BENCHES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
