"""Port security and isolation of NICs at Linux bridges, on real hosts: what a guest forges does not come through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator

from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

NETWORK = """
bridge br0 on kvm1, kvm2 backend linux
bridge vswitch02 on kvm1, kvm2
vm web on kvm1 memory 96M disk tiny.qcow2 port br0 name web_n
"""
# They name one another, in no order.
FILTERS = (
    "for _ in 1 2 3; do for f in /usr/share/libvirt/nwfilter/*.xml; do virsh nwfilter-define $f; done; done"
)
WITNESS = (
    "ip link add va type veth peer name vb; ip link set va master br0 up; ip address add 10.0.0.9/24 dev vb; "
    "ip link set vb up"
)
RARP = """
import socket
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x8035))
link.bind(("vb", 0x8035))
link.settimeout(30)
print(link.recv(2048)[6:12].hex(":"), flush=True)
"""
SECURED = "vm web port br0 name web_n security {}"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("guards")))
        found.good("--yes", "-c", NETWORK)
        for host in ("kvm1", "kvm2"):
            found.on(host, WITNESS)
        yield found


def passes(operator: LabOperator, address: str = "10.0.0.1", mac: str = "") -> bool:
    """Whether the witness answers the guest when that sends as this, which it is told to do."""
    with GuestConsole(operator.lab, "web") as guest:
        own = guest.run("cat /sys/class/net/eth0/address").strip()
        guest.run(f"ip address flush dev eth0; ip link set eth0 down address {mac or own} up")
        guest.run(f"ip address add {address}/24 dev eth0")
        answered = "1 packets received" in guest.run("ping -c 1 -W 1 10.0.0.9", check=False)
        guest.run(f"ip address flush dev eth0; ip link set eth0 down address {own} up")
        return answered


def test_it_takes_the_filters_of_libvirt(operator: LabOperator) -> None:
    done = operator("plan", "-c", SECURED.format("mac"))
    assert done.returncode == 1
    assert "E510" in done.stderr
    for host in ("kvm1", "kvm2"):
        operator.on(host, f"{FILTERS} >/dev/null 2>&1; true")


def test_what_is_forged_is_dropped(operator: LabOperator) -> None:
    forged = {"address": "10.0.0.66"}, {"mac": "52:54:00:66:66:66"}
    assert passes(operator)
    assert all(passes(operator, **one) for one in forged)
    operator.good("--yes", "-c", SECURED.format("mac"))
    assert [passes(operator), *(passes(operator, **one) for one in forged)] == [True, True, False]
    operator.good("--yes", "-c", SECURED.format("10.0.0.1, 10.0.0.2"))
    assert [passes(operator), *(passes(operator, **one) for one in forged)] == [True, False, False]
    assert passes(operator, "10.0.0.2")
    assert "no changes" in operator.good("-c", SECURED.format("10.0.0.2, mac, 10.0.0.1"))
    assert "security 10.0.0.1, 10.0.0.2" in operator.good("export", "vms")


def test_it_goes_along_and_the_announcement_comes_through(operator: LabOperator) -> None:
    operator.on("kvm2", f"(timeout 30 python3 -c '{RARP}') >/run/rarp 2>&1 &")
    operator.good("--yes", "-c", "migrate web to kvm2 outage none")
    mac = operator.on("kvm2", "virsh domiflist web | awk '/br0/ {print $5}'")
    come = "for _ in $(seq 50); do test -s /run/rarp && break; sleep 0.1; done; cat /run/rarp"
    assert operator.on("kvm2", come) == mac
    assert [passes(operator), passes(operator, "10.0.0.66")] == [True, False]
    operator.good("--yes", "-c", "stop web force")
    operator.good("--yes", "-c", "start web")
    assert [passes(operator), passes(operator, "10.0.0.66")] == [True, False]


def test_an_isolated_one_reaches_no_other_isolated_one(operator: LabOperator) -> None:
    operator.on("kvm2", "bridge link set dev va isolated on")
    assert passes(operator)
    operator.good("--yes", "-c", "vm web port br0 name web_n isolated yes")
    assert not passes(operator)
    operator.good("--yes", "-c", "stop web force")
    operator.good("--yes", "-c", "start web")
    assert not passes(operator)
    for _ in range(3):
        operator.good("--yes", "undo")
    assert passes(operator)


def test_a_filter_of_others_comes_back_where_it_was_at_work(operator: LabOperator) -> None:
    """Else a taken back run would leave the vm with none until it stops."""
    theirs = "<filterref filter='clean-traffic'><parameter name='CTRL_IP_LEARNING' value='dhcp'/></filterref>"
    edit = f'virsh dumpxml --inactive web | sed "0,/<.interface>/s|</interface>|{theirs}</interface>|" >/run/web.xml'
    operator.good("--yes", "-c", "vm web port br0 name web_n security none isolated none")
    operator.on("kvm2", f"{edit}; virsh define /run/web.xml")
    assert "changed in place" in operator.good("--yes", "-c", "vm web port br0 name web_n link down")
    operator.good("--yes", "undo")
    rules = "virsh dumpxml {} web | grep -c CTRL_IP_LEARNING || true"
    assert operator.on("kvm2", rules.format("--inactive")).strip() == "1", "what runs had none"
    operator.good("--yes", "-c", "stop web force; start web")
    said = operator.good("--yes", "-c", SECURED.format("mac"))
    assert "in place of the network filter clean-traffic, which others gave it" in said
    operator.good("--yes", "undo")
    for which in ("", "--inactive"):
        assert operator.on("kvm2", rules.format(which)).strip() == "1"
    operator.good("--yes", "-c", SECURED.format("mac"))


def test_an_open_vswitch_bridge_is_refused(operator: LabOperator) -> None:
    done = operator("plan", "-c", "vm other on kvm1 port vswitch02 name other_n security mac")
    assert done.returncode == 1
    assert "E509" in done.stderr
    operator.on("kvm1", "ip link delete va; ip link delete br0")
    operator.good("--yes", "-c", "bridge br0 on kvm1 backend ovs")
    done = operator("plan", "-c", "migrate web to kvm1")
    assert done.returncode == 1
    assert "E509" in done.stderr
