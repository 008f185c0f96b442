"""A live migration."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from capturing import capturing
from contest import Contestant, compare, timed

from vnetsh.diagnostics import Source
from vnetsh.engine.report import Report
from vnetsh.errors import VnetshError
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_lab import running
from vnetsh_lab.guest import CommandFailed, GuestConsole
from vnetsh_lab.lab import Lab
from vnetsh_lab.status import host_running

IMAGES = "/var/lib/libvirt/images"
ADDRESS, OTHER = "10.0.0.1", "10.0.0.2"
PORT = 5000
INTERVAL = 0.02
"""Seconds between two pings."""

ROUNDS = int(os.environ.get("VNETSH_BENCH_ROUNDS", "8"))
MOVES = 3
"""Moves after which the guest is booted anew: one under TCG is known to die by itself after some."""

TRIES = 3


class Died(Exception):
    """The guest answers nobody any more, wherever it is."""


class Mover:
    """A vm that goes to and fro between the lab's two hosts, while another one pings it."""

    command = str(Path(sys.executable).with_name("vnetsh"))

    def __init__(self, lab: Lab, session: Session) -> None:
        self.lab = lab
        self.session = session
        self.place = 1
        self.moves = 0
        self.mac = ""
        self.lost: dict[str, list[int]] = {}
        self.gaps: dict[str, list[float]] = {}
        self.captured: dict[str, list[float]] = {}
        self.reported: dict[str, list[float]] = {}
        self.died: dict[str, int] = {}
        self.answered: dict[str, list[float]] = {}
        self.broken: dict[str, int] = {}
        self.foreseen: list[float] = []
        self.virsh_alone: list[float] = []
        self.vnetsh_from_plan: list[float] = []

    def vnetsh(self, *arguments: str) -> str:
        """The command, in a process of its own; what it says."""
        environment = {**os.environ, "VNETSH_LAB_DIR": str(self.lab.folder)}
        argv = [self.command, "--lab", "-o", "json", *arguments]
        done = subprocess.run(argv, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            raise Died(done.stdout + done.stderr)
        return done.stdout

    def on(self, host: int, *argv: str) -> None:
        """A command inside a host."""
        done = self.lab.exec(f"kvm{host}", argv, timeout=120)
        assert done.returncode == 0, done.stderr

    def boot_alone(self) -> None:
        """Boot the guest anew, without an address."""
        self.place = int(host_running(self.lab, "mover").removeprefix("kvm"))
        self.on(self.place, "virsh", "reset", "mover")
        self.moves = 0

    def boot(self) -> None:
        """Boot the guest anew."""
        self.boot_alone()
        with GuestConsole(self.lab, "mover") as console:
            console.run(f"ip address replace {ADDRESS}/24 dev eth0; ip link set eth0 up")

    def by_vnetsh(self, here: int, there: int) -> tuple[float, float | None]:
        """The whole command: start-up, ssh, observation, plan, migration with its disk, verification."""
        said = ""

        def work() -> None:
            nonlocal said
            said = self.vnetsh("-c", f"migrate mover to kvm{there} address {ADDRESS}")

        seconds = timed(work)
        report = json.loads(said)["report"]
        self.vnetsh_from_plan.append(report["seconds"])
        return seconds, report["measured"][0]["gap_ms"]

    def in_session(self, here: int, there: int) -> tuple[float, float | None]:
        """A line in a session that is open, as in the shell: check, lock, observation, plan, and all that follows."""
        return self.line(f"migrate mover to kvm{there} address {ADDRESS}")

    def unprobed(self, here: int, there: int) -> tuple[float, float | None]:
        """The same without measuring: what the probes cost."""
        return self.line(f"migrate mover to kvm{there} outage none")

    def line(self, text: str) -> tuple[float, float | None]:
        """Have a sentence be true, in the session; the seconds it took, and the gap that is reported."""
        source = Source("bench", text)
        reports: list[Report] = []

        def work() -> None:
            prepared = self.session.prepare(source, lock=True)
            [estimate] = [change.estimate for change in prepared.plan.changes if change.estimate]
            reports.append(self.session.apply(prepared))
            self.foreseen.append(reports[0].seconds / estimate.seconds)
            if not reports[0].ok:
                raise Died(str(reports[0].failures))

        seconds = timed(work)
        gap = reports[0].measured[0].data["gap_ms"] if reports[0].measured else None
        return seconds, gap if isinstance(gap, int) else None

    def by_virsh(self, here: int, there: int) -> tuple[float, float | None]:
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
        self.virsh_alone.append(seconds)
        self.on(here, "rm", disk)
        return seconds, None

    def contestant(
        self, name: str, migrate: Callable[[int, int], tuple[float, float | None]], console: GuestConsole
    ) -> Contestant:
        """One migration to the other host under ping. Where the guest dies, which is counted, it is tried again."""

        def run() -> float:
            for _ in range(TRIES):
                if self.moves >= MOVES:
                    self.boot()
                try:
                    return self.moved(name, migrate, console)
                except Died as error:
                    self.died[name] = self.died.get(name, 0) + 1
                    print(f"  {name}: the guest died: {str(error)[-300:]}", flush=True)
                    self.moves = MOVES
            raise SystemExit(f"{name}: the guest died {TRIES} times on its way")

        return run

    def moved(
        self, name: str, migrate: Callable[[int, int], tuple[float, float | None]], console: GuestConsole
    ) -> float:
        """One migration, with what the ping, the hosts' kernels and the mover itself say of it. Raises `Died`."""
        self.alive(console)
        self.open_stream(console)
        with capturing(self.lab, "m1", self.mac) as captured:
            console.start_ping(ADDRESS, interval=INTERVAL)
            time.sleep(1)
            began = time.time()
            try:
                seconds, reported = migrate(self.place, 3 - self.place)
                self.place = 3 - self.place
            finally:
                self.moves += 1
                ended = time.time()
                time.sleep(1.5)
                report = console.stop_ping()
        self.alive(console)
        self.close_stream(name, console)
        self.lost.setdefault(name, []).append(report.lost)
        self.gaps.setdefault(name, []).append(report.longest_gap or 0)
        seen = captured.gap(began, ended)
        self.captured.setdefault(name, []).append(seen)
        if reported is not None and (told := captured.probed_gap(began, ended)):
            self.reported.setdefault(name, []).append(reported - told)
        return seconds

    def open_stream(self, console: GuestConsole) -> None:
        """Have the mover send a line every 20 ms over one connection, and ping the other guest as often."""
        console.run(f"(sleep 9999 | nc -l -p {PORT}) >/tmp/got 2>&1 &")  # it ends when its own input does
        sending = f"while echo line && usleep 20000; do :; done | nc {OTHER} {PORT}"
        with GuestConsole(self.lab, "mover") as mover:
            mover.run(f"({sending}) >/dev/null 2>&1 &")
            mover.start_ping(OTHER, interval=INTERVAL)

    def close_stream(self, name: str, console: GuestConsole) -> None:
        """See that lines come by that connection still, and how long the mover had no reply. Raises `Died`."""
        before = int(console.run("wc -l </tmp/got"))
        try:
            with GuestConsole(self.lab, "mover") as mover:
                report = mover.stop_ping()
                time.sleep(0.5)
                goes_on = int(console.run("wc -l </tmp/got")) > before > 0
                mover.run("killall nc", check=False)
        except (CommandFailed, VnetshError) as error:
            raise Died("its console gives no answer any more") from error
        console.run("killall nc sleep", check=False)
        self.answered.setdefault(name, []).append(report.longest_gap or 0)
        self.broken[name] = self.broken.get(name, 0) + (not goes_on)

    def alive(self, console: GuestConsole) -> None:
        """See that the guest answers. Raises `Died`."""
        try:
            console.run(f"ping -c 1 -W 5 {ADDRESS}")
        except CommandFailed as error:
            raise Died("it gives no answer any more") from error

    def tell(self, name: str) -> None:
        """Print what the moves by one of the contestants came to."""
        gaps, captured = sorted(self.gaps[name]), sorted(self.captured[name])
        print(f"  {name}: {len(gaps)} moves, lost {sum(self.lost[name])} replies")
        print(f"    its own ping, the other way:            {_spread(sorted(self.answered[name]))}")
        print(f"    TCP connections that broke:             {self.broken[name]}")
        print(f"    gap, by the ping:                       {_spread(gaps)}")
        print(f"    gap, by the hosts' kernels at its taps: {_spread(captured)}")
        if found := sorted(self.reported.get(name, ())):
            print(f"    what it reports, less the same as seen at its probes' ports: {_spread(found)}")
        if died := self.died.get(name):
            print(f"    the guest died by itself, and was booted anew: {died} times")


def _spread(found: Sequence[float]) -> str:
    """Of sorted milliseconds."""

    def at(part: float) -> float:
        return found[min(len(found) - 1, int(part * len(found)))]

    return f"p50 {at(0.5):6.0f}   p99 {at(0.99):6.0f}   min {found[0]:6.0f}   max {found[-1]:6.0f} ms"


@contextmanager
def session_on(lab: Lab) -> Iterator[Session]:
    """A session on the lab's hosts."""
    os.environ["VNETSH_LAB_DIR"] = str(lab.folder)
    plugins = load_plugins()
    with Session(plugins, plugins.worlds["lab"].hosts("")) as session:
        yield session


class Networked(Mover):
    """One whose NIC is on a network of OVN."""

    on_two = 0
    """Moves after which more than one chassis had its port."""

    def by_virsh(self, here: int, there: int) -> tuple[float, float | None]:
        """Virsh, while OVN lets both hosts have the port, and the new one alone afterwards: set by hand, not timed."""
        self._request(f"kvm{here},kvm{there}", "options:activation-strategy=rarp")
        try:
            return super().by_virsh(here, there)
        finally:
            self.on(
                1, "ovn-nbctl", "remove", "logical_switch_port", self.port, "options", "activation-strategy"
            )
            self._request(f"kvm{there}")

    def _request(self, chassis: str, *more: str) -> None:
        what = [f'options:requested-chassis="{chassis}"', *more]
        self.on(1, "ovn-nbctl", "--wait=hv", "set", "logical_switch_port", self.port, *what)

    @property
    def port(self) -> str:
        """What its logical port is called."""
        return self.asked(
            "ovn-nbctl",
            "--bare",
            "--columns=name",
            "find",
            "logical_switch_port",
            "external_ids:vnetsh-nic=m1",
        )

    def asked(self, *argv: str) -> str:
        """What a command on the first host says."""
        return self.lab.exec("kvm1", argv, timeout=60).stdout.strip()

    def moved(
        self, name: str, migrate: Callable[[int, int], tuple[float, float | None]], console: GuestConsole
    ) -> float:
        """As any other, and it is on one chassis then."""
        seconds = super().moved(name, migrate, console)
        columns = "--columns=chassis,additional_chassis"
        bound = self.asked(
            "ovn-sbctl", "--bare", columns, "find", "port_binding", f"logical_port={self.port}"
        )
        self.on_two += len(bound.split()) != 1
        return seconds


VM = "memory 96M disk tiny.qcow2"


def migration(rounds: int = ROUNDS) -> None:
    """A live migration with a thin disk, against bare virsh on the same lab."""
    with running(hosts=2) as lab, session_on(lab) as session:
        mover = Mover(lab, session)
        vm = f"{VM} port vswitch02 name"
        script = "tunnel gre12 kvm1<->kvm2 on vswitch02"
        mover.vnetsh("-c", f"{script}\nvm mover on kvm1 {vm} m1\nvm pinger on kvm2 {vm} p1")
        contestants = {
            "virsh migrate --live --p2p --copy-storage-inc": mover.by_virsh,
            "vnetsh: `migrate …` in a session": mover.in_session,
            "vnetsh: `migrate … outage none` in a session": mover.unprobed,
            "vnetsh -c 'migrate …' (the whole command)": mover.by_vnetsh,
        }
        _contest(mover, contestants, rounds)


def networked(rounds: int = ROUNDS) -> None:
    """A live migration of a guest on a network of OVN, against virsh with the port's chassis requested by hand."""
    with running(hosts=2, ovn="one") as lab, session_on(lab) as session:
        mover = Networked(lab, session)
        script = "zone a on kvm1, kvm2 cluster region1\nnetwork web subnet 10.0.0.0/24 gateway 10.0.0.254"
        script += f"\nvm mover on kvm1 {VM} port web name m1 address {ADDRESS}"
        script += f"\nvm pinger on kvm2 {VM} port web name p1 address {OTHER}"
        mover.vnetsh("-c", script)
        contestants = {
            "virsh migrate, requested-chassis by hand": mover.by_virsh,
            "vnetsh: `migrate …` in a session": mover.in_session,
        }
        _contest(mover, contestants, rounds)
        print(f"  on more than one chassis afterwards: {mover.on_two} of {2 * rounds}")


def _contest(
    mover: Mover, ways: Mapping[str, Callable[[int, int], tuple[float, float | None]]], rounds: int
) -> None:
    """Let a VM be moved by each of them, bare virsh first, and print what that came to."""
    described = mover.lab.exec("kvm1", ["virsh", "dumpxml", "mover"]).stdout
    mover.mac = re.findall("<mac address='(.*?)'", described)[0]
    mover.boot()
    with GuestConsole(mover.lab, "pinger") as console:
        console.run(f"ip address add {OTHER}/24 dev eth0; ip link set eth0 up")
        console.run(f"ping -c 3 {ADDRESS}")
        compare(
            "live migration; goal: × 1.1, a gap of no more than 20 ms more, reported within 10 ms",
            {name: mover.contestant(name, way, console) for name, way in ways.items()},
            rounds=rounds,
        )
    floor = statistics.median(mover.virsh_alone)
    if mover.vnetsh_from_plan:
        ours = statistics.median(mover.vnetsh_from_plan)
        print(
            f"  {'vnetsh: of that from the plan to the verification':<52} "
            f"{ours * 1000:9.1f} ms   × {ours / floor:7.2f}"
        )
    near = sum(1 / 1.5 <= ratio <= 1.5 for ratio in mover.foreseen)
    print(
        f"  took as long as the plan said, within × 1.5:         {near} of {len(mover.foreseen)} "
        f"(median × {statistics.median(mover.foreseen):.2f})"
    )
    for name in ways:
        mover.tell(name)
