"""A host's own addresses, DHCP, DNS, NAT and routes, as a machine on its bridge has them; and that nothing is left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator
from waiting import eventually

from vnetsh_lab import running

pytestmark = pytest.mark.lab

SCRIPT = """
bridge lan0 on kvm1 backend linux address 192.168.1.1/24, fd00:0:0:1::1/64 port p0
dhcp lan0 on kvm1 range 192.168.1.10-192.168.1.99 dns yes static 52:54:00:00:00:01 192.168.1.50
nat lan0 on kvm1 out vswitch01
route 10.9.0.0/16 on kvm1 via 192.168.1.50
"""
INTERNAL = """
bridge vs9 on kvm1 { port lab0 type internal address 10.0.0.1/24 }
dhcp lab0 on kvm1 range 10.0.0.10-99
"""
STATE = """
ls --ignore vnetsh /etc/vnetsh /var/lib/misc /run/vnetsh-dhcp* 2>&1; nft list ruleset; ip -brief address; ip route
ip -6 route | grep -v fe80
cat /proc/sys/net/ipv4/ip_forward; pgrep -a dnsmasq
"""
MACHINE = """
ip netns add web; ip link add p0 type veth peer name eth0 netns web
ip -n web link set eth0 address 52:54:00:00:00:01 up; ip -n web link set lo up; ip -n web address add 10.9.0.1/32 dev lo
"""
ASKS = """ip netns exec web busybox udhcpc -i eth0 -n -q -t 5 -T 1 -x hostname:web -s /run/lent 2>&1"""
LENT = """#!/bin/sh
[ "$1" = bound ] || exit 0
busybox ip address add $ip/$mask dev eth0; busybox ip route add default via $router; echo "dns $dns"
"""
UNTOUCHED = "virsh -q net-define /dev/stdin && virsh -q net-start default"
NETWORK = """<network><name>default</name><forward mode='nat'/><bridge name='virbr0'/>
<ip address='192.168.122.1' netmask='255.255.255.0'/></network>"""


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("services")), "--yes")
        found.on("kvm1", MACHINE)
        lab.exec("kvm1", ["sh", "-c", "cat >/run/lent; chmod +x /run/lent"], input=LENT)
        yield found


def in_web(operator: LabOperator, command: str) -> str:
    return operator.on("kvm1", f"ip netns exec web {command}")


def test_a_machine_on_a_bridge_and_then_nothing(operator: LabOperator) -> None:
    before = operator.on("kvm1", STATE)
    said = operator.good("-c", SCRIPT)
    assert "the host forwards packets from now on" in said
    assert "no changes" in operator.good("plan", "-c", SCRIPT)

    assert "dns 192.168.1.1" in operator.on("kvm1", ASKS)
    assert "192.168.1.50/24" in in_web(operator, "ip -brief address show eth0")
    assert "192.168.1.50" in in_web(operator, "busybox nslookup web 192.168.1.1")
    assert "bytes from" in in_web(
        operator, "busybox ping -c 1 -W 2 10.77.0.2"
    )  # kvm2 knows no way back but by NAT
    assert "bytes from" in operator.on("kvm1", "busybox ping -c 1 -W 2 10.9.0.1")
    in_web(operator, "ip address add fd00:0:0:1::9/64 dev eth0 nodad")
    assert "bytes from" in in_web(operator, "busybox ping -c 1 -W 2 fd00:0:0:1::1")

    exported = operator.good("export")
    assert "no changes" in operator.good("plan", "-c", exported)
    for line in SCRIPT.replace(" port p0", "").strip().splitlines():
        assert line.partition(" static")[0] in exported, exported

    operator.good("-c", "dhcp lan0 on kvm1 range 192.168.1.60-192.168.1.70 dns none lease 5m")
    assert "failed" in operator.on("kvm1", "busybox nslookup web 192.168.1.1 2>&1 || echo failed")
    leases = operator.on("kvm1", "cat /var/lib/misc/vnetsh-lan0.leases")
    assert "192.168.1.50 web" in leases  # who has an address keeps it

    operator.good("-c", "delete bridge lan0")
    assert operator.on("kvm1", STATE) == before
    operator.good("undo")
    assert operator.on("kvm1", "cat /var/lib/misc/vnetsh-lan0.leases") == leases
    operator.good("undo")
    operator.good("undo")
    assert operator.on("kvm1", STATE) == before
    assert "nothing to undo" in operator("undo").stderr


def test_an_internal_port_and_what_a_host_lost(operator: LabOperator) -> None:
    before = operator.on("kvm1", STATE)
    operator.good("-c", INTERNAL)
    assert json.loads(operator.on("kvm1", "cat /etc/vnetsh/services.json"))["up"] == ["lab0"]
    operator.on("kvm1", "ip address flush dev lab0; kill $(cat /run/vnetsh-dhcp-lab0.pid)")
    eventually(lambda: "does not run" in operator.good("show", "dhcps"))
    assert "lab0 does not have 10.0.0.1/24" in operator.good("show", "addresses")
    assert "2 to change" in operator.good("plan", "-c", INTERNAL)
    operator.good("-c", INTERNAL)
    assert "error" not in operator.good("show", "addresses", "dhcps").lower()
    assert "10.0.0.1" in operator.on("kvm1", "ip address show lab0")
    operator.good("undo")
    assert "does not run" in operator.good("show", "dhcps")
    operator.good("-c", "delete port lab0; delete bridge vs9")
    assert operator.on("kvm1", STATE) == before


def test_libvirts_own_network_is_left_to_it(operator: LabOperator) -> None:
    operator.lab.exec("kvm1", ["sh", "-c", UNTOUCHED], input=NETWORK)
    for sentence in ("bridge virbr0 on kvm1 address 192.168.9.1/24", "nat virbr0 on kvm1"):
        assert "error[E514]" in operator("plan", "-c", sentence).stderr
    assert "libvirt's network `default`" in operator.good("show", "bridges", "-o", "json")
    operator.on("kvm1", "virsh -q net-destroy default; virsh -q net-undefine default")
