"""A host of a Pacemaker cluster dies, or is cut off: its VM and its address come again on another, and never twice.

The same configuration is made by `pcs` by hand, and by vnetsh. What is measured is what somebody outside sees: how long
neither the guest nor the address answers. That no two VMs ever write to one disk is looked at where the disk is.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from in_lab import LabOperator, on
from soaking import Findings
from waiting import eventually

from vnetsh_lab import running

MEMBERS = ("kvm1", "kvm2", "kvm3")
STORE = "kvm4"
VM, GUEST, VIP = "web01", "10.77.0.50", "10.77.0.60"
FILES = "/etc/libvirt/ha"
"""Where the definition of the VM lies on each member, of which Pacemaker's agent makes it."""

WATCH = """
import selectors, socket, sys, time
ends = {a: (a, int(p)) for a, p in (w.split("=") for w in sys.argv[1:])}
seen = {}
while True:
    for name, end in ends.items():
        s = socket.socket(); s.settimeout(0.3)
        try: s.connect(end); there = True
        except ConnectionRefusedError: there = True
        except OSError: there = False
        s.close()
        if seen.get(name) != there: seen[name] = there; print(f"{time.time():.3f} {name} {int(there)}", flush=True)
    time.sleep(0.03)
"""
"""Says when an address begins to answer, by a connection or its refusal, and when it ends to."""

CLIENTS = """
import socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800)); s.bind((sys.argv[1], 0))
last = None
while True:
    data, where = s.recvfrom(65535)
    if where[2] == 4 or data[9] != 6: continue  # what this host sends itself
    head = (data[0] & 15) * 4
    port, = struct.unpack("!H", data[head + 2 : head + 4])
    body = int.from_bytes(data[2:4], "big") - head - (data[head + 12] >> 4) * 4
    if port != 2049 or body <= 0: continue
    source = socket.inet_ntoa(data[12:16])
    if source != last: last = source; print(f"{time.time():.3f} {source}", flush=True)
"""
"""Says whose requests the server of NFS gets, each time that they come from another host than before."""


@dataclass(frozen=True)
class Watched:
    """A program on a host that says what it sees, a line each, in a file."""

    file: Path

    def lines(self, since: float = 0.0) -> list[list[str]]:
        """What it has said since then (seconds of this machine's clock), in words."""
        found = [line.split() for line in self.file.read_text().splitlines(keepends=True) if line[-1] == "\n"]
        return [words for words in found if float(words[0]) >= since]


@contextmanager
def watching(operator: LabOperator, host: str, program: str, *words: str) -> Iterator[Watched]:
    """Run a program of Python on a host meanwhile."""
    file = operator.folder / f"watched{len([*operator.folder.glob('watched*')])}"
    argv, environment = operator.lab.command(host, ["python3", "-c", program, *words], processes=False)
    with file.open("w") as out:
        process = subprocess.Popen(argv, env=environment, stdout=out, start_new_session=True)
    try:
        yield Watched(file)
    finally:
        process.kill()
        process.wait()


def ready(operator: LabOperator) -> str:
    """A VM whose disk and seed are files of NFS; its definition, which no host has yet."""
    operator.folder.joinpath("load").write_text(
        "#cloud-config\nbootcmd:\n"
        "- (while :; do dd if=/dev/zero of=/root/load bs=64k count=4 conv=fsync; sleep 0.05; done) 2>/dev/null >&2 &\n"
    )
    script = operator.folder / "vm.vnet"
    script.write_text(
        f"bridge vswitch01 on {', '.join(MEMBERS)}\n"
        f"vm {VM} on kvm1 memory 96M disk full.qcow2 port vswitch01 "
        f"cloudinit addresses {GUEST}/24 user-data load\nstop {VM} force\n"
    )
    operator.good("--yes", str(script))
    xml = on(operator.lab, "kvm1", "virsh", "dumpxml", "--inactive", VM)
    server = address(operator, STORE)
    for number, file in enumerate(re.findall(r"<source file='([^']+)'", xml)):
        name = f"{VM}-{number}.{file.rpartition('.')[2]}"
        kind = "qcow2" if name.endswith("qcow2") else "raw"
        url = f"nfs://{server}/export/{name}"
        on(operator.lab, "kvm1", "qemu-img", "convert", "-O", kind, file, url)
        xml = xml.replace(
            f"<source file='{file}'/>",
            f"<source protocol='nfs' name='/export/{name}'><host name='{server}'/></source>",
        )
    operator.good("--yes", "undo")
    xml = xml.replace("type='file'", "type='network'")
    xml = re.sub(r"<backingStore.*?</backingStore>|<metadata>.*?</metadata>", "", xml, flags=re.DOTALL)
    return re.sub(r">\s*(<name>.*?</name>)\s*<", r">\n\1\n<", xml)


