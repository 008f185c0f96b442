"""A NIC's cable, out and in, and limits that others gave it, on real hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator

from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

NETWORK = """
bridge vswitch02 on kvm1, kvm2
tunnel gre12 kvm1<->kvm2 on vswitch02
bridge vswitch02 on kvm1 port peer type internal
vm web on kvm1 memory 96M disk tiny.qcow2 port vswitch02 name web_n
"""


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("links")))
        found.good("--yes", "-c", NETWORK)
        found.on("kvm1", "ip address add 10.0.0.9/24 dev peer; ip link set peer up")
        with GuestConsole(lab, "web") as guest:
            guest.run("ip address add 10.0.0.1/24 dev eth0; ip link set eth0 up")
        yield found


def seen_by(operator: LabOperator) -> tuple[str, bool]:
    """What the guest sees of its cable, and whether it reaches the port beside it."""
    with GuestConsole(operator.lab, "web") as guest:
        carrier = guest.run("cat /sys/class/net/eth0/carrier").strip()
        return carrier, "1 packets received" in guest.run("ping -c 1 -W 1 10.0.0.9", check=False)


def test_a_cable_is_pulled_and_put_in_again(operator: LabOperator) -> None:
    before = operator.on("kvm1", "virsh dumpxml web --inactive")
    assert seen_by(operator) == ("1", True)
    said = operator.good("--yes", "-c", "vm web port vswitch02 name web_n link down")
    assert "web loses kvm1 at 10.0.0.9" in said
    assert seen_by(operator) == ("0", False)
    assert "no changes" in operator.good("-c", "vm web port vswitch02 name web_n link down")
    assert "link down" in operator.good("export", "vms")

    operator.good("-c", "migrate web to kvm2 outage none")
    assert seen_by(operator) == ("0", False)
    operator.good("-c", "migrate web to kvm1 outage none")
    operator.good("--yes", "-c", "vm web port vswitch02 name web_n link up")
    assert seen_by(operator) == ("1", True)
    for _ in range(4):
        operator.good("--yes", "undo")
    assert seen_by(operator) == ("1", True)
    assert operator.on("kvm1", "virsh dumpxml web --inactive") == before


def limited(operator: LabOperator, host: str) -> bool:
    return "htb" in operator.on(host, "tc qdisc show dev web_n")


def test_a_limit_of_libvirts_stays_at_the_switch(operator: LabOperator) -> None:
    """Libvirt's old rows would keep it from being set again when the vm comes back or starts."""
    operator.on("kvm1", "virsh domiftune web web_n --inbound 1000,1000,16 --live --config")
    assert limited(operator, "kvm1")
    for host in ("kvm2", "kvm1"):
        operator.good("-c", f"migrate web to {host} outage none")
        assert limited(operator, host)
    operator.good("--yes", "-c", "stop web force")
    operator.good("--yes", "-c", "start web")
    assert limited(operator, "kvm1")
