"""A mesh on four real hosts: each broadcast comes exactly once to each port, and never twice, whatever is done."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from counting import Counted, counted_at, inside
from in_lab import LabOperator
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.daemons import start_daemons
from vnetsh_lab.lab import Lab

pytestmark = pytest.mark.lab

HOSTS = ("kvm1", "kvm2", "kvm3", "kvm4")
PORTS = "for i in 1..4 { bridge br5 on kvm$i { port p$i type internal } }"
MESH = "mesh overlay {} on br5 type vxlan key 42"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=4) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("mesh")))
        found.good("-c", f"{PORTS}\n{MESH.format('kvm[1-3]')}")
        for number, host in enumerate(HOSTS, 1):
            found.on(host, f"ip link set p{number} up")
        yield found


def counted(lab: Lab, name: str, hosts: Sequence[str] = HOSTS) -> AbstractContextManager[Counted]:
    """Count the frames of a name at the ports of hosts meanwhile."""
    return counted_at(lab, name, {host: f"p{HOSTS.index(host) + 1}" for host in hosts})


def heard(operator: LabOperator, hosts: Sequence[str]) -> None:
    """Send from all hosts until each hears all others: the first packets wait for the tunnels' neighbours."""
    for left in reversed(range(20)):
        with counted(operator.lab, "warm", hosts) as found:
            senders = [
                inside(operator.lab, host, "send", f"p{HOSTS.index(host) + 1}", "warm", "5", "0.01")
                for host in hosts
            ]
            assert [sender.wait(20) for sender in senders] == [0] * len(hosts)
        if all(found.times(host) == {len(hosts) - 1: 5} for host in hosts):
            return
        assert left, found.by_host


def test_each_broadcast_comes_exactly_once(operator: LabOperator) -> None:
    heard(operator, HOSTS[:3])
    for sender in HOSTS[:3]:
        name = f"from{sender}"
        with counted(operator.lab, name) as found:
            port = f"p{HOSTS.index(sender) + 1}"
            assert inside(operator.lab, sender, "send", port, name, "1000", "0.002").wait(60) == 0
        for host in HOSTS[:3]:
            wanted = {1: 1000} if host != sender else {}
            assert found.times(host) == wanted, f"{sender} to {host}"
        assert not found.by_host["kvm4"]


def test_never_twice_while_a_host_is_added_and_vswitchd_starts_anew(operator: LabOperator) -> None:
    lab = operator.lab
    with counted(lab, "long") as found:
        sender = inside(lab, "kvm1", "send", "p1", "long", "100000", "0.005")
        assert "done: " in operator.good("-c", MESH.format("kvm[1-4]"))
        pid = "$(cat /run/openvswitch/ovs-vswitchd.pid)"
        operator.on("kvm2", f"pid={pid}; kill $pid; while kill -0 $pid; do sleep 0.1; done 2>/dev/null")
        start_daemons(lab.inside("kvm2"))
        time.sleep(2)
        sender.communicate()
        assert sender.returncode == 0
    assert set(found.times("kvm3")) == {1}
    for host in ("kvm2", "kvm3", "kvm4"):
        assert found.by_host[host], host
        assert set(found.times(host)) == {1}, found.times(host)
    heard(operator, HOSTS)
    assert operator.good("-o", "json", "show", "meshes").count('"error": null') == 4
    assert "no changes" in operator.good("-c", MESH.format("kvm[1-4]"))


def test_a_mesh_is_exported_said_and_taken_apart(operator: LabOperator) -> None:
    said = operator.good("export", "meshes", "tunnels")
    assert said.strip() == "mesh overlay kvm1, kvm2, kvm3, kvm4 on br5 type vxlan key 42 bfd yes"
    operator.good("--yes", "-c", MESH.format("kvm1, kvm2, kvm4"))
    assert operator.on("kvm3", "ovs-vsctl list-ports br5") == "p3"
    heard(operator, ("kvm1", "kvm2", "kvm4"))
    operator.good("--yes", "undo")
    heard(operator, HOSTS)
    assert operator.good("export", "meshes") == said


def test_a_hub_and_back(operator: LabOperator) -> None:
    hub = f"{MESH.format('kvm[1-4]')} hub kvm1"
    with counted(operator.lab, "hub", HOSTS[1:]) as found:
        sender = inside(operator.lab, "kvm2", "send", "p2", "hub", "100000", "0.01")
        operator.good("--yes", "-c", hub)
        operator.good("--yes", "-c", f"{MESH.format('kvm[1-4]')} hub none")
        sender.communicate()
        assert sender.returncode == 0
    for host in ("kvm3", "kvm4"):
        times = found.times(host)
        # The hosts change at the same time, not as one: a frame on its way then may come by both ways.
        assert set(times) <= {1, 2}, f"{host}: {times}"
        assert times[2] <= 0.02 * times[1], f"{host}: {times}"
    heard(operator, HOSTS)


