"""Tunnels, meshes, spanning trees and isolated ports on Linux bridges of three real hosts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from counting import counted_at, inside
from in_lab import LabOperator
from waiting import eventually

from vnetsh.hosts.kernel import GRE, VLAN_FILTERING, abilities
from vnetsh.hosts.local import LocalTransport
from vnetsh.testing.fleet import local_host
from vnetsh_lab import running

pytestmark = pytest.mark.lab

HOSTS = ("kvm1", "kvm2", "kvm3")
ADDRESS = "192.168.50"
PORTS = "for i in 1..3 { bridge br0 on kvm$i backend linux port p$i }"
LINKS = (
    "ip -details link show type vxlan | sed 's/^[0-9]*: //; /bridge_slave/d'; "
    "bridge fdb show | grep ' dst .* permanent' | sort"
)
MESH = "mesh overlay {} on br0 type vxlan key 42"
RING = """
tunnel vx12 kvm1<->kvm2 on br0 type vxlan key 12
tunnel vx23 kvm2<->kvm3 on br0 type vxlan key 23
tunnel vx13 kvm1<->kvm3 on br0 type vxlan key 13
"""


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=3) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("overlays")), "--yes")
        for number, host in enumerate(HOSTS, 1):
            pair = f"ip link add p{number} type veth peer name q{number} && ip link set q{number} up"
            found.on(host, f"{pair} && ip address add {ADDRESS}.{number}/24 dev q{number}")
        found.good("-c", PORTS)
        yield found


def pings(operator: LabOperator, host: str, there: str) -> bool:
    """Whether a host's end of a veth pair, the other one of which is at the bridge, reaches another host's."""
    ping = f"busybox ping -W 1 {ADDRESS}.{there[-1]}"  # once more on a machine that is busy
    return "bytes from" in operator.on(host, f"{ping} -c 1 || {ping} -c 2")


def all_ping(operator: LabOperator) -> bool:
    return all(pings(operator, one, other) for one in HOSTS for other in HOSTS if one != other)


def heard(operator: LabOperator, sender: str, name: str) -> Mapping[str, Mapping[int, int]]:
    """How often each of some broadcasts comes out at each host."""
    ports = {host: f"q{host[-1]}" for host in HOSTS}
    with counted_at(operator.lab, name, ports) as found:
        assert inside(operator.lab, sender, "send", ports[sender], name, "300", "0.002").wait(30) == 0
    return {host: found.times(host) for host in HOSTS}


def test_a_tunnel_of_the_kernel(operator: LabOperator) -> None:
    script = "tunnel vx1 kvm1<->kvm2 on br0 type vxlan key 42"
    assert "room for packets of 1450 bytes" in operator.good("-c", script)
    assert pings(operator, "kvm1", "kvm2")
    assert not pings(operator, "kvm1", "kvm3")
    exported = operator.good("export")
    assert f"\n{script}\n" in exported
    assert "no changes" in operator.good("-c", exported)
    operator.good("--max-impact", "brief", "-c", "link kvm1<->kvm2 down")
    assert not pings(operator, "kvm1", "kvm2")
    exported = operator.good("export")
    assert f"\n{script} link down\n" in exported
    assert "no changes" in operator.good("-c", exported)
    assert "no changes" in operator.good("-c", script)
    operator.good("--max-impact", "brief", "undo")
    assert pings(operator, "kvm1", "kvm2")
    operator.good("--max-impact", "brief", "-c", "link kvm1<->kvm2 down; link kvm1<->kvm2 up")
    assert pings(operator, "kvm1", "kvm2")
    devices = operator.on("kvm1", LINKS)
    operator.good("-c", script.replace("42", "43"))
    assert pings(operator, "kvm2", "kvm1")
    operator.good("undo")
    assert operator.on("kvm1", LINKS) == devices
    operator.good("-c", "delete tunnel vx1")
    assert not operator.on("kvm1", LINKS)
    operator.good("undo")
    assert operator.on("kvm1", LINKS) == devices
    operator.good("-c", "delete tunnel vx1")


ABLE = abilities(LocalTransport(local_host()), 10, None)
"""What this machine's kernel can, and so that of the lab's hosts."""
BRIDGES = "for i in 1..4 { bridge l$i on kvm[1-3] backend linux }"
CANNOT = {
    f"{BRIDGES}; mesh m kvm[1-3] on l1 type vxlan key 42 hub kvm1; tunnel a kvm1<->kvm2 on l2 type geneve; "
    "tunnel b kvm1<->kvm2 on l3 type vxlan key 1; tunnel c kvm1<->kvm3 on l4 type vxlan key 1": (
        "E421", "E497", "E500",
    ),
    f"{BRIDGES}; tunnel a kvm1<->kvm2 on l1 type vxlan; tunnel b kvm1<->kvm2 on l2 type vxlan key 1 bfd yes; "
    "bridge br0 on kvm1 { port p1 vlan 10 }; bridge br0 on kvm2 { port p2 trunk 10, 20 }; "
    "bridge sw on kvm1, kvm3; tunnel c kvm1<->kvm3 on sw type vxlan key 2": ("E305", "E423", "E496", "E498"),
    "bridge br0 on kvm1 { port p1 vlan 1 }": ("E533",),
}  # fmt: skip
OF_KERNELS = {
    VLAN_FILTERING: {"bridge new on kvm1 backend linux vlan-filtering yes port p1 vlan 10": ("E532",),
                     "bridge br0 on kvm2 vlan-filtering yes": ("E532",)},
    GRE: {"tunnel a kvm1<->kvm2 on br0 type gre": ("E315",)},
}  # fmt: skip
for able, scripts in OF_KERNELS.items():
    CANNOT |= scripts if able not in ABLE else {}


def test_what_it_cannot_is_refused_before_anything_is_touched(operator: LabOperator) -> None:
    before = operator.good("export")
    for script, codes in CANNOT.items():
        done = operator("-c", script)
        assert done.returncode in (1, 2)
        assert all(f"error[{code}]" in done.stderr for code in codes), done.stderr
    assert operator.good("export") == before


def test_a_mesh_is_one_device_a_host_and_doubles_nothing(operator: LabOperator) -> None:
    operator.good("-c", MESH.format("kvm1, kvm2"))
    assert pings(operator, "kvm1", "kvm2")
    two = operator.on("kvm1", LINKS)
    with counted_at(operator.lab, "grow", {host: f"q{host[-1]}" for host in HOSTS}) as found:
        sender = inside(operator.lab, "kvm1", "send", "q1", "grow", "700", "0.002")
        operator.good("-c", MESH.format("kvm[1-3]"))
        assert sender.wait(30) == 0
    assert found.times("kvm2") == {1: 700}
    assert set(found.times("kvm3")) == {1}
    assert all_ping(operator)
    assert heard(operator, "kvm2", "mesh") == {"kvm1": {1: 300}, "kvm2": {}, "kvm3": {1: 300}}
    assert operator.on("kvm2", "ip -brief link show type vxlan | wc -l") == "1"
    name = json.loads(operator.good("-o", "json", "show", "tunnels"))[0]["name"]
    assert "packets of overlay on kvm2" in operator.good("-c", f"capture {name} on kvm2 within 300ms")
    assert "no changes" in operator.good("-c", MESH.format("kvm[1-3]"))
    assert operator.good("export", "meshes", "tunnels").strip() == (
        "mesh overlay kvm1, kvm2, kvm3 on br0 type vxlan key 42"
    )
    assert '"error": null' in operator.good("-o", "json", "show", "meshes")
    assert "error[E525]" in operator("plan", "-c", "link kvm1<->kvm2 down").stderr
    operator.on("kvm2", "bridge fdb del 00:00:00:00:00:00 dev overlay dst 10.77.0.3")
    assert "kvm2 has no tunnel to kvm3" in operator.good("-o", "json", "show", "meshes")
    operator.good("-c", MESH.format("kvm[1-3]"))
    assert all_ping(operator)
    for _ in range(2):
        operator.good("undo")
    assert operator.on("kvm1", LINKS) == two
    operator.good("-c", "delete mesh overlay")
    assert operator.on("kvm1", LINKS) == operator.on("kvm3", LINKS) == ""


def test_a_tunnel_of_others_becomes_a_part_of_a_mesh_and_is_as_before_after_an_undo(
    operator: LabOperator,
) -> None:
    for here, there in (("kvm1", "10.77.0.2"), ("kvm2", "10.77.0.1")):
        made = f"ip link add hand type vxlan id 42 remote {there} dstport 4789"
        operator.on(here, f"{made} && ip link set hand up master br0")
    before = [operator.on(host, LINKS) for host in HOSTS]
    assert pings(operator, "kvm1", "kvm2")
    operator.good("-c", MESH.format("kvm[1-3]"))
    assert all_ping(operator)
    assert "mesh overlay kvm1, kvm2, kvm3" in operator.good("export")
    operator.good("undo")
    assert [operator.on(host, LINKS) for host in HOSTS] == before
    operator.good("-c", "delete tunnel hand")


def test_a_spanning_tree_keeps_a_ring_safe(operator: LabOperator) -> None:
    tree = "bridge br0 on kvm[1-3] stp yes forward-delay 2"
    assert "a port that joins it waits 4 s" in operator.good(
        "-c", f"bridge br0 on kvm1 priority 4096 ageing 60; {tree}; {RING}"
    )
    assert eventually(lambda: all_ping(operator))
    assert heard(operator, "kvm1", "tree") == {"kvm1": {}, "kvm2": {1: 300}, "kvm3": {1: 300}}
    states = [operator.on(host, "bridge link show | grep -c 'vx.*state blocking'") for host in HOSTS]
    assert sorted(states) == ["0", "0", "1"]
    assert "no changes" in operator.good("-c", f"{tree}; {RING}")
    assert "bridge br0 on kvm2, kvm3 backend linux stp yes forward-delay 2\n" in operator.good("export")
    refused = operator("-c", "bridge br0 on kvm2 stp none")
    assert "without its spanning tree bridge `br0` closes a loop" in refused.stderr
    operator.good("undo")
    options = json.loads(operator.on("kvm1", "ip -json -details link show br0"))[0]["linkinfo"]["info_data"]
    assert [options[name] for name in ("stp_state", "forward_delay", "ageing_time", "priority")] == [
        0,
        1500,
        30000,
        32768,
    ]
