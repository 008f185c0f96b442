"""`why` on four real hosts: what is planted is named, and mended by what it says; what is whole arrives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator, on
from why_planted import Network, planted

from vnetsh_lab import running

pytestmark = pytest.mark.lab

WHOLE = (("p1", "z4"), ("x2", "y2"), ("u1", "u4"))
FEW = (
    "it leads to another host",
    "a flow against ARP",
    "an uplink removed",
    "an address learned elsewhere",
)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with running(hosts=4) as lab:
        yield Network(LabOperator.of(lab, Path(tmp_path_factory.mktemp("why"))), vms=False)


def test_what_is_whole_arrives(network: Network) -> None:
    for way in WHOLE:
        found = network.why(way)
        assert (found["code"], found["arrives"], found["stops"], found["notes"]) == (0, True, None, [])
    [*_, last] = network.why(("p2", "kvm3/lan"))["hops"]
    assert (last["kind"], last["host"]) == ("bridge", "kvm3")


def test_what_is_planted_is_named_and_mended(network: Network) -> None:
    assert not planted(network, FEW, seed=5)


def test_a_vm_whose_link_is_off(network: Network) -> None:
    network.operator.good("--yes", "-c", "vm v9 on kvm1 memory 64M port lan name v9n vlan 10")
    assert network.why(("p2", "v9"))["arrives"]
    on(network.operator.lab, "kvm1", "virsh", "domif-setlink", "v9", "v9n", "down")
    stop = network.why(("p2", "v9"))["stops"]
    assert (stop["kind"], stop["name"], stop["by"]) == ("port", "v9n", "sentence")
    network.operator.good("--yes", "-c", stop["mend"])
    assert network.why(("v9", "p2"))["arrives"]
    network.operator.on("kvm1", "ovs-vsctl del-port v9n")
    stop = network.why(("p2", "v9"))["stops"]
    assert (stop["name"], stop["mend"]) == ("v9n", "vm v9 port lan name v9n vlan 10")
    network.operator.on("kvm1", "virsh destroy v9")
    stop = network.why(("p2", "v9"))["stops"]
    assert (stop["kind"], stop["mend"]) == ("vm", "start v9")
    network.operator.good("--yes", "--max-impact", "destroy", "-c", "delete vm v9")


def test_a_switch_that_is_gone(network: Network) -> None:
    from vnetsh_lab.daemons import start_daemons

    pid = "$(cat /run/openvswitch/ovs-vswitchd.pid)"
    network.operator.on("kvm3", f"pid={pid}; kill $pid; while kill -0 $pid; do sleep 0.05; done 2>/dev/null")
    try:
        stop = network.why(("p1", "p3"))["stops"]
        assert (stop["kind"], stop["name"], stop["by"]) == ("host", "kvm3", "command")
    finally:
        start_daemons(network.operator.lab.inside("kvm3"))
