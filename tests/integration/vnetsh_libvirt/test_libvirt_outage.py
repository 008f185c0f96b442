"""The outage of moves between real hosts: probed from the network, reported, held to a limit; what is left of it.

`VNETSH_OUTAGE_FAULTS=1` has all of them.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from libvirt_hosts import Hosts
from outage_rounds import ADDRESS, HOSTS, NETWORK, PROBER, Mover
from waiting import eventually

from vnetsh_lab import Lab, running
from vnetsh_libvirt.outage.announcing import mend, rarp
from vnetsh_libvirt.outage.measuring import place_of
from vnetsh_libvirt.outage.switches import read

pytestmark = pytest.mark.lab

AT_LENGTH = pytest.mark.skipif(
    "VNETSH_OUTAGE_FAULTS" not in os.environ, reason="VNETSH_OUTAGE_FAULTS=1 has them"
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        yield lab


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Iterator[Mover]:
    found = Mover.of(lab, tmp_path, "--max-impact", "destroy")
    yield found
    found.clear()
    assert not found.ports()


def test_measured_and_held_to_a_limit(operator: Mover) -> None:
    for last in (False, False, True):
        operator.make("joined")
        try:
            _measured(operator)
            return
        except AssertionError:
            if last or operator.alive():
                raise
            operator.clear()


def _measured(operator: Mover) -> None:
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
    last = json.loads(operator.good("history", "-o", "json"))[0]
    assert last["measured"][0].startswith("mover: gap")
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


@AT_LENGTH
def test_a_run_that_was_taken_back_is_in_no_later_undos_way(operator: Mover) -> None:
    operator.make("island")
    operator.good("-c", "migrate mover to kvm2 outage none")
    operator.on("kvm2", "virsh reset mover")
    operator.address()
    assert operator("-c", f"migrate mover to kvm1 address {ADDRESS}").returncode == 1
    assert operator.states() == ("", "running")
    assert "left:" not in operator.good("undo")
    assert operator.states() == ("running", "")


def test_a_switch_that_believes_it_elsewhere(operator: Mover) -> None:
    operator.good("-c", f"{NETWORK}; bridge plain on kvm1 backend linux")
    nics = "port joined name mv1 port plain name mv2"
    operator.good("-c", f"vm mover on kvm1 memory 80M disk tiny.qcow2 {nics}")
    hosts = Hosts(operator.lab)
    host = hosts.connection("kvm1").host
    taps = [place_of(nic) for nic in host.live(host.domain("mover")).nics]
    try:

        def found() -> dict[str, str]:
            return {entry.bridge: entry.port for entry in read(host, taps, here=True)}

        def mended(**known: str) -> str:
            addresses = {taps[0].mac: known["address"]} if known else {}
            return "; ".join(mend("mover", host, [host], taps, addresses, time.monotonic()))

        def plant() -> None:
            frame = f"in_port=gre9 packet={rarp(taps[0].mac).hex()} actions=normal"
            operator.on("kvm1", f"ovs-ofctl packet-out joined '{frame}'")
            assert found()["joined"] == operator.on("kvm1", "ovs-vsctl get interface gre9 ofport")

        operator.on("kvm1", "virsh suspend mover")  # what a guest says that boots, a switch learns from
        tap = operator.on("kvm1", "ovs-vsctl get interface mv1 ofport")
        plant()
        assert mended() == "joined of kvm1 had it where it is no more: announced again by RARP"
        assert found()["joined"] == tap
        # Rules that let no RARP through do so with ours, too.
        operator.on("kvm1", "ovs-ofctl add-flow joined priority=9,dl_type=0x8035,actions=drop")
        plant()
        assert "joined of kvm1 has it there still" in mended()
        assert mended(address=ADDRESS).endswith("announced again by RARP and ARP")
        assert found()["joined"] == tap
        # A Linux bridge has it from QEMU.
        operator.on("kvm1", "virsh resume mover")
        operator.on(
            "kvm1",
            "ip link add stray type veth peer name loose; ip link set loose up; ip link set stray master plain up",
        )

        def strayed() -> bool:  # a guest that boots says something now and then
            operator.on("kvm1", f"bridge fdb replace {taps[1].mac} dev stray master dynamic")
            return found()["plain"] == "stray"

        assert eventually(strayed)
        assert "plain of kvm1 had it where it is no more: announced again by RARP" in mended()
        assert found()["plain"] == "mv2"
    finally:
        operator.on("kvm1", "ip link delete stray; ip link delete plain; true")
        hosts.connections.close()


def test_what_is_left_when_somebody_is_killed(operator: Mover) -> None:
    operator.make("joined")
    operator.on("kvm1", "virsh migrate-setspeed mover 6")
    with operator.start("-c", f"migrate mover to kvm2 address {ADDRESS}") as process:
        assert eventually(lambda: operator.ports().count("vnetsh-") == 4, 30)
        process.send_signal(signal.SIGINT)
        said = "".join(process.communicate(timeout=60))
    assert process.returncode == 130, said
    assert operator.states() == ("running", "")
    assert not operator.ports()
    with operator.start("-c", f"migrate mover to kvm2 address {ADDRESS}") as process:
        assert eventually(lambda: operator.ports().count("vnetsh-") == 4, 30)
        # Nobody is told of the ports, and they are on nobody's way.
        assert "vnetsh-" not in operator.good("show", "ports") + operator.good("export")
        process.kill()
        process.communicate()
    assert eventually(lambda: not operator.ports())
    operator.good("recover")
    assert operator.states() == ("", "running")


@AT_LENGTH
def test_a_prober_that_is_killed_itself_or_with_its_host(operator: Mover) -> None:
    """The move goes on, the other one tells, and the next run removes what Open vSwitch still has of it."""
    operator.make("joined")
    operator.on("kvm1", "virsh migrate-setspeed mover 6")
    with operator.start("-c", f"migrate mover to kvm2 address {ADDRESS}") as process:
        assert eventually(lambda: operator.ports().count("vnetsh-") == 4, 30)
        time.sleep(1)
        operator.on("kvm2", f"kill -KILL $({PROBER})")
        said = "".join(process.communicate(timeout=120))
    assert process.returncode == 0, said
    assert "the probe on kvm2 was lost" in said
    assert "seen from kvm1" in said
    assert operator.ports().count("vnetsh-") == 1
    assert not operator.good("plan", "-c", NETWORK).replace("no changes", "").strip()
    operator.good("-c", "migrate mover to kvm1 outage none")
    assert not operator.ports()
