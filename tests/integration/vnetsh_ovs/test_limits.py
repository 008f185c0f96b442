"""Limits of ports, on a real host: what comes through is what was said, and no limit is said that does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from in_lab import LabOperator, on

from vnetsh_lab import running
from vnetsh_lab.daemons import start_daemons

pytestmark = pytest.mark.lab

SENDING = (ROOT / "tests" / "helpers" / "sending.py").read_text()
BRIDGE = """
bridge br1 on kvm1 {
    port inner type internal
    port here type internal
    port va
}
"""
LIMITED = "bridge br1 on kvm1 {{ port inner type internal outbound {0}; port va inbound {0} }}"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=1) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("limits")))
        found.on("kvm1", "ip link add va type veth peer name vb; ip link set va up; ip link set vb up")
        found.good("--yes", "-c", BRIDGE)
        found.on("kvm1", "ip link set inner up; ip link set here up")
        yield found


def rate(operator: LabOperator, source: str, target: str) -> float:
    """The Mbit/s that come from one device to another."""
    return float(on(operator.lab, "kvm1", "python3", "-c", SENDING, source, target, "2"))


def rows(operator: LabOperator) -> list[str]:
    return operator.on("kvm1", "ovs-vsctl --bare --columns=_uuid list qos").split()


def test_what_is_said_comes_through(operator: LabOperator) -> None:
    operator.good("--yes", "-c", LIMITED.format("10Mbit"))
    for way in (("inner", "here"), ("here", "vb")):
        assert rate(operator, *way) == pytest.approx(10, rel=0.1)
    for way in (("here", "inner"), ("vb", "here")):
        assert rate(operator, *way) > 30, "the other direction"
    assert "no changes" in operator.good("-c", LIMITED.format("10Mbit"))
    exported = operator.good("export", "bridges")
    assert "port inner outbound 10Mbit" in exported
    assert "unsaid" not in exported

    operator.good("--yes", "-c", LIMITED.format("20Mbit"))
    assert rate(operator, "here", "vb") == pytest.approx(20, rel=0.1)
    assert len(rows(operator)) == 2
    pid = "$(cat /run/openvswitch/ovs-vswitchd.pid)"
    operator.on("kvm1", f"pid={pid}; kill $pid; while kill -0 $pid; do sleep 0.1; done 2>/dev/null")
    start_daemons(operator.lab.inside("kvm1"))
    operator.good("-c", BRIDGE)  # it is at work again
    assert rate(operator, "here", "vb") == pytest.approx(20, rel=0.1)


def test_it_goes_and_comes_back_whole(operator: LabOperator) -> None:
    before = operator.good("export", "bridges")
    operator.good("--yes", "-c", LIMITED.format("none"))
    assert rows(operator) == []
    assert "htb" not in operator.on("kvm1", "tc qdisc show")
    operator.good("--yes", "undo")
    assert "htb" in operator.on("kvm1", "tc qdisc show dev va")
    operator.good("--yes", "-c", "delete port va on kvm1")
    assert len(rows(operator)) == 1
    assert "htb" not in operator.on("kvm1", "tc qdisc show dev va"), "its device stays limited"
    operator.good("--yes", "undo")
    assert operator.good("export", "bridges") == before
    operator.good("--yes", "-c", "delete bridge br1 on kvm1")
    assert rows(operator) == []
    operator.good("--yes", "undo")
    assert operator.good("export", "bridges") == before
    assert len(rows(operator)) == 2


def test_those_of_others_are_told_and_come_back(operator: LabOperator) -> None:
    operator.good("--yes", "-c", LIMITED.format("none"))
    theirs = (
        "set port va qos=@q -- --id=@q create qos type=linux-htb other-config:max-rate=5000000 queues:0=@u"
    )
    operator.on("kvm1", f"ovs-vsctl {theirs} -- --id=@u create queue other-config:max-rate=1000000")
    assert "unsaid: port va of bridge br1 on kvm1: QoS" in operator.good("export", "bridges")
    [known] = rows(operator)
    operator.good("--yes", "-c", "bridge br1 on kvm1 port va inbound 8Mbit")
    assert len(rows(operator)) == 2
    operator.good("--yes", "undo")
    assert rows(operator) == [known]
    assert known in operator.on("kvm1", "ovs-vsctl get port va qos")


def test_nothing_of_them_is_left(operator: LabOperator) -> None:
    """Rows that others share, give another type or queues; a limited port that becomes an uplink and goes."""
    operator.on("kvm1", "ovs-vsctl clear port va qos -- --all destroy qos -- --all destroy queue")
    operator.good("--yes", "-c", "bridge br1 on kvm1 { port va inbound 10Mbit; port here outbound 10Mbit }")
    share = "q=$(ovs-vsctl get port va qos); old=$(ovs-vsctl get port here qos)"
    operator.on("kvm1", f"{share}; ovs-vsctl set port here qos=$q -- destroy qos $old")
    before = operator.good("export", "bridges")
    operator.good("--yes", "-c", "delete bridge br1 on kvm1")
    assert rows(operator) == []
    operator.good("--yes", "undo")
    assert operator.good("export", "bridges") == before
    operator.good("--yes", "-c", "bridge br1 on kvm1 port here outbound none")

    queued = "queues:0=@u -- --id=@u create queue other-config:max-rate=1000000"
    operator.on("kvm1", f"ovs-vsctl set qos $(ovs-vsctl get port va qos) {queued}")
    operator.good("--yes", "-c", "bridge br1 on kvm1 port va inbound 20Mbit")
    assert "no changes" in operator.good("-c", "bridge br1 on kvm1 port va inbound 20Mbit")
    assert len(rows(operator)) == 1
    operator.good("--yes", "undo")
    assert "0=" in operator.on("kvm1", "ovs-vsctl get qos $(ovs-vsctl get port va qos) queues")
    # A queue is others' own: one that is gone by then keeps the rest from nothing.
    operator.good("--yes", "-c", "bridge br1 on kvm1 port va inbound 20Mbit")
    operator.on("kvm1", "ovs-vsctl --all destroy queue")
    operator.good("--yes", "undo")
    assert "port va inbound 10Mbit" in operator.good("export", "bridges")
    operator.on("kvm1", f"ovs-vsctl set qos $(ovs-vsctl get port va qos) {queued}")

    assert "with the QoS that it has" in operator.good("--yes", "-c", "bridge br1 on kvm1 uplink va")
    operator.good("--yes", "-c", "bridge br1 on kvm1 uplink none")
    assert rows(operator) == []
    assert "htb" not in operator.on("kvm1", "tc qdisc show dev va root")
    operator.good("--yes", "undo")
    # Cut off when the database is changed, and the kernel is not yet.
    operator("--yes", "-c", "bridge br1 on kvm1 uplink none", VNETSH_CRASH_AT="2")
    assert "htb" in operator.on("kvm1", "tc qdisc show dev va root")
    assert "the limit of va in the kernel" in operator.good("--yes", "recover")
    assert "htb" not in operator.on("kvm1", "tc qdisc show dev va root")
    for _ in range(2):
        operator.good("--yes", "undo")
    operator.on("kvm1", "ovs-vsctl clear qos $(ovs-vsctl get port va qos) queues")
    assert "port va inbound 10Mbit" in operator.good("export", "bridges")


def test_what_the_kernel_does_is_looked_at(operator: LabOperator) -> None:
    """Open vSwitch 3.1 counts bytes in 32 bits, and takes less than one for no limit."""
    for wrong in ("40Gbit", "7bit"):
        done = operator("--yes", "-c", f"bridge br1 on kvm1 port va inbound {wrong}")
        assert done.returncode == 1
        assert f"not to {wrong}" in done.stderr
    assert "no changes" in operator.good("-c", "bridge br1 on kvm1 port va inbound 10Mbit")


def test_a_bond_keeps_what_others_gave_it(operator: LabOperator) -> None:
    """A limit would hold for each of its devices; what is there bars no other sentence."""
    for end in ("wa", "xa"):
        operator.on("kvm1", f"ip link add {end} type veth peer name p{end}")
    theirs = "set port bo qos=@q -- --id=@q create qos type=linux-htb other-config:max-rate=5000000"
    operator.on("kvm1", f"ovs-vsctl add-bond br1 bo wa xa -- {theirs}")
    assert "each NIC of a `bond`" in operator("plan", "-c", "bridge br1 on kvm1 port bo inbound 1Mbit").stderr
    operator.good("--yes", "-c", "bridge br1 on kvm1 port bo vlan 10")
    operator.good("--yes", "-c", "bridge br1 on kvm1 port bo inbound none")
    operator.good("--yes", "undo")
    operator.good("--yes", "undo")
    operator.on("kvm1", "ovs-vsctl get port bo qos; ovs-vsctl del-port bo")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("bridge br1 on kvm1 port inner inbound 8Mbit", "say `outbound` of it"),
        ("bridge br1 on kvm1 port va outbound 8Mbit", "does nothing in Open vSwitch's userspace"),
        ("bridge br1 on kvm1 port va inbound 8Mbit delay 5ms", "beside `inbound`"),
        ("bridge br1 on kvm1 port va inbound none loss 0.5%", "whole percents"),
    ],
)
def test_what_would_do_nothing_is_refused(operator: LabOperator, said: str, told: str) -> None:
    done = operator("plan", "-c", said)
    assert done.returncode == 1
    assert "E508" in done.stderr
    assert told in done.stderr


HAS_NETEM = (
    "unshare -n sh -c 'ip link set lo up; tc qdisc add dev lo root netem delay 1ms' 2>/dev/null && echo yes"
)


def test_packets_are_delayed_where_the_kernel_can(operator: LabOperator) -> None:
    able = "yes" in operator.on("kvm1", f"{HAS_NETEM}; true")
    done = operator("--yes", "-c", "bridge br1 on kvm1 port va inbound none delay 20ms loss 1%")
    assert ("E526" in done.stderr) is not able, done.stderr
    if able:
        operator.good("--yes", "-c", "bridge br1 on kvm1 port va delay 30ms loss none")
        shown = operator.on("kvm1", "tc qdisc show dev va")
        assert "delay 30ms" in shown
        assert "loss" not in shown
        operator.good("--yes", "undo")
        assert "delay 20ms loss 1%" in operator.on("kvm1", "tc qdisc show dev va")
        operator.good("--yes", "-c", "delete port va on kvm1")
        assert "netem" not in operator.on("kvm1", "tc qdisc show dev va")
