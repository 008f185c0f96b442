"""Runs that have to be confirmed on five hosts, killed, stopped or cut off at a point: all old, or all new.

`soak_confirm(rounds, seed)` is for long runs. A seed says all of a round but how far each host has come when the point
is reached. One seed after the other they come by all points that there are.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from in_lab import LabOperator
from ovs_hosts import dump
from soaking import Findings
from waiting import eventually

from vnetsh_lab import Lab, running

HOSTS = ("kvm1", "kvm2", "kvm3", "kvm4", "kvm5")
WITHIN, SPARE = 8.0, 2.0
"""Seconds in which it has to be confirmed, and in which the hosts have gone back after that."""
BASE = """
bridge lan on kvm[1-5] { port p0 type internal vlan 5; port p1 type internal; port p2 type internal trunk 3, 4 }
tunnel t12 kvm1<->kvm2 on lan type vxlan key 5
tunnel t23 kvm2<->kvm3 on lan type vxlan key 6
bridge side on kvm[2-4]
bridge lin on kvm[1-3] { backend linux; port v0 type system }
bridge lon on kvm[2-4] backend linux
"""
VETHS = "; ".join(f"ip link add v{n} type veth peer name w{n}" for n in range(3))
CHANGES = (
    "bridge new on kvm[1-5] port n0 type internal",
    "bridge new on kvm1, kvm3",
    "mesh all kvm[1-5] on over type geneve key 9",
    "tunnel t45 kvm4<->kvm5 on lan type gre",
    "bridge lan on kvm[1-5] port p0 vlan 6",
    "bridge lan on kvm[1-5] port p1 isolated yes",
    "bridge lan on kvm2, kvm4 port p2 trunk 7-9",
    "bridge lan on kvm[1-5] port p3 type internal mirrors p0",
    "tunnel t12 kvm1<->kvm2 on lan type vxlan key 50",
    "delete bridge side on kvm2, kvm3",
    "delete port p2 on kvm5",
    "delete tunnel t23",
    "bridge lan on kvm3 port p4 type internal outbound 10Mbit",
    "bridge lew on kvm[1-5] backend linux uplink v1",
    "bridge lin on kvm1, kvm2 port v0 isolated yes",
    "bridge lin on kvm3 { stp yes; port v2 type system }",
    "bridge lex on kvm4, kvm5 backend linux; tunnel l45 kvm4<->kvm5 on lex type vxlan key 71",
    "delete bridge lon on kvm4",
    "delete port v0 on kvm1",
    "bridge lon on kvm2, kvm3 mtu 1400",
)
NEVER = "expect port p1 on kvm1 bridge side"
"""What is not so: the hosts are told to go back."""
EXPECTED = ("", "expect port p1 on kvm1 bridge lan", NEVER)
_PASSING = ("timer", "bridge_id", "root_", "topology_", "querier")
EACH = 3
"""Deaths of one script."""
HANG = "databases hang"
DEATHS = ("killed", "killed", "killed", "stopped", "cut off", HANG)


@dataclass(frozen=True)
class Database:
    """A host's database, as `dump` asks it."""

    lab: Lab
    host: str

    def transact(self, *operations: object) -> list[dict[str, object]]:
        request = json.dumps(["Open_vSwitch", *operations])
        done = self.lab.exec(self.host, ["ovsdb-client", "transact", request])
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout))


