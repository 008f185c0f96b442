"""A live migration."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from contest import Contestant, compare, timed

from vnetsh.diagnostics import Source
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole
from vnetsh_lab.lab import Lab

IMAGES = "/var/lib/libvirt/images"


class Mover:
    """A vm that goes to and fro between the lab's two hosts, while another one pings it."""

    def __init__(self, lab: Lab, session: Session) -> None:
        self.lab = lab
        self.session = session
        self.place = 1
        self.lost: dict[str, list[int]] = {}
        self.gaps: dict[str, list[float]] = {}
        self.virsh_alone: list[float] = []
        self.vnetsh_from_plan: list[float] = []

    def vnetsh(self, *arguments: str) -> str:
        """The command, in a process of its own; what it says."""
        command = str(Path(sys.executable).with_name("vnetsh"))
        environment = {**os.environ, "VNETSH_LAB_DIR": str(self.lab.folder)}
        argv = [command, "--lab", "-o", "json", *arguments]
        return subprocess.run(argv, check=True, capture_output=True, text=True, env=environment).stdout

    def on(self, host: int, *argv: str) -> None:
        """A command inside a host."""
        done = self.lab.exec(f"kvm{host}", argv, timeout=120)
        assert done.returncode == 0, done.stderr

    def by_vnetsh(self, here: int, there: int) -> float:
        """The whole command: start-up, ssh, observation, plan, migration with its disk, verification."""
        said = ""

        def work() -> None:
            nonlocal said
            said = self.vnetsh("-c", f"migrate mover to kvm{there}")

        seconds = timed(work)
        self.vnetsh_from_plan.append(json.loads(said)["report"]["seconds"])
        return seconds

    def in_session(self, here: int, there: int) -> float:
        """A line in a session that is open, as in the shell: check, lock, observation, plan, and all that follows."""
        source = Source("bench", f"migrate mover to kvm{there}")

        def work() -> None:
            report = self.session.apply(self.session.prepare(source, lock=True))
            assert report.ok, report.failures

        return timed(work)

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
        self.virsh_alone.append(seconds)
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


@contextmanager
def session_on(lab: Lab) -> Iterator[Session]:
    """A session on the lab's hosts."""
    os.environ["VNETSH_LAB_DIR"] = str(lab.folder)
    plugins = load_plugins()
    with Session(plugins, plugins.worlds["lab"].hosts("")) as session:
        yield session


def migration(rounds: int = 8) -> None:
    """A live migration with a thin disk, against bare virsh on the same lab."""
    with running(hosts=2) as lab, session_on(lab) as session:
        mover = Mover(lab, session)
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
                "vnetsh: `migrate …` in a session": mover.in_session,
                "vnetsh -c 'migrate …' (the whole command)": mover.by_vnetsh,
            }
            compare(
                "live migration; goal: × 1.1, and no more replies lost",
                {name: mover.contestant(name, way, console) for name, way in contestants.items()},
                rounds=rounds,
            )
        ratios = [
            ours / theirs for ours, theirs in zip(mover.vnetsh_from_plan, mover.virsh_alone, strict=True)
        ]
        print(
            f"  {'vnetsh: of that from the plan to the verification':<52} "
            f"{statistics.median(mover.vnetsh_from_plan) * 1000:9.1f} ms   × {statistics.median(ratios):7.2f}"
        )
        for name in contestants:
            lost, gaps = mover.lost[name], mover.gaps[name]
            print(
                f"  {name:<52} lost {sum(lost)} replies in {rounds}, median gap {statistics.median(gaps):.0f} ms"
            )
