"""Trunks on the lab's hosts: tagged and untagged frames pass exactly where they should."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial

import pytest
from conftest import ROOT
from in_lab import Run, command_of, on

from vnetsh_lab import running
from vnetsh_lab.lab import Lab

pytestmark = pytest.mark.lab

FRAMES = ROOT / "tests" / "helpers" / "frames.py"
PORTS = ("trunk", "ten", "also10", "twenty", "forty", "every")
BRIDGE = """
bridge br1 on kvm1 {
    port trunk type internal trunk 20, 10, 30-35
    port every type internal
    port ten type internal vlan 10
    port also10 type internal vlan 10
    port twenty type internal vlan 20
    port forty type internal vlan 40
}
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=1) as found:
        yield found


@pytest.fixture(scope="module")
def run(lab: Lab) -> Run:
    """`vnetsh --lab …` as its user calls it."""
    return partial(command_of(lab), "--lab")


def sent(lab: Lab, *frames: tuple[str, int | None]) -> Sequence[dict[str, list[int | None]]]:
    """Where each of these frames, sent into a port with a VLAN or without, comes out, and with which VLAN."""
    for port in PORTS:
        on(lab, "kvm1", "ip", "link", "set", port, "up")
    said = on(lab, "kvm1", "python3", "-c", FRAMES.read_text(), ",".join(PORTS), input=json.dumps(frames))
    return [json.loads(line) for line in said.splitlines()]


def test_frames_pass_where_they_should(lab: Lab, run: Run) -> None:
    run("-c", BRIDGE)
    from_ten, from_twenty, from_forty = sent(lab, ("ten", None), ("twenty", None), ("forty", None))
    assert from_ten == {"trunk": [10], "also10": [None], "every": [10]}
    assert from_twenty == {"trunk": [20], "every": [20]}
    assert from_forty == {"every": [40]}, "a VLAN that the trunk does not carry"

    untagged, ten, twenty, forty, thirty = sent(
        lab, ("trunk", None), ("trunk", 10), ("trunk", 20), ("trunk", 40), ("trunk", 33)
    )
    assert untagged == {}, "a trunk takes tagged frames only"
    assert ten == {"ten": [None], "also10": [None], "every": [10]}
    assert twenty == {"twenty": [None], "every": [20]}
    assert forty == {}
    assert thirty == {"every": [33]}

    (tagged,) = sent(lab, ("ten", 10))
    assert tagged == {}, "an access port takes no tagged frames"


def test_a_trunk_is_a_value_like_any_other(lab: Lab, run: Run) -> None:
    run("-c", BRIDGE)
    assert "no changes" in run("-c", BRIDGE).stdout
    assert "no changes" in run("-c", BRIDGE.replace("20, 10, 30-35", "35, 30-34, 10, 20")).stdout, "no order"
    shown = json.loads(run("-o", "json", "show", "ports").stdout)
    assert next(port for port in shown if port["name"] == "trunk")["trunk"] == [10, 20, *range(30, 36)]
    exported = run("export", "bridges").stdout
    assert "trunk 10, 20, 30-35" in exported
    assert "trunk of VLANs" not in exported

    run("--yes", "-c", "bridge br1 on kvm1 { port trunk trunk 40 }")
    assert sent(lab, ("trunk", 40), ("trunk", 10)) == [{"forty": [None], "every": [40]}, {}]
    run("--yes", "undo")
    assert sent(lab, ("trunk", 40), ("trunk", 10)) == [{}, {"ten": [None], "also10": [None], "every": [10]}]

    run("--yes", "-c", "bridge br1 on kvm1 { port trunk trunk none vlan 10 }")
    assert sent(lab, ("trunk", None)) == [{"ten": [None], "also10": [None], "every": [10]}]
    both = run("-c", "bridge br1 on kvm1 { port trunk trunk 10 }", code=1)
    assert "E310" in both.stderr
    run("--yes", "undo")
    assert on(lab, "kvm1", "ovs-vsctl", "get", "port", "trunk", "vlan_mode", "tag") == "trunk\n[]"

    run("--yes", "-c", "delete bridge br1")
    run("--yes", "undo")
    assert sent(lab, ("trunk", 20)) == [{"twenty": [None], "every": [20]}]


