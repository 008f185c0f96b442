"""Ports that wrap what customers send (QinQ), over the trunk between two hosts, as its frames show."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from in_lab import LabOperator, on

from vnetsh_lab import running
from vnetsh_lab.daemons import start_daemons

pytestmark = pytest.mark.lab

FRAMES = (ROOT / "tests" / "helpers" / "frames.py").read_text()
TRUNK = "eth0"
"""The uplink of the lab's bridges."""
CUSTOMERS = """
for n in 1..2 {
    bridge vswitch01 on kvm$n {
        port a$n type internal vlan 100 qinq all
        port b$n type internal vlan 200 qinq all qinq-ethtype 802.1q
    }
}
"""
SENT = [None, 10, 20, [10, 20]]
"""What each customer sends: untagged, in two VLANs, and with two tags of its own."""
COLUMNS = "ovs-vsctl --columns=name,tag,trunks,vlan_mode,cvlans,other_config list port a1"

Tags = tuple[tuple[str, int], ...]


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2) as lab:
        yield LabOperator.of(lab, Path(tmp_path_factory.mktemp("qinq")))


def came(operator: LabOperator, *senders: str) -> dict[str, list[tuple[str, Tags]]]:
    """What comes to kvm2 of what these ports of kvm1 send: by port, the sender and the tags of each frame."""
    on(operator.lab, "kvm1", "sh", "-c", "; ".join(f"ip link set {port} up" for port in senders))
    on(operator.lab, "kvm2", "sh", "-c", "ip link set a2 up; ip link set b2 up")
    listen = ["python3", "-c", FRAMES, f"a2,b2,{TRUNK}", str(1 + 0.1 * len(senders))]
    argv, environment = operator.lab.command("kvm2", listen)
    with subprocess.Popen(argv, env=environment, stdin=-1, stdout=-1, text=True) as listener:
        assert listener.stdout
        assert listener.stdout.readline() == "listening\n"
        frames = json.dumps([(port, vlan) for port in senders for vlan in SENT])
        on(operator.lab, "kvm1", "python3", "-c", FRAMES, ",".join(senders), input=frames)
        found = json.loads(listener.stdout.readline())
    by_port: dict[str, list[tuple[str, Tags]]] = {}
    for port, tags, sender in found:
        by_port.setdefault(port, []).append((sender, tuple((ethtype, vlan) for ethtype, vlan in tags)))
    return by_port


def tags(*vlans: int, outer: str = "8100") -> Tags:
    return tuple(("8100" if at else outer, vlan) for at, vlan in enumerate(vlans))


def is_kept_apart(operator: LabOperator) -> None:
    """See that all comes out as it came in, to the same customer alone, and is wrapped on the trunk."""
    as_sent = [tags(), tags(10), tags(20), tags(10, 20)]
    found = came(operator, "a1", "b1")
    assert found["a2"] == [("a1", one) for one in as_sent]
    assert found["b2"] == [("b1", one) for one in as_sent]
    assert found[TRUNK] == [
        *(("a1", (("88a8", 100), *one)) for one in as_sent),
        *(("b1", (("8100", 200), *one)) for one in as_sent),
    ]


def test_customers_are_kept_apart(operator: LabOperator) -> None:
    before = operator.on("kvm1", "ovs-vsctl show")
    operator.good("-c", CUSTOMERS)
    is_kept_apart(operator)
    assert "no changes" in operator.good("-c", CUSTOMERS)
    exported = operator.good("export", "bridges")
    assert "port a1 vlan 100 qinq all type internal" in exported
    assert "port b1 vlan 200 qinq all qinq-ethtype 802.1q type internal" in exported
    assert "unsaid" not in exported
    assert "no changes" in operator.good("plan", "-c", exported)

    pid = "$(cat /run/openvswitch/ovs-vswitchd.pid)"
    operator.on("kvm1", f"pid={pid}; kill $pid; while kill -0 $pid; do sleep 0.1; done 2>/dev/null")
    start_daemons(operator.lab.inside("kvm1"))
    is_kept_apart(operator)

    operator.good("--yes", "undo")
    assert operator.on("kvm1", "ovs-vsctl show") == before


def test_what_others_made_is_seen_and_comes_back(operator: LabOperator) -> None:
    operator.on(
        "kvm1",
        "ovs-vsctl add-port vswitch01 a1 -- set interface a1 type=internal -- set port a1 tag=100 "
        "vlan_mode=dot1q-tunnel cvlans=10,20 other_config:theirs=1",
    )
    theirs = operator.on("kvm1", COLUMNS)
    exported = operator.good("export", "bridges")
    assert "port a1 vlan 100 qinq 10, 20 type internal" in exported
    assert "no changes" in operator.good("plan", "-c", exported)
    said = "bridge vswitch01 on kvm1 port a1 {}"
    refused = operator("--yes", "-c", said.format("qinq 10, 30"))
    assert refused.returncode == 1
    assert "E529" in refused.stderr
    assert operator.on("kvm1", COLUMNS) == theirs

    operator.good("--yes", "-c", said.format("qinq all qinq-ethtype 802.1q"))
    assert operator.on("kvm1", "ovs-vsctl get port a1 cvlans other_config") == (
        '[]\n{qinq-ethtype="802.1q", theirs="1"}'
    )
    operator.good("--yes", "undo")
    assert operator.on("kvm1", COLUMNS) == theirs

    operator.good("--yes", "-c", said.format("qinq none"))
    assert operator.on("kvm1", "ovs-vsctl get port a1 vlan_mode tag cvlans") == "[]\n100\n[]"
    operator.good("--yes", "undo")
    assert operator.on("kvm1", COLUMNS) == theirs

    operator.good("--yes", "-c", "delete port a1 on kvm1")
    operator.good("--yes", "undo")
    assert operator.on("kvm1", COLUMNS) == theirs
    operator.good("--yes", "-c", "delete port a1 on kvm1")


def test_a_switch_that_takes_notice_of_two_tags_says_so(operator: LabOperator) -> None:
    operator.on("kvm1", "ovs-vsctl set Open_vSwitch . other_config:vlan-limit=2")
    try:
        assert "vlan-limit 2" in operator.good("plan", "-c", CUSTOMERS)
    finally:
        operator.on("kvm1", "ovs-vsctl remove Open_vSwitch . other_config vlan-limit")
    assert "vlan-limit" not in operator.good("plan", "-c", CUSTOMERS)


def test_a_vms_nic_wraps_nothing(operator: LabOperator) -> None:
    refused = operator("-c", "vm web1 on kvm1 memory 96M disk tiny.qcow2 port vswitch01 vlan 100 qinq all")
    assert refused.returncode == 1
    assert "E528" in refused.stderr