def test_an_uplink_at_one_of_its_bridges(operator: LabOperator) -> None:
    operator.good("-c", MESH.format("kvm[1-4]"))
    heard(operator, HOSTS)
    operator.on("kvm1", "ip link add u1 type veth peer name out1; ip link set u1 up; ip link set out1 up")
    operator.good("--yes", "-c", "bridge br5 on kvm1 uplink u1")
    with counted(operator.lab, "up", HOSTS) as found, counted(operator.lab, "out", HOSTS) as also:
        assert inside(operator.lab, "kvm3", "send", "p3", "up", "200", "0.005").wait(20) == 0
        assert inside(operator.lab, "kvm1", "send", "out1", "out", "200", "0.005").wait(20) == 0
    assert [found.times(host) for host in HOSTS] == [{1: 200}, {1: 200}, {}, {1: 200}]
    assert [also.times(host) for host in HOSTS] == [{1: 200} for _ in HOSTS], also.by_host
    operator.on("kvm2", "ip link add u2 type veth peer name out2")
    plan = operator("plan", "-c", "bridge br5 on kvm2 uplink u2")
    assert "perhaps a loop" in plan.stdout


def test_a_host_that_does_not_answer_is_seen(operator: LabOperator) -> None:
    stop = "kill -{} $(cat /run/openvswitch/ovs-vswitchd.pid)"

    def errors() -> list[object]:
        return [mesh["error"] for mesh in json.loads(operator.good("-o", "json", "show", "meshes"))]

    assert errors() == [None] * 4
    operator.on("kvm3", stop.format("STOP"))
    try:
        silent = "kvm3 does not answer"
        assert eventually(lambda: [errors()[number] for number in (0, 1, 3)] == [silent] * 3)
    finally:
        operator.on("kvm3", stop.format("CONT"))
    assert eventually(lambda: errors() == [None] * 4)


def test_an_end_that_does_not_answer_is_said_when_a_run_ends(operator: LabOperator) -> None:
    tunnel = "tunnel far kvm1<->kvm2 on br7 type vxlan key {}"
    said = operator.good("-c", f"bridge br7 on kvm1, kvm2\n{tunnel.format(7)} bfd yes")
    assert "does not answer" not in said
    operator.on("kvm2", "ovs-vsctl set interface far bfd:enable=false")
    state = "ovs-vsctl get interface far bfd_status:state"
    assert eventually(lambda: operator.on("kvm1", state) == "down", 10)
    said = operator.good("--yes", "-c", tunnel.format(8))
    assert "kvm1: tunnel far to 10.77.0.2: its other end does not answer (BFD)" in said
    operator.good("--yes", "-c", "delete bridge br7 on kvm1, kvm2")


def test_what_others_took_away_is_seen(operator: LabOperator) -> None:
    operator.on(
        "kvm2", "ovs-vsctl del-port $(ovs-vsctl --bare --columns=name find interface type=vxlan | head -1)"
    )
    meshes = json.loads(operator.good("-o", "json", "show", "meshes"))
    assert any("kvm2 has no tunnel to " in str(mesh["error"]) for mesh in meshes)
    assert "+ tunnel" in operator.good("plan", "-c", MESH.format("kvm[1-4]"))
    operator.good("-c", MESH.format("kvm[1-4]"))
    heard(operator, HOSTS)


def test_a_tunnel_that_others_made_becomes_a_part_and_is_as_before_after_an_undo(
    operator: LabOperator,
) -> None:
    port, interface = "name,protected,external_ids,tag", "name,options,bfd,type"
    lists = f"ovs-vsctl --columns={port} list port; ovs-vsctl --columns={interface} list interface"
    rows = f"({lists}) | paste -sd ' ' | sed 's/  /\\n/g' | sort"
    for here, there in (("kvm1", "10.77.0.2"), ("kvm2", "10.77.0.1")):
        to = f"type=gre options:remote_ip={there} options:key=0x9"
        operator.on(here, "ovs-vsctl add-br br6 -- set bridge br6 datapath_type=netdev")
        operator.on(here, f"ovs-vsctl add-port br6 hand -- set interface hand {to}")
    before = [operator.on(host, rows) for host in HOSTS]
    done = operator.good("--yes", "-c", "mesh second kvm[1-3] on br6 key 9")
    assert "hand" in done
    names = operator.on("kvm1", "ovs-vsctl list-ports br6").split()
    assert len(names) == 2
    assert operator.on("kvm1", "ovs-vsctl get port hand protected") == "true"
    assert "mesh second kvm1, kvm2, kvm3 on br6 type gre key 9 bfd yes" in operator.good("export", "meshes")
    operator.good("--yes", "undo")
    assert [operator.on(host, rows) for host in HOSTS] == before
