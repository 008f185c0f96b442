"""Packets of ports, NICs and uplinks, captured on real hosts."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator

from vnetsh.nouns.packets import packets
from vnetsh_lab import running

pytestmark = pytest.mark.lab

NETWORK = """
bridge vswitch02 on kvm1, kvm2
tunnel gre12 kvm1<->kvm2 on vswitch02
bridge vswitch02 on kvm1 port p1 type internal vlan 10
bridge vswitch02 on kvm2 { port p2 type internal vlan 10; port span0 type internal mirrors gre12 }
"""
SEND = """
import socket, time
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(100):
    link.sendto(b"x" * 100, ("10.0.0.2", 5000))
    time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("capture")))
        found.good("-c", NETWORK)
        for number in (1, 2):
            address = f"ip address add 10.0.0.{number}/24 dev p{number}"
            found.on(f"kvm{number}", f"{address}; ip link set p{number} up; ip link set span0 up || true")
        yield found


@pytest.fixture
def traffic(operator: LabOperator) -> Iterator[None]:
    sender = threading.Thread(target=operator.on, args=("kvm1", f"python3 -c '{SEND}'"))
    sender.start()
    yield
    sender.join()


def test_a_port_in_lines(operator: LabOperator, traffic: None) -> None:
    said = json.loads(operator.good("-o", "json", "-c", "capture p2 count 4"))
    assert said["packets"] == 4
    assert any(
        "UDP 10.0.0.1 port " in line and "> 10.0.0.2 port 5000, 142 bytes" in line for line in said["lines"]
    )


def test_an_uplink_in_a_file(operator: LabOperator, traffic: None, tmp_path: Path) -> None:
    file = tmp_path / "eth0.pcap"
    operator.good("-c", f"capture eth0 on kvm1 count 5 within 10m to {file}")  # it ends with the fifth one
    assert len(list(packets(file.read_bytes()))) == 5
    if tcpdump := shutil.which("tcpdump"):
        told = subprocess.run([tcpdump, "-nr", file], capture_output=True, text=True, check=True)
        assert "GRE" in told.stdout
    done = operator("-c", f"capture eth0 on kvm1 count 5 to {file}")
    assert done.returncode == 2
    assert "not written over" in done.stderr


def test_copies_of_a_tunnel_have_their_vlan(operator: LabOperator, traffic: None) -> None:
    said = operator.good("-c", "capture span0 count 3")
    assert "VLAN 10 UDP 10.0.0.1" in said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("capture gre12 on kvm1", "is a tunnel of Open vSwitch, which has no device"),
        ("capture vswitch02", "`vswitch02` is on kvm1 and kvm2"),
        ("capture p3", "there is no port, bridge or NIC `p3`"),
    ],
)
def test_what_has_no_packets_is_refused(operator: LabOperator, said: str, told: str) -> None:
    done = operator("-c", said)
    assert done.returncode == 1
    assert "E512" in done.stderr
    assert told in done.stderr
