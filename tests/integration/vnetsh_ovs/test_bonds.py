"""Ports that are several NICs, on a real host: a bridge that is joined to another one by two cables.

The other one, as a switch would, takes them for two ports where the bond uses one at a time, or shares out by senders.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from in_lab import LabOperator, on
from waiting import eventually

from vnetsh_lab import running

pytestmark = pytest.mark.lab

FRAMES = (ROOT / "tests" / "helpers" / "frames.py").read_text()
CABLES = (
    "for i in 1 2 3; do ip link add a$i type veth peer name b$i; ip link set a$i up; ip link set b$i up; done"
)
BOND = "bridge br1 on kvm1 {{ port here type internal; port bond0 type bond nics a1, {} }}\n"
SWITCH = "bridge br2 on kvm1 { port there type internal; port b1; port b2 }"
BY_LACP = SWITCH.replace("port b1; port b2", "port bond1 type bond nics b1, b2 mode balance-tcp lacp active")


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=1) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("bonds")))
        found.on("kvm1", CABLES)
        yield found


def comes(operator: LabOperator) -> list[int | None] | None:
    """How often a broadcast from one bridge comes to the other one, by its VLANs."""
    operator.on("kvm1", "ip link set dev here up; ip link set dev there up")
    said = on(operator.lab, "kvm1", "python3", "-c", FRAMES, "here,there", input=json.dumps([("here", None)]))
    return json.loads(said).get("there")  # type: ignore[no-any-return]


@pytest.mark.parametrize("mode", ["", "mode balance-slb", "mode balance-tcp lacp active"])
def test_once_by_two_cables_and_by_one(operator: LabOperator, mode: str) -> None:
    if "lacp" in mode:
        operator.good("--yes", "-c", "delete bridge br2 on kvm1")
    network = BOND.format(f"a2 {mode}") + (BY_LACP if "lacp" in mode else SWITCH)
    operator.good("--yes", "-c", network)
    assert eventually(lambda: comes(operator) == [None], 10)
    operator.on("kvm1", "ip link set a1 down")
    try:
        assert eventually(lambda: comes(operator) == [None], 10)
    finally:
        operator.on("kvm1", "ip link set a1 up")
    assert eventually(lambda: comes(operator) == [None], 10)
    assert "no changes" in operator.good("-c", network)
    assert f"type bond nics a1, a2 {mode}".strip() in operator.good("export", "bridges")


def test_it_becomes_other_nics_and_comes_back(operator: LabOperator) -> None:
    columns = "ovs-vsctl --columns={} list {} | sort"
    rows = f"{columns.format('name,bond_mode,lacp', 'port')}; {columns.format('name,type', 'interface')}"
    before = operator.on("kvm1", rows)
    operator.good("--yes", "-c", BOND.format("a2, a3 mode active-backup lacp off"))
    shown = operator.on("kvm1", "ovs-appctl bond/show bond0")
    assert "a3" in shown
    assert "a1: enabled" in shown  # though it was LACP before that had it on, or off
    operator.good("--yes", "undo")
    assert operator.on("kvm1", rows) == before
    operator.good("--yes", "-c", "delete bridge br1 on kvm1")
    operator.good("--yes", "undo")
    assert operator.on("kvm1", rows) == before
    assert eventually(lambda: comes(operator) == [None], 10)


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        ("port p type bond nics a3", "E312", "fewer than two NICs"),
        ("port p type bond nics a3, b3 mode balance-tcp", "E312", "without LACP"),
        ("port p type internal lacp active", "E312", "is no bond"),
        ("port p type bond nics a3, eth0", "E402", "eth0"),
        ("port p type bond nics a3, b3 inbound 8Mbit", "E508", "limited by itself"),
    ],
)
def test_what_is_none_is_refused(operator: LabOperator, said: str, code: str, told: str) -> None:
    done = operator("plan", "-c", f"bridge br3 on kvm1 {said}")
    assert done.returncode == 1
    assert code in done.stderr
    assert told in done.stderr