def address(operator: LabOperator, host: str) -> str:
    """A host's address on the underlay."""
    return next(layout.address for layout, _ in operator.lab.running() if layout.name == host)


def fenced(operator: LabOperator) -> None:
    """Fencing, as both configurations have it, and VMs that stay where they are."""
    for command in (
        "pcs stonith create power fence_lab pcmk_host_list='kvm1 kvm2 kvm3'",
        "pcs resource defaults update resource-stickiness=100",
    ):
        on(operator.lab, "kvm1", "sh", "-c", command)


def by_hand(operator: LabOperator, xml: str) -> None:
    """The VM and the address under HA, as one does it by `pcs`."""
    for host in MEMBERS:
        on(operator.lab, host, "sh", "-c", f"mkdir -p {FILES}; cat >{FILES}/{VM}.xml", input=xml)
    for command in (
        f"pcs resource create {VM} ocf:heartbeat:VirtualDomain config={FILES}/{VM}.xml hypervisor=qemu:///system "
        "migration_transport=tcp op start timeout=90s op stop timeout=90s op monitor interval=10s timeout=30s "
        "meta allow-migrate=true",
        f"pcs resource create vip1 ocf:heartbeat:IPaddr2 ip={VIP} cidr_netmask=24 nic=vswitch01 "
        "op monitor interval=10s",
    ):
        on(operator.lab, "kvm1", "sh", "-c", command)


def not_by_hand(operator: LabOperator) -> None:
    """Take away what `by_hand` made."""
    for resource in (VM, "vip1"):
        on(operator.lab, "kvm1", "pcs", "resource", "delete", resource)


def whole(operator: LabOperator) -> bool:
    """Whether all members are there, and lead one of them."""
    return all(f"Online: [ {' '.join(MEMBERS)} ]" in operator.on(host, "crm_mon -1") for host in MEMBERS)


def at(operator: LabOperator) -> list[str]:
    """The hosts that have a VM of that name now."""
    running = {host.name for host, _ in operator.lab.running()}
    return [
        host for host in MEMBERS if host in running and VM in operator.on(host, "virsh list --name").split()
    ]


@dataclass(frozen=True)
class TakenOver:
    """What came of one round: seconds until what had been on the host answered again, what was wrong."""

    seconds: Mapping[str, float]
    wrong: Sequence[str] = ()


class Takeovers:
    """Rounds on a cluster whose VM and address answer."""

    def __init__(self, operator: LabOperator, answers: Watched, clients: Watched) -> None:
        self.operator, self.answers, self.clients = operator, answers, clients

    def settled(self) -> bool:
        """Whether all is as before a round: whole, each answers, one copy."""
        return (
            whole(self.operator) and all(map(self._answering, (GUEST, VIP))) and len(at(self.operator)) == 1
        )

    def kill(self) -> TakenOver:
        """PID 1 of the host with the VM is killed."""
        return self._taken_over(
            lambda host: os.kill(self.operator.lab.pid(host), signal.SIGKILL), lambda host: None
        )

    def split(self) -> TakenOver:
        """The host with the VM is cut off from the other members, until it was fenced; its storage it still has."""

        def ways(do: str, host: str, also: Sequence[str]) -> None:
            for one in MEMBERS:
                for other in MEMBERS:
                    if one != other and host in (one, other) and one in also:
                        self.operator.on(one, f"ip route {do} blackhole {address(self.operator, other)}/32")

        return self._taken_over(
            lambda host: ways("add", host, MEMBERS),
            lambda host: ways("del", host, [one for one in MEMBERS if one != host]),
        )

    def _taken_over(self, breaks: Callable[[str], object], heals: Callable[[str], object]) -> TakenOver:
        (host,) = at(self.operator)
        gone, own = self.operator.lab.pid(host), address(self.operator, host)
        there = [GUEST, *([VIP] if f" {VIP}/" in self.operator.on(host, "ip -o addr") else [])]
        began = time.time()
        breaks(host)
        eventually(lambda: all(self._back(name, began) for name in there), 120)
        came = {name: self._back(name, began) for name in there}
        wrong = [f"{name} did not answer again in 120 s" for name, seconds in came.items() if not seconds]
        if not eventually(lambda: self._pid(host) not in (None, gone), 60):
            wrong.append(f"{host} was not fenced")
        heals(host)
        if not eventually(self.settled, 120):
            wrong.append(f"not as before after 120 s: {self.operator.on('kvm1', 'pcs status --full')}")
        clients = self.clients.lines(began)  # the first of them is the new host
        if own in [source for _, source in clients]:
            wrong.append(f"two hosts wrote to one disk: {clients}")
        return TakenOver(came, wrong)

    def _pid(self, host: str) -> int | None:
        return next((pid for layout, pid in self.operator.lab.running() if layout.name == host), None)

    def _answering(self, name: str) -> bool:
        said = [words for words in self.answers.lines() if words[1] == name]
        return bool(said) and said[-1][2] == "1"

    def _back(self, name: str, began: float) -> float:
        """Seconds from a moment until something answered anew, after more than a second without; 0: it does not."""
        said = [words for words in self.answers.lines(began) if words[1] == name]
        return next(
            (float(b[0]) - began for a, b in pairwise(said) if a[2] == "0" and float(b[0]) - float(a[0]) > 1),
            0.0,
        )