@dataclass
class Fleet:
    """Five hosts and who changes them."""

    operator: LabOperator

    @property
    def lab(self) -> Lab:
        return self.operator.lab

    def state(self) -> list[object]:
        """The configuration of each host: its database, and its links but for their numbers."""
        return [[*dump(Database(self.lab, host)), *self._links(host)] for host in HOSTS]

    def _links(self, host: str) -> list[dict[str, object]]:
        """The links that are no switch's of Open vSwitch."""
        links = json.loads(self.operator.on(host, "ip -json -details link show"))
        found = []
        for link in links:
            info = link.get("linkinfo", {})
            if info.get("info_kind") in ("bridge", "vxlan", "veth"):
                data = {
                    k: v for k, v in info.get("info_data", {}).items() if not any(p in k for p in _PASSING)
                }
                port = {
                    k: v for k, v in info.get("info_slave_data", {}).items() if k in ("isolated", "hairpin")
                }
                told = {key: link.get(key) for key in ("ifalias", "mtu", "master", "altnames")}
                found.append(
                    {"name": link["ifname"], **told, "up": "UP" in link["flags"], "data": data, "port": port}
                )
        return sorted(found, key=lambda one: str(one["name"]))

    def waiting(self) -> list[str]:
        """The hosts that wait to be confirmed, or go back just now."""
        return [host for host in HOSTS if self.operator.on(host, "ls /run/vnetsh/unconfirmed 2>/dev/null")]

    def late(self, since: float) -> float:
        """How long after its time the slowest of the guards had gone back that have ended since, in seconds."""
        command = "cat /run/vnetsh/ended/$(ls -t /run/vnetsh/ended | head -n 1)"
        ends = [json.loads(self.operator.on(host, command) or '{"at": 0}') for host in HOSTS]
        since_then = (end for end in ends if end["at"] > since)
        return max((end["late"] for end in since_then if end["state"] == "back"), default=0.0)

    def junk(self) -> list[str]:
        """What guards have left in databases."""
        found = (self.operator.on(host, "ovs-vsctl get open . external_ids") for host in HOSTS)
        return [text for text in found if "unconfirmed" in text]

    @contextmanager
    def cut(self, hosts: Sequence[str]) -> Iterator[None]:
        """No way leads to these hosts in here: those that did are dead, and there are no new ones."""
        configs = [self.lab.folder / host / "sshd_config" for host in hosts]
        for config in configs:
            config.rename(config.with_suffix(".away"))
        for host in hosts:
            self.operator.on(host, "kill -9 $(ps -eo pid=,comm= | awk '$2 == \"sshd\" {print $1}')")
        try:
            yield
        finally:
            for config in configs:
                config.with_suffix(".away").rename(config)

    @contextmanager
    def hung(self, hosts: Sequence[str]) -> Iterator[None]:
        """The databases of these hosts hang in here."""
        signal_all = "kill -{} $(cat /run/openvswitch/ovsdb-server.pid)".format
        for host in hosts:
            self.operator.on(host, signal_all("STOP"))
        try:
            yield
        finally:
            for host in hosts:
                self.operator.on(host, signal_all("CONT"))


@contextmanager
def fleet(folder: Path) -> Iterator[Fleet]:
    """Five hosts that hold something."""
    with running(hosts=len(HOSTS)) as lab:
        found = Fleet(LabOperator.of(lab, folder, "--yes", "--timeout", "4"))
        for host in HOSTS:
            found.operator.on(host, VETHS)
        found.operator.good("-c", BASE)
        yield found


def script_of(random: Random, within: float) -> str:
    """A script with something before the block, now and then."""
    inside = random.sample(CHANGES, random.randint(1, 4))
    before = ["bridge first on kvm1"] if random.random() < 0.3 else []
    return "\n".join([*before, f"confirm within {within:g}s {{", *inside, random.choice(EXPECTED), "}"])


def begun(one: Fleet, script: str, **environment: str) -> subprocess.Popen[str]:
    return one.operator.start("-c", script, **environment)


def stopped(process: subprocess.Popen[str], seconds: float = 30.0) -> bool:
    """Whether a process comes to be stopped, and not to its end."""
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        if Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return True
        time.sleep(0.01)
    return False


def died(one: Fleet, random: Random, script: str, point: int, death: str) -> bool:
    """Have a run die at a point, and wait until no host waits any more; whether it came to that point."""
    by = {"killed": "SIGKILL"}.get(death, "SIGSTOP")
    process = begun(one, script, VNETSH_CRASH_AT=str(point), VNETSH_CRASH_BY=by)
    try:
        dies = process.wait(60) == -signal.SIGKILL if death == "killed" else stopped(process)
        if dies and death == "stopped":
            _wait(one)
            os.kill(process.pid, signal.SIGCONT)
            process.communicate(timeout=90)
        elif dies and death == "cut off":
            with one.cut(random.sample(HOSTS, random.randint(1, len(HOSTS)))):
                os.kill(process.pid, signal.SIGCONT)
                _wait(one)
                process.communicate(timeout=90)
        elif dies and death == HANG:
            with one.hung(random.sample(HOSTS, random.randint(1, 2))):
                os.kill(process.pid, signal.SIGCONT)
                process.communicate(timeout=150)
        process.wait(60)
        _wait(one)
        return dies
    finally:
        process.kill()
        process.communicate()


def _wait(one: Fleet) -> None:
    assert eventually(lambda: not one.waiting(), 60)


