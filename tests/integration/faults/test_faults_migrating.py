"""Daemons that die or hang in mid-migration: once they are back, the VM runs on exactly one host, with its disk.

Whatever the run said, and whatever comes next: the same script, another one on these hosts, `recover`.
`scripts/soak cases` has all of them; a few are in the suite.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cases import few
from in_lab import LabOperator
from waiting import eventually

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

HOSTS = ("kvm1", "kvm2")
TIMEOUT = 4
"""Seconds after which a call of vnetsh's counts as hung."""


@dataclass(frozen=True)
class Fault:
    """What happens to a process of a host in mid-migration. One that is stopped goes on after `seconds`."""

    host: str
    process: str
    how: str
    seconds: float = 2 * TIMEOUT

    def __str__(self) -> str:
        return f"{self.process} of {self.host} {self.how} {self.seconds:g}"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        yield lab


class Mover(LabOperator):
    """An operator who moves a VM."""

    def states(self) -> tuple[str, ...]:
        return tuple(self.on(host, "virsh domstate mover 2>/dev/null") for host in HOSTS)

    def disks(self) -> tuple[bool, ...]:
        return tuple("mover.qcow2" in self.on(host, "ls /var/lib/libvirt/images") for host in HOSTS)


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Iterator[Mover]:
    found = Mover.of(lab, tmp_path, f"--timeout={TIMEOUT}", "--max-impact", "destroy")
    found.good("-c", "vm mover on kvm1 memory 96M disk tiny.qcow2; bridge quiet on kvm1, kvm2")
    found.on("kvm1", "virsh migrate-setspeed mover 6")
    yield found
    lab.up(2)
    for host in HOSTS:
        found.on(host, "virsh destroy mover; virsh undefine mover; rm -f /var/lib/libvirt/images/mover.qcow2")
        found.on(host, "ovs-vsctl --if-exists del-br quiet")


def pid_of(operator: Mover, fault: Fault) -> str:
    name = {"qemu": "qemu-system-x86_64", "libvirtd": "libvirtd", "vswitchd": "ovs-vswitchd"}[fault.process]
    return operator.on(fault.host, f"pidof {name}").split()[-1]


def broken(operator: Mover, fault: Fault) -> str:
    """Migrate, have the fault amidst it, and what vnetsh says of it; the daemons are as before then."""
    with operator.start("-c", "migrate mover to kvm2") as process:
        under_way = "virsh domjobinfo mover | grep -q 'Memory processed:.*[1-9]'"
        assert eventually(lambda: operator.lab.exec("kvm1", ["sh", "-c", under_way]).returncode == 0, 30)
        pid = pid_of(operator, fault)
        if fault.how == "killed":
            operator.on(fault.host, f"kill -KILL {pid}")
        else:
            operator.on(fault.host, f"kill -STOP {pid}")
            time.sleep(fault.seconds)
            operator.on(fault.host, f"kill -CONT {pid}")
        said = "".join(process.communicate(timeout=180))
    operator.lab.up(2)
    return said


NEXT = {
    "again": ("-c", "migrate mover to kvm2"),
    "recover": ("recover",),
    "recover --undo": ("recover", "--undo"),
    "other": ("-c", "bridge quiet on kvm1, kvm2 port quiet_p type internal"),
}
FAULTS = [
    Fault(host, process, how)
    for host in HOSTS
    for process in ("libvirtd", "qemu", "vswitchd")
    for how in ("killed", "stopped")
    if (process, how) != ("vswitchd", "stopped")
]
LONG = [Fault(host, "libvirtd", "stopped", 35) for host in HOSTS]
"""libvirt gives up a daemon that hangs after 30 s, and resumes the VM where it was."""

ALL = [(fault, way) for fault in (*FAULTS, *LONG) for way in NEXT]
FEW = [(Fault("kvm2", "libvirtd", "killed"), "recover"), (LONG[1], "other")]
CASES = few(ALL, *map(ALL.index, FEW))


@pytest.mark.parametrize(("fault", "way"), CASES, ids=str)
def test_a_fault_in_mid_migration(operator: Mover, fault: Fault, way: str) -> None:
    said = broken(operator, fault)
    after = operator(*NEXT[way])
    assert "Traceback" not in said + after.stderr
    assert sorted(operator.states()) == ["", "running"], f"{said}\n{after}"
    at = operator.states().index("running")
    assert operator.disks()[at]
    assert not operator.disks()[1 - at]
    operator.good("-c", f"migrate mover to {HOSTS[1 - at]}")