def by_vnetsh(operator: LabOperator, xml: str) -> None:
    """The VM and the address under HA by vnetsh: of a VM that runs."""
    on(operator.lab, "kvm1", "virsh", "define", "/dev/stdin", input=xml)
    on(operator.lab, "kvm1", "virsh", "start", VM)
    operator.good("--yes", "-c", f"ha {VM} migrate transport tcp; vip {VIP} on vswitch01 prefix 24")


def not_by_vnetsh(operator: LabOperator) -> None:
    """Take away what `by_vnetsh` made: the VM runs on, under libvirt alone."""
    operator.good("--yes", "undo")
    (host,) = at(operator)
    on(operator.lab, host, "virsh", "destroy", VM)
    on(operator.lab, host, "virsh", "undefine", VM)


WAYS = {"by pcs": (by_hand, not_by_hand), "by vnetsh": (by_vnetsh, not_by_vnetsh)}


def soak_takeovers(
    breaks: str, rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None
) -> Findings:
    """So many rounds each of a `kill` or a `split`, of what was made by hand and by vnetsh, in one lab."""
    found = Findings()
    with (
        running(hosts=4, guests=["full"], ha=True, storage=True) as lab,
        TemporaryDirectory(prefix="takeovers-") as folder,
    ):
        operator = LabOperator.of(lab, Path(folder))
        assert eventually(lambda: whole(operator), 60), "the cluster did not come up"
        fenced(operator)
        xml = ready(operator)
        with (
            watching(operator, STORE, WATCH, f"{GUEST}=80", f"{VIP}=9") as answers,
            watching(operator, STORE, CLIENTS, "vswitch01") as clients,
        ):
            takeovers = Takeovers(operator, answers, clients)
            for way, (make, unmake) in WAYS.items():
                make(operator, xml)
                assert eventually(takeovers.settled, 120), f"{way}: it does not come up"
                times: dict[str, list[float]] = {GUEST: [], VIP: []}
                one = takeovers.kill if breaks == "kill" else takeovers.split
                found.each(seed, rounds, say, partial(_round, one, found, times))
                for name, seconds in times.items():
                    what = f"{way}: {'the guest' if name == GUEST else 'the address'}"
                    found.notes.append(f"{what} answered again after {spread(seconds)}")
                    say(found.notes[-1])
                unmake(operator)
    return found


def _round(
    one: Callable[[], TakenOver], found: Findings, times: Mapping[str, list[float]], number: int
) -> None:
    came = one()
    found.failures.extend(f"round {number}: {wrong}" for wrong in came.wrong)
    for name, seconds in came.seconds.items():
        times[name].append(seconds)


def spread(seconds: Sequence[float]) -> str:
    """A distribution in words."""
    some = sorted(seconds)
    if not some:
        return "no time: it was never on that host"
    parts = {"p50": some[len(some) // 2], "p90": some[len(some) * 9 // 10], "max": some[-1]}
    return f"{', '.join(f'{name} {value:.1f} s' for name, value in parts.items())} ({len(some)})"