@dataclass
class Deaths:
    """A script that has to be confirmed, and what it makes of the hosts."""

    one: Fleet
    random: Random
    script: str
    before: list[object]
    after: list[object]
    found: Findings
    deaths: Counter[tuple[str, str]]

    def die(self, what: str, name: str, point: int, death: str) -> None:
        """Have it die at a point, see what came of it, and have all as it was."""
        one, found = self.one, self.found
        found.rounds += 1
        began = time.time()
        if died(one, self.random, self.script, point, death):
            self.deaths[name, death] += 1
        late = one.late(began)
        if death != HANG:
            found.expect(late <= SPARE, f"{what}: a host went back {late:.1f} s after its time")
        now, old, new = _without_first(one.state()), self.before, self.after
        told = one.operator("plan", "-c", "bridge nothing on kvm[1-5]")
        said = told.stdout + told.stderr
        history = one.operator("history").stdout.splitlines()[1]
        if now not in (old, new):
            # While hosts are confirmed they may come to differ; each is old or new, but where that was taken back.
            found.notes.append(f"{what}: mixed")
            found.expect("was confirmed on" in said, f"{what}: mixed, and not named: {said}\n{self.script}")
        elif now == old != new:
            found.expect(
                "cut off" not in history and " done" not in history,
                f"{what}: all old, and not said: {history}",
            )
        if "cut off" in history:
            self._recover(what, old, new)
        found.expect(not one.junk(), f"{what}: left in databases: {one.junk()}")
        while _without_first(one.state()) != old:
            done = one.operator("undo")
            if done.returncode or "nothing to undo" in done.stderr:
                found.expect(False, f"{what}: undo: {done.stdout}{done.stderr}")
                return
        if self.script.startswith("bridge first"):
            one.operator("-c", "delete bridge first on kvm1")

    def _recover(self, what: str, old: list[object], new: list[object]) -> None:
        back = self.random.random() < 0.5 or old == new
        for _ in range(3):  # on a busy machine the time to confirm may be too short for it as well
            done = self.one.operator("recover", *(["--undo"] if back else []))
            if done.returncode == 0:
                break
        self.found.expect(done.returncode == 0, f"{what}: recover: {done.stdout}{done.stderr}")
        end = _without_first(self.one.state())
        self.found.expect(end == (old if back else new), f"{what}: recover ends otherwise\n{self.script}")
        self.found.expect("cut off" not in self.one.operator("history").stdout, f"{what}: still cut off")


def confirm_round(one: Fleet, seed: int, found: Findings, deaths: Counter[tuple[str, str]]) -> None:
    """A script, and a few deaths of it, each at the next of the points that it comes to."""
    random = Random(seed)
    before = one.state()
    script = script_of(random, 30)
    log = one.operator.folder / "points"
    log.unlink(missing_ok=True)
    done = one.operator("-c", script, VNETSH_CRASH_LOG=str(log))
    found.expect(done.returncode == (NEVER in script), f"seed {seed}: {done.stderr}\n{script}")
    after, points = one.state(), log.read_text().splitlines()
    if after != before:
        one.operator.good("undo")
    found.expect(one.state() == before, f"seed {seed}: undo\n{script}")
    short, after = script.replace("within 30s", f"within {WITHIN:g}s"), _without_first(after)
    dying = Deaths(one, random, short, before, after, found, deaths)
    names = [*dict.fromkeys(points)]
    for number in range(EACH):
        name, death = names[(seed * EACH + number) % len(names)], random.choice(DEATHS)
        point = random.choice([at for at, reached in enumerate(points, 1) if reached == name])
        dying.die(f"seed {seed}, {death} at {point} of {len(points)} ({name})", name, point, death)
        if one.state() != before:
            found.expect(False, f"seed {seed}: {death} at {point}: it cannot be set back")
            return


def _without_first(state: list[object]) -> list[object]:
    """But for what stands before the block."""
    return [[row for row in rows if row["name"] != "first"] for rows in state]  # type: ignore[attr-defined]


def soak_confirm(rounds: int, seed: int, say: Callable[[str], None]) -> Findings:
    """So many deaths, from a seed on."""
    found, deaths = Findings(), Counter[tuple[str, str]]()
    with tempfile.TemporaryDirectory(prefix="vnetsh-confirm-") as folder, fleet(Path(folder)) as one:
        try:
            while found.rounds < rounds:
                failures = len(found.failures)
                confirm_round(one, seed, found, deaths)
                for failure in found.failures[failures:]:
                    say(f"FAILED {failure}")
                mixed, counts = len(found.notes), f"{found.rounds} deaths, {len(found.failures)} failures"
                say(f"seed {seed}: {counts}, {mixed} mixed")
                seed += 1
        finally:
            for name in dict.fromkeys(name for name, _ in deaths):
                each = (f"{deaths[name, death]} {death}" for death in dict.fromkeys(DEATHS))
                say(f"{name}: {', '.join(each)}")
    found.notes.clear()
    return found
