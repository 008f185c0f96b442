"""Expectations on real hosts: seen by a guest itself, by ports beside it, by a host; and faults planted for a move."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from full_guest import FullGuest
from planted import CHEAP, EXTRA, Planter, soak_planted
from waiting import eventually

from vnetsh_lab import Lab, running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

AT_LENGTH = pytest.mark.skipif(
    "VNETSH_EXPECT_FAULTS" not in os.environ, reason="VNETSH_EXPECT_FAULTS=1 has them"
)

NETWORK = "bridge joined on kvm1, kvm2; tunnel gre9 kvm1<->kvm2 on joined"
TINY, FULL = "10.0.0.1", "10.0.0.2"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2, guests=["full"]) as lab:
        yield lab


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Iterator[Planter]:
    found = Planter.of(lab, tmp_path, "--max-impact", "destroy")
    yield found
    assert not found.ports()
    found.clear()


def test_what_is_seen_and_by_whom(operator: Planter, lab: Lab) -> None:
    operator.make("joined")
    FullGuest("whole", (("wh1", "joined", "52:54:00:00:00:77"),)).start(lab, "kvm2")
    with GuestConsole(lab, "whole") as guest:
        guest.run(f"killall -q udhcpc; ip address add {FULL}/24 dev eth0")
    try:
        _seen(operator)
        _kept(operator)
        if "VNETSH_EXPECT_FAULTS" in os.environ:
            _seen_at_length(operator)
            _kept_at_length(operator)
    finally:
        operator.on(
            "kvm2", "virsh destroy whole; virsh undefine whole; rm -f /var/lib/libvirt/images/whole.qcow2"
        )


def _says(operator: Planter, sentence: str, code: int = 0) -> str:
    done = operator("-c", f"expect {sentence}")
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def _seen(operator: Planter) -> None:
    def agent() -> bool:
        return (
            "asked by its guest agent" in operator("-c", f"expect ping whole -> mover address {TINY}").stdout
        )

    assert eventually(agent, 30)
    # The agent tells its address, so who is beside `mover` knows whom to ask.
    beside = "answers ARP from a port of its own beside mover (joined on kvm1)"
    assert beside in _says(operator, "ping mover -> whole")
    assert "with the address 10.0.0.99" in _says(
        operator, "tcp mover -> whole port 80 as 10.0.0.99/24 within 10s"
    )
    assert "E476" in _says(operator, "tcp mover -> whole port 80 within 1s", 1)
    assert "from kvm1 itself" in _says(operator, "ping kvm1 -> kvm2")
    # Apart, and each still answers who is beside it.
    operator.good("-c", "vm mover port joined name mv1 vlan 10")
    said = _says(operator, "no ping mover -> whole")
    assert "joined in VLAN 10 on kvm1" in said
    assert "ARP goes through no router" in said
    assert "E475" in _says(operator, "ping mover -> whole within 1s", 1)
    operator.good("-c", "vm mover port joined name mv1 vlan none")
    assert not operator.ports()


def _seen_at_length(operator: Planter) -> None:
    assert "lost" in _says(operator, f"ping whole -> mover address {TINY} loss 10%")
    assert "lost" in _says(operator, "ping mover -> whole loss 1%")
    assert "answers ping" in _says(operator, "ping mover -> whole as 10.0.0.99/24")
    refused = _says(operator, "tcp mover -> whole port 81 as 10.0.0.99/24 within 1s", 1)
    assert "Connection refused" in refused
    assert "E476" in _says(operator, f"ping mover -> whole as {TINY}/24", 1)
    assert "from kvm1 itself" in _says(operator, "tcp kvm1 -> kvm2 port 16509")
    assert "E475" in _says(operator, "no ping mover -> whole within 1s", 1)
    assert "E475" in _says(operator, f"no ping whole -> mover address {TINY} within 1s", 1)
    assert "E475" in _says(operator, "ping mover -> 10.0.0.66 within 1s", 1)
    assert "does not answer a port beside it" in _says(
        operator, "no ping whole -> mover address 10.0.0.55", 1
    )
    operator.good("-c", "vm mover port joined name mv1 vlan 10")
    assert "asked by its guest agent" in _says(operator, f"no ping whole -> mover address {TINY} within 3s")
    found = operator("-o", "json", "-c", "expect port mv1 bridge joined vlan 10 vm mover")
    assert json.loads(found.stdout)["holds"]
    operator.good("-c", "vm mover port joined name mv1 vlan none")
    assert not operator.ports()


def _kept(operator: Planter) -> None:
    said = operator.good("-c", "keep mover -> whole; bridge more on kvm1; delete bridge more on kvm1")
    assert "keep mover -> whole: kept: its longest gap was" in said
    assert "seen from kvm1" in said
    apart = operator("-c", "keep mover -> whole; vm mover port joined name mv1 vlan 10")
    assert (apart.returncode, "E479" in apart.stderr) == (1, True)
    assert not operator.ports()


def _kept_at_length(operator: Planter) -> None:
    moved = operator("-c", "keep mover -> whole outage 30s; migrate mover to kvm2; migrate mover to kvm1")
    assert "E479" not in moved.stderr, moved.stderr
    # Somebody cuts them off from each other for a while.
    script = "keep mover -> whole; bridge much on kvm1; expect ping mover -> kvm2 address 10.0.0.66 within 8s"
    with operator.start("-c", script) as process:
        assert eventually(lambda: operator.ports().count("vnetsh-") == 6)
        operator.on("kvm1", "ovs-vsctl set interface gre9 options:key=9")
        time.sleep(3)
        operator.on("kvm1", "ovs-vsctl remove interface gre9 options key")
        said = "".join(process.communicate(timeout=60))
    assert process.returncode == 1, said
    assert "E479" in said
    assert re.search(r"lost: its longest gap was [2-9]\d{3} ms", said), said
    assert not operator.ports()
    with operator.start("-c", script) as process:
        assert eventually(lambda: operator.ports().count("vnetsh-") == 6)
        process.kill()
        process.communicate()
    assert eventually(lambda: not operator.ports())
    operator.good("recover", "--undo")
    operator.good("-c", "delete bridge much on kvm1")


def test_a_run_that_is_taken_back_by_an_expectation(operator: Planter) -> None:
    script = f"{NETWORK}; bridge more on kvm1; expect ping kvm1 -> 10.77.0.99 within 1s; bridge never on kvm1"
    back = operator("--undo-on-failure", "-c", script)
    assert back.returncode == 1
    assert "undone, 1 skipped" in back.stderr
    assert operator.on("kvm1", "ovs-vsctl list-br").split() == ["vswitch01"]


@AT_LENGTH
def test_a_run_that_stands(operator: Planter) -> None:
    script = f"{NETWORK}; bridge more on kvm1; expect ping kvm1 -> 10.77.0.99 within 1s; bridge never on kvm1"
    stands = operator("-c", script)
    assert stands.returncode == 1
    assert "1 skipped" in stands.stderr
    assert "more" in operator.on("kvm1", "ovs-vsctl list-br")
    operator.good("undo")
    assert operator.on("kvm1", "ovs-vsctl list-br").split() == ["vswitch01"]


@AT_LENGTH
def test_nothing_is_left_of_one_that_is_killed(operator: Planter) -> None:
    operator.make("joined")
    # So long nobody answers: there is time to be killed.
    sentence = "expect ping mover -> kvm2 address 10.0.0.66 within 60s"
    for signalled in (False, True):
        with operator.start("-c", sentence) as process:
            assert eventually(lambda: "vnetsh-" in operator.ports())
            process.terminate() if signalled else process.kill()
            process.communicate()
        assert eventually(lambda: not operator.ports())
    with operator.start("-c", sentence) as process:
        assert eventually(lambda: "vnetsh-" in operator.ports())
        operator.on("kvm1", "kill -KILL $(pgrep -f ^python3.*exec.compile)")
        said = "".join(process.communicate(timeout=30))
    assert process.returncode == 1, said
    operator("-c", "expect ping mover -> kvm2 address 10.0.0.66 within 1s")
    assert not operator.ports()


def test_planted(lab: Lab, tmp_path: Path) -> None:
    soak_planted(lab, 1, tmp_path, CHEAP).check()


@AT_LENGTH
def test_a_check_that_passes_and_the_move(operator: Planter) -> None:
    operator.make("joined")
    operator.on("kvm1", f"mkdir -p {EXTRA}")
    checked = json.loads(operator.good("-o", "json", "-c", "migrate mover to kvm2 check"))
    results = {check["check"]: check["result"] for check in checked["checks"]}
    assert len(results) > 30
    assert set(results.values()) <= {"ok", "unknown"}
    assert results["one libvirt reaches the other"] == results["room for what is copied"] == "ok"
    assert operator.states() == ("running", "")
    assert not operator.ports()
