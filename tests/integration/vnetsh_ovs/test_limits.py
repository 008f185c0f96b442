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
    operator.good("--yes", "-c", "delete port va on kvm1")
    assert len(rows(operator)) == 1
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


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("bridge br1 on kvm1 port inner inbound 8Mbit", "say `outbound` of it"),
        ("bridge br1 on kvm1 port va outbound 8Mbit", "does nothing in Open vSwitch's userspace"),
    ],
)
def test_what_would_do_nothing_is_refused(operator: LabOperator, said: str, told: str) -> None:
    done = operator("plan", "-c", said)
    assert done.returncode == 1
    assert "E508" in done.stderr
    assert told in done.stderr
