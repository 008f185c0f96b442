"""Runs with live migrations under way, killed at a point or at a random time, and what mends them, killed as well.

`soak_crash_moves(rounds, seed)` is for long runs; the test suite does a few. A seed says all of a round but the moment
at which a kill finds the hosts.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import libvirt
from brownfield.looking import Look, Looking, differences
from soaking import Findings, Operator
from waiting import eventually

from vnetsh_lab import Lab, running

libvirt.registerErrorHandler(lambda *_: None, None)  # a domain that goes between two calls is expected here

IMAGES = "/var/lib/libvirt/images"
HOSTS = ("kvm1", "kvm2")
BASE = f"""
set -e
cd {IMAGES}
ovs-vsctl add-br lan -- set bridge lan datapath_type=netdev
qemu-img create -q -f qcow2 base.qcow2 4M
qemu-io -f qcow2 -c 'write -q -P 7 0 64k' base.qcow2
"""
RANDOM_DISK = (
    "head -c {size} /dev/urandom >x.raw; qemu-img convert -f raw -O {format} x.raw {name}; rm x.raw\n"
)
SLOW = 6
"""MiB in a second at which a live migration goes: so it lasts for some seconds."""

FIRST = (
    "bridge extra on kvm1, kvm2 port px type internal",
    "tunnel t12 kvm1<->kvm2 on lan type vxlan key 5",
    "migrate old to kvm2",
    "migrate web to kvm2",
    "vm db memory 48M",
    "vm web vcpus 2",
    "vm fresh on kvm1 memory 32M disk base.qcow2 port lan name fresh_p1",
    "bridge lan on kvm1 port p5 type internal vlan 5",
)
OTHER = (
    "bridge other on kvm1, kvm2",
    "vm near memory 48M",
    "vm db vcpus 2",
    "migrate far to kvm1",
    "vm old memory 48M",
    "migrate db to kvm1",
    "tunnel t13 kvm1<->kvm2 on beside type geneve key 7",
)
WAYS = ("the script again", "another script", "recover", "recover --undo")
RAN = {"db": "running", "web": "running", "near": "running", "far": "paused"}


def soak_crash_moves(rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None) -> Findings:
    """Rounds with the seeds from that one on; each has a lab of its own."""
    found = Findings()
    for number in range(seed, seed + rounds):
        failures = len(found.failures)
        try:
            crash_round(number, found)
        except Exception as error:  # the next seeds are to be tried all the same
            found.failures.append(f"seed {number}: {type(error).__name__}: {error}")
        for failure in found.failures[failures:]:
            say(f"FAILED {failure}")
        say(f"seed {number}: {len(found.failures) - failures} failures")
    found.rounds = rounds
    return found


def crash_round(seed: int, found: Findings) -> None:
    """Make the hosts, run the script and kill it, mend it in the ways of that seed. What fails stands in `found`."""
    with running(hosts=len(HOSTS)) as lab, tempfile.TemporaryDirectory(prefix="crash-") as folder:
        environment = {"VNETSH_LAB_DIR": str(lab.folder), "PYTHONUNBUFFERED": "1"}
        operator = Operator(Path(folder), ("--lab", "--max-impact", "destroy"), environment)
        _make(lab, operator)
        Round(seed, lab, operator, found).run()


def _definition(name: str, format: str, number: int) -> str:
    return (
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>40</memory><vcpu current='1'>2</vcpu>"
        "<os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features><devices>"
        f"<disk type='file' device='disk'><driver name='qemu' type='{format}'/>"
        f"<source file='{IMAGES}/{name}.{format}'/><target dev='vda' bus='virtio'/></disk>"
        f"<interface type='bridge'><mac address='52:54:00:0c:0a:0{number}'/>"
        "<source bridge='lan'/><virtualport type='openvswitch'/><model type='virtio'/></interface>"
        "<serial type='pty'/></devices></domain>"
    )


def _make(lab: Lab, operator: Operator) -> None:
    """Four VMs that others made (running, off, a neighbour on each host), and one that vnetsh made."""
    vms = [
        ("db", "kvm1", "qcow2", 12),
        ("old", "kvm1", "raw", 4),
        ("near", "kvm1", "qcow2", 1),
        ("far", "kvm2", "raw", 1),
    ]
    for host in HOSTS:
        script = BASE
        for number, (name, place, format, size) in enumerate(vms):
            if place != host:
                continue
            script += RANDOM_DISK.format(size=f"{size}M", format=format, name=f"{name}.{format}")
            script += f"cat >/tmp/x.xml <<'XML'\n{_definition(name, format, number)}\nXML\nvirsh -q define /tmp/x.xml\n"
            if name in RAN:
                script += f"virsh -q start {'--paused' if RAN[name] == 'paused' else ''} {name} >/dev/null\n"
        done = lab.exec(host, ["bash", "-s"], input=script, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    # A colleague's: its making stands in another journal.
    done = replace(operator, folder=operator.folder / "colleague")(
        "-c", "vm web on kvm1 memory 40M disk base.qcow2 port lan name web_p1"
    )
    assert done.returncode == 0, done.stderr
    for name in ("db", "web"):
        lab.exec("kvm1", ["sh", "-c", f"virsh migrate-setspeed {name} {SLOW}; virsh autostart {name}"])


@dataclass(frozen=True)
class Kill:
    """When a run is killed: at a point, so many seconds after it began, or after its migration did; else never."""

    point: int = 0
    seconds: float = 0.0
    in_migration: bool = False

    def __str__(self) -> str:
        if self.point:
            return f"killed at point {self.point}"
        after = " of a migration" if self.in_migration else ""
        return f"killed after {self.seconds:.2f} s{after}" if self.seconds else "to its end"


def random_kill(random: Random) -> Kill:
    """Each of the three as often."""
    match random.randrange(3):
        case 0:
            return Kill(point=random.randint(1, 40))
        case 1:
            return Kill(seconds=random.uniform(0.3, 6))
        case _:
            return Kill(seconds=random.uniform(0.01, 3), in_migration=True)


class Round:
    """One script, and what became of it."""

    def __init__(self, seed: int, lab: Lab, operator: Operator, found: Findings) -> None:
        self._seed, self._lab, self._operator, self._found = seed, lab, operator, found
        self._random, self._looking = Random(seed), Looking(lab)
        sentences = self._random.sample(FIRST, self._random.randint(0, 3))
        sentences.insert(self._random.randint(0, len(sentences)), "migrate db to kvm2")
        self._script = "\n".join(sentences)
        self._other = self._random.choice(OTHER)
        self._log: list[str] = []

    def run(self) -> None:
        """The script, killed; then up to two ways to mend it, killed; then one to its end; then all is taken back."""
        before = self._looking.all()
        kills = [random_kill(self._random) for _ in range(self._random.randint(1, 3))]
        for kill in kills:
            way = self._random.choice(WAYS) if self._log else "the script"
            if not self._step(way, kill, before):
                return
        way = self._random.choice(WAYS)
        if not self._step(way, Kill(), before):
            return
        if way == "another script" and not self._step(self._random.choice(WAYS[2:]), Kill(), before):
            return
        if way == "the script again":
            again = self._operator("plan", "--exit-code", "-c", self._script)
            if again.returncode and any(
                line.startswith("recover --undo: killed") for line in self._log
            ):  # what it was to take back is settled one run later
                self._operator("--yes", "-c", self._script)
                again = self._operator("plan", "--exit-code", "-c", self._script)
            if again.returncode:
                self._fail(f"the script is not done then: {again.stdout}{again.stderr}")
        while (back := self._operator("undo")).returncode == 0:
            self._log.append(f"undo\n{back.stdout}{back.stderr}")
        if "nothing to undo" not in back.stderr:
            self._fail(f"undo: {back.stdout}{back.stderr}")
            return
        self._vms(before)
        self._said(before, self._looking.all(), "", "after all was taken back")

    def _fail(self, what: str) -> None:
        history = self._operator("history").stdout
        steps = "\n".join(self._log)
        said = self._script.replace("\n", "\n    ")
        self._found.failures.append(
            f"seed {self._seed}: {what}\n  the script:\n    {said}\n  other: {self._other}\n{steps}\n{history}"
        )

    def _step(self, way: str, kill: Kill, before: dict[str, Look]) -> bool:
        """Do it, killed or not; whether what must hold does."""
        words = {"the script": ["-c", self._script], "the script again": ["-c", self._script]}
        words |= {"another script": ["-c", self._other]}
        failures, there = len(self._found.failures), self._looking.all()
        done = self._run(words.get(way, way.split()), kill)
        self._log.append(f"{way}: {kill}: {done.returncode}\n{done.stdout}{done.stderr}")
        if "Traceback" in done.stderr:
            self._fail("a traceback")
        # An old copy that no run made is its owner's: who wants the VM back there is told so, in the plan.
        refused = way == "another script" and "E457" in done.stderr
        if kill == Kill() and done.returncode and not refused:
            self._fail(f"{way} failed")
        self._vms(before, killed=done.returncode == -signal.SIGKILL)
        self._said(there, self._looking.all(), done.stdout + done.stderr, f"{way} did what it did not say")
        return len(self._found.failures) == failures

    def _run(self, words: list[str], kill: Kill) -> subprocess.CompletedProcess[str]:
        process = self._operator.start(*words, **({"VNETSH_CRASH_AT": str(kill.point)} if kill.point else {}))
        try:
            if kill.in_migration:
                eventually(lambda: process.poll() is not None or self._migrating(), 20)
            if kill.seconds:
                try:
                    process.wait(kill.seconds)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def _domains(self) -> Iterator[tuple[str, libvirt.virDomain]]:
        for host in HOSTS:
            socket = f"/proc/{self._lab.pid(host)}/root/run/libvirt/libvirt-sock"
            connection = libvirt.open(f"qemu:///system?socket={socket}")
            try:
                for domain in connection.listAllDomains():
                    yield host, domain
            finally:
                connection.close()

    def _migrating(self) -> bool:
        """Whether a VM is on its way: at the target it waits for its memory."""
        waiting = (libvirt.VIR_DOMAIN_PAUSED_MIGRATION, libvirt.VIR_DOMAIN_PAUSED_STARTING_UP)
        for _, domain in self._domains():
            try:
                state, reason = domain.state()
                if state == libvirt.VIR_DOMAIN_PAUSED and reason in waiting:
                    return True
            except libvirt.libvirtError:
                pass  # it went between the two calls
        return False

    def _vms(self, before: dict[str, Look], *, killed: bool = False) -> None:
        """Each VM that ran is on exactly one host as it was, with its disk; the others are defined on exactly one."""
        if not eventually(lambda: not self._migrating(), 60):
            self._fail("a migration does not end")
        time.sleep(0.2)
        now = self._looking.all()
        for name in (*RAN, "old"):
            places = {host: now[host]["vms"][name] for host in HOSTS if name in now[host]["vms"]}
            states = {host: vm["state"] for host, vm in places.items()}
            # While one that is off is carried, it is defined at both hosts: when killed then, what comes next ends it.
            if killed and name == "old" and states == dict.fromkeys(HOSTS, "off"):
                continue
            if list(states.values()) != [RAN.get(name, "off")]:
                self._fail(f"{name} was {RAN.get(name, 'off')}, and is {states or 'gone'}")
                continue
            (host,) = places
            file = f"{IMAGES}/{name}.{'raw' if name in ('old', 'far') else 'qcow2'}"
            first = next(before[h]["files"][file] for h in HOSTS if name in before[h]["vms"])
            disk = now[host]["files"].get(file)
            if disk is None or {**disk, "mode": ""} != {**first, "mode": ""}:
                self._fail(f"the disk of {name} on {host} was {first}, and is {disk}")

    def _said(self, before: dict[str, Look], after: dict[str, Look], output: str, otherwise: str) -> None:
        """Whatever differs belongs to something that was named."""
        unsaid = []
        for line in differences(before, after):
            parts = line.split(" is ")[0].split(": ")[0].removeprefix("/").split("/")
            match parts[1:]:
                case ["vms", name, *_]:
                    named = name in output
                case ["ovs", "bridges", bridge, "ports", port, *_]:
                    named = bridge in output or _named(port, output)
                case ["ovs", "bridges", bridge, *_]:
                    named = bridge in output
                case ["links", link, *_]:
                    named = _named(link, output)
                case ["files", *path]:  # by the VM's name, which its disk and its definition have
                    named = any(part.split(".")[0] in output for part in path if "." in part)
                case _:  # a pool that a killed run made for itself stays until the next one
                    named = bool(output) and parts[1] in ("ovs", "pools")
            if not named:
                unsaid.append(line)
        if unsaid:
            self._fail(f"{otherwise}:\n    " + "\n    ".join(unsaid[:12]))


def _named(link: str, output: str) -> bool:
    """Whether a link is: by its own name or, of a NIC's, by its VM's, or as the tap of one that has no name."""
    return link.split("_")[0] in output or (link.startswith("tap of") and bool(output))
