"""The outage of moves between real hosts: probed from the network, reported, held to a limit; what is left of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator
from waiting import eventually

from vnetsh_lab import Lab, running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

HOSTS = ("kvm1", "kvm2")
ADDRESS = "10.0.0.1"
NETWORK = "bridge joined on kvm1, kvm2; tunnel gre9 kvm1<->kvm2 on joined; bridge island on kvm1, kvm2"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        yield lab


class Mover(LabOperator):
    """An operator who moves a VM; the guest is made anew for each test, for one under TCG dies after some moves."""

    def make(self, bridge: str) -> None:
        self.good("-c", f"{NETWORK}; vm mover on kvm1 memory 80M disk tiny.qcow2 port {bridge} name mv1")
        with GuestConsole(self.lab, "mover") as guest:
            guest.run(f"ip address add {ADDRESS}/24 dev eth0; ip link set eth0 up")

    def states(self) -> tuple[str, ...]:
        return tuple(self.on(host, "virsh domstate mover 2>/dev/null") for host in HOSTS)

    def ports(self) -> str:
        """All that probes have left, as Open vSwitch and the kernel know it."""
        ask = "ovs-vsctl --bare --columns=name find port external_ids:vnetsh-probe=1; ls /sys/class/net"
        return "\n".join(name for host in HOSTS for name in self.on(host, ask).split() if "vnetsh-" in name)


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Iterator[Mover]:
    found = Mover.of(lab, tmp_path, "--max-impact", "destroy")
    yield found
    for host in HOSTS:
        found.on(host, "virsh destroy mover; virsh undefine mover; rm -f /var/lib/libvirt/images/mover.qcow2")
        found.on(host, "for b in joined island; do ovs-vsctl --if-exists del-br $b; done")
    assert not found.ports()


def test_measured_and_held_to_a_limit(operator: Mover) -> None:
    operator.make("joined")
    wrong = operator("-c", "migrate mover to kvm2 outage 30s address 10.0.0.99")
    assert wrong.returncode == 1
    assert "10.0.0.99 does not answer on joined" in wrong.stderr
    assert operator.states() == ("running", "")
    assert not operator.ports()
    found = json.loads(
        operator.good("-o", "json", "-c", f"migrate mover to kvm2 outage 30s address {ADDRESS}")
    )
    change = found["plan"]["segments"][0]["changes"][0]
    assert "outage 30s at most, probed from kvm1, kvm2" in change["how"]
    (measured,) = found["report"]["measured"]
    assert (measured["name"], measured["from"], measured["to"]) == ("mover", "kvm1", "kvm2")
    assert measured["gap_ms"] > 0
    assert measured["downtime_ms"] > 0
    assert {probe["host"] for probe in measured["probes"]} <= set(HOSTS)
    assert not operator.ports()
    unmet = operator("-c", f"migrate mover to kvm1 outage 1ms address {ADDRESS}; stop mover")
    assert unmet.returncode == 1
    assert "and was to be 1ms at most" in unmet.stderr + unmet.stdout
    assert operator.states() == ("running", "")
    undone = operator.good("undo")
    assert "measured: mover: gap" in undone
    assert operator.states() == ("", "running")


def test_nobody_reaches_it_at_its_other_host(operator: Mover) -> None:
    operator.make("island")
    back = operator("-c", f"migrate mover to kvm2 address {ADDRESS}")
    assert back.returncode == 1
    assert "not within 2 s on kvm2" in back.stdout + back.stderr
    assert operator.states() == ("running", "")
    assert not operator.ports()
    operator.good("-c", "migrate mover to kvm2 outage none")
    assert operator.states() == ("", "running")


def test_what_is_left_when_somebody_is_killed(operator: Mover) -> None:
    operator.make("joined")
    operator.on("kvm1", "virsh migrate-setspeed mover 6")
    with operator.start("-c", f"migrate mover to kvm2 address {ADDRESS}") as process:
        assert eventually(lambda: operator.ports().count("vnetsh-") == 4, 30)
        # Nobody is told of the ports, and they are on nobody's way.
        assert "vnetsh-" not in operator.good("show", "ports") + operator.good("export")
        process.kill()
        process.communicate()
    assert eventually(lambda: not operator.ports(), 10)
    operator.good("recover")
    assert operator.states() == ("", "running")
    # A prober that is killed itself, or with its host: the next run removes what Open vSwitch still has of it.
    operator.on("kvm1", "ovs-vsctl add-port joined vnetsh-0000000 external_ids:vnetsh-probe=1")
    assert not operator.good("plan", "-c", NETWORK).replace("no changes", "").strip()
    operator.good("-c", "migrate mover to kvm1 outage none")
    assert not operator.ports()