def test_a_trunk_has_a_native_vlan(lab: Lab, run: Run) -> None:
    run("-c", BRIDGE)
    columns = ("ovs-vsctl", "get", "port", "trunk", "tag", "trunks", "vlan_mode")
    before = on(lab, "kvm1", *columns)
    run("--yes", "-c", "bridge br1 on kvm1 { port trunk vlan 40 }")
    assert on(lab, "kvm1", *columns).splitlines()[::2] == ["40", "native-untagged"]
    untagged, tagged, ten, forty = sent(lab, ("trunk", None), ("trunk", 40), ("trunk", 10), ("forty", None))
    assert untagged == {"forty": [None], "every": [40]}
    assert tagged in ({}, {"forty": [None], "every": [40]}), "the native one may come tagged, too"
    assert ten == {"ten": [None], "also10": [None], "every": [10]}
    assert forty == {"trunk": [None], "every": [40]}
    assert "vlan 40 trunk 10, 20, 30-35" in run("export", "bridges").stdout
    run("--yes", "-c", "bridge br1 on kvm1 { port trunk vlan none }")
    assert on(lab, "kvm1", *columns) == before
    run("--yes", "undo")
    assert on(lab, "kvm1", *columns).splitlines()[::2] == ["40", "native-untagged"]
    run("--yes", "-c", "bridge br1 on kvm1 { port trunk trunk none }")
    assert on(lab, "kvm1", *columns).splitlines() == ["40", "[]", "[]"]
    for _ in range(2):
        run("--yes", "undo")
    assert on(lab, "kvm1", *columns) == before


def test_a_vms_nic_is_a_trunk(lab: Lab, run: Run) -> None:
    run("-c", BRIDGE)
    run("-c", "vm web1 on kvm1 memory 96M disk tiny.qcow2 port br1 name web1_t trunk 10, 20")
    row = ("ovs-vsctl", "get", "port", "web1_t", "trunks", "vlan_mode")
    assert on(lab, "kvm1", *row).splitlines()[0] == "[10, 20]"
    assert "no changes" in run("-c", "vm web1 port br1 name web1_t trunk 20, 10").stdout
    run("--yes", "-c", "vm web1 port br1 name web1_t trunk 30")
    assert on(lab, "kvm1", *row).splitlines()[0] == "[30]"
    run("--yes", "undo")
    assert on(lab, "kvm1", *row).splitlines()[0] == "[10, 20]"
    run("--yes", "-c", "stop web1 force; start web1")
    assert on(lab, "kvm1", *row).splitlines()[0] == "[10, 20]"
    run("--yes", "-c", "vm web1 port br1 name web1_t vlan 40")
    native = ("ovs-vsctl", "get", "port", "web1_t", "tag", "vlan_mode")
    assert on(lab, "kvm1", *native).splitlines() == ["40", "native-untagged"]
    assert "no changes" in run("-c", "vm web1 port br1 name web1_t vlan 40 trunk 10, 20").stdout
    run("--yes", "-c", "stop web1 force; start web1")
    assert on(lab, "kvm1", *native).splitlines() == ["40", "native-untagged"]
    assert "vlan 40 trunk 10, 20" in run("export", "vms").stdout
    run("--yes", "-c", "vm web1 port br1 name web1_t trunk none")
    assert on(lab, "kvm1", *native).splitlines()[0] == "40"
    assert "no changes" in run("-c", "vm web1 port br1 name web1_t vlan 40 trunk none").stdout
    run("--yes", "-c", "delete vm web1")


def test_a_linux_bridge_has_none_until_it_filters_vlans(run: Run) -> None:
    said = run("-c", "bridge lbr0 on kvm1 backend linux { port veth9 trunk 10 }", code=1)
    assert "E423" in said.stderr
    assert "backend ovs" in said.stderr
