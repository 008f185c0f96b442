"""VMs on networks of OVN, on real hosts: by packets of their guests, over moves, faults, undo and export."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

ZONE = "zone a on kvm1, kvm2 bridges vswitch01 cluster region1\n"
CLOUD = (
    ZONE
    + """tenant acme {
    network web subnet 10.0.1.0/24 dhcp dns 10.0.1.53
    vm web01 on kvm1 memory 96M disk tiny.qcow2 port web name web01_p1 address 10.0.1.11
    vm web02 on kvm2 memory 96M disk tiny.qcow2 port web name web02_p1
}
tenant blue {
    network web subnet 10.0.1.0/24 dhcp
    vm shop on kvm2 memory 96M disk tiny.qcow2 port web name shop_p1 address 10.0.1.12
}
"""
)
UP = "ip addr add {}/24 dev eth0; ip link set eth0 up"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2, ovn="one") as lab:
        yield LabOperator.of(lab, Path(tmp_path_factory.mktemp("cloud")), "--max-impact", "destroy")


TABLES = (
    "Logical_Switch",
    "Logical_Switch_Port",
    "Logical_Router",
    "Port_Group",
    "ACL",
    "DHCP_Options",
)
GROWS = ("_uuid", "nb_cfg", "sb_cfg", "hv_cfg", "timestamp", "vnetsh-token", "up")


def rows(operator: LabOperator) -> list[str]:
    """What the northbound database says, apart from UUIDs and what grows by itself."""
    listing = "\n".join(operator.on("kvm1", f"ovn-nbctl list {table}") for table in TABLES)
    kept = [line for line in listing.splitlines() if not any(word in line for word in GROWS)]
    return sorted(re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", line) for line in kept)


def test_guests_reach_their_own_network_and_no_other(operator: LabOperator) -> None:
    before = rows(operator)
    operator.good("-c", CLOUD)
    assert "no changes" in operator.good("plan", "-c", CLOUD)
    with GuestConsole(operator.lab, "web01") as one, GuestConsole(operator.lab, "web02") as two:
        leased = one.run("ip link set eth0 up; udhcpc -i eth0 -n -q -t 5 2>&1")
        assert "lease of 10.0.1.11 obtained from 10.0.1.1" in leased
        one.run(UP.format("10.0.1.11"))
        two.run(UP.format("10.0.1.2"))
        assert eventually(lambda: "1 packets received" in two.run("ping -c 1 -W 1 10.0.1.11; true"))
        with GuestConsole(operator.lab, "shop") as other:
            other.run(UP.format("10.0.1.12"))
            assert "0 packets received" in other.run("ping -c 2 -W 1 10.0.1.11; true"), "blue's own 10.0.1.11"
        two.run("ip addr add 10.0.1.66/24 dev eth0")
        assert "0 packets received" in two.run("ping -I 10.0.1.66 -c 1 -W 1 10.0.1.11; true"), (
            "not its address"
        )
        two.run("ip addr del 10.0.1.66/24 dev eth0")
    said = operator.good("export", "zones", "tenants", "networks", "vms")
    assert "no changes" in operator.good("plan", "-c", said)
    operator.good("undo")
    assert rows(operator) == before
    assert operator.on("kvm1", "ovn-sbctl --bare --columns=name list Chassis") == ""
    assert "ovn-" not in operator.on("kvm2", "ovs-vsctl get open . external_ids")
    operator.good("-c", CLOUD)


def test_a_guest_moves_with_its_network_and_back(operator: LabOperator) -> None:
    said: list[str] = []
    with GuestConsole(operator.lab, "web01") as one, GuestConsole(operator.lab, "web02") as two:
        one.run(UP.format("10.0.1.11"))
        two.run(UP.format("10.0.1.2"))
        assert eventually(lambda: "1 packets received" in two.run("ping -c 1 -W 1 10.0.1.11; true"))
        moving = threading.Thread(target=lambda: said.append(operator.good("-c", "migrate web01 to kvm2")))
        moving.start()
        heard = two.run("ping -c 150 -i 0.05 -W 1 10.0.1.11 | tail -3", timeout=90)
        moving.join()
    received = int(re.search(r"(\d+) packets received", heard)[1])  # type: ignore[index]
    assert received >= 130, heard
    assert re.search(r"measured: web01: gap \d+ ms \(the longest of 2 probes, ", said[0]), said[0]
    bound = "ovn-sbctl --bare --columns=chassis find Port_Binding logical_port={}"
    ports = operator.on("kvm1", "ovn-nbctl --bare --columns=name find Logical_Switch_Port type=''").split()
    for port in ports:
        assert len(operator.on("kvm1", bound.format(port)).split()) == 1
    left = operator.on("kvm1", "ovn-nbctl list Logical_Switch_Port")
    assert "requested-chassis" in left
    assert not any(word in left for word in ("activation-strategy", "unknown", "vnetsh-probe"))
    assert "no changes" in operator.good("plan", "-c", CLOUD)
    operator.good("undo")
    assert "kvm1" in operator.on("kvm1", "virsh list --name; hostname")
    with GuestConsole(operator.lab, "web02") as two:
        assert eventually(lambda: "1 packets received" in two.run("ping -c 1 -W 1 10.0.1.11; true"))


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("vm web03 on kvm1 memory 96M port acme/web address 10.0.1.11", "E556"),
        ("vm web03 on kvm1 memory 96M port acme/web address 10.0.2.11", "E556"),
        ("vm web03 on kvm1 memory 96M port acme/none", "E304"),
        ("vm web03 on kvm1 memory 96M port vswitch01 address 10.0.1.20", "E549"),
        ("delete network acme/web", "E558"),
        ("delete tenant blue", "E558"),
        ("network acme/db subnet 10.0.2.0/24 gateway 10.0.3.1", "E553"),
        ("network none/db subnet 10.0.2.0/24", "E554"),
    ],
)
def test_what_cannot_be_is_refused(operator: LabOperator, script: str, code: str) -> None:
    done = operator("plan", "-c", script)
    assert done.returncode == 1
    assert f"error[{code}]" in done.stdout + done.stderr


def test_who_does_not_follow_is_named_and_all_is_taken_back(operator: LabOperator) -> None:
    before = rows(operator)
    script = "network acme/late subnet 10.0.9.0/24"
    for daemon, host, words in (
        ("ovn-northd", "kvm1", "ovn-northd did not follow"),
        ("ovn-controller", "kvm2", "have not followed: kvm2"),
    ):
        operator.on("kvm1", "ovn-nbctl --wait=hv sync")  # who was late before is not waited for
        operator.on(host, f"kill -STOP $(cat /run/ovn/{daemon}.pid)")
        try:
            done = operator("--timeout", "3", "-c", script)
            assert done.returncode == 1
            assert words in done.stdout + done.stderr
        finally:
            operator.on(host, f"kill -CONT $(cat /run/ovn/{daemon}.pid)")
        assert eventually(lambda: rows(operator) == before, 10), done.stdout
    assert "done: 1 change" in operator.good("-c", script)
    operator.good("undo")


def test_rows_of_others_are_seen_and_stay(operator: LabOperator) -> None:
    operator.on("kvm1", "ovn-nbctl ls-add theirs -- lsp-add theirs their-port -- lsp-add theirs x")
    assert "theirs" in operator.good("show", "networks")
    script = operator.folder / "cloud.vnet"
    script.write_text(CLOUD)
    operator.good("--prune", str(script))
    assert operator("-c", "delete network theirs").returncode == 1, "it has ports of others"
    assert "their-port" in operator.on("kvm1", "ovn-nbctl lsp-list theirs")
    operator.on("kvm1", "ovn-nbctl ls-del theirs")


def test_vms_are_put_into_zones_and_kept_there(operator: LabOperator) -> None:
    said = "vm web04 on any zone a apart web01 memory 96M port acme/web"
    operator.good("-c", said)
    assert "web04" in operator.on("kvm2", "virsh list --name")
    assert "no changes" in operator.good("plan", "-c", said)
    assert "zone a" in operator.good("export", "vms")
    refused = operator("plan", "-c", "vm web05 on any zone b memory 96M port acme/web")
    assert "kvm1, kvm2: it is not in zone b" in refused.stdout + refused.stderr
    refused = operator("plan", "-c", "vm web05 on any apart-zones web04 memory 96M port acme/web")
    assert "kvm1: `web04` is or would be in its zone" in refused.stdout + refused.stderr
    refused = operator("plan", "-c", "zone b on kvm2 cluster region1")
    assert "error[E557]" in refused.stdout + refused.stderr
    operator.good("undo")


def test_a_move_that_is_killed_is_ended_with_its_network(operator: LabOperator) -> None:
    there = "kvm2" if "web01" in operator.on("kvm1", "virsh list --name") else "kvm1"
    move = f"migrate web01 to {there}"
    assert operator("-c", move, VNETSH_CRASH_AT="domain has moved").returncode == -9
    assert "vnetsh-probe" in operator.on("kvm1", "ovn-nbctl list Logical_Switch_Port")
    operator.good("recover")
    assert "no changes" in operator.good("plan", "-c", move)
    left = operator.on("kvm1", "ovn-nbctl list Logical_Switch_Port")
    assert not any(word in left for word in ("activation-strategy", "unknown", "vnetsh-probe"))
    at = "ovn-nbctl --bare --columns=external_ids find Logical_Switch_Port external_ids:vnetsh-nic=web01_p1"
    assert f"vnetsh-at={there} " in operator.on("kvm1", at)
