"""Inventories for other tools."""

from __future__ import annotations

import yaml
from conftest import apply

from vnetsh.model import Resource
from vnetsh.session import Session
from vnetsh.testing.fleet import HOST, fleet_of, nic, vm
from vnetsh_inventories.inventories import inventory, text

FLEET = """
bridge lan on kvm1, kvm2
tunnel gre12 kvm1<->kvm2 on lan key 7
vm web-1 on kvm1 memory 512M {
    port lan vlan 10 mac 52:54:00:00:00:01
    cloudinit addresses 10.0.0.5/24
}
vm db on kvm2 port lan vlan 20
"""


def test_an_inventory_of_ansibles(demo: Session) -> None:
    apply(demo, FLEET)
    groups = yaml.safe_load(yaml.safe_dump(inventory("ansible-inventory", demo.observe())))["all"]["children"]
    assert groups["hypervisors"]["hosts"]["kvm1"] == {"ansible_host": "192.0.2.1"}
    web = groups["vms"]["hosts"]["web-1"]
    assert (web["ansible_host"], web["vnetsh_host"], web["vnetsh_state"]) == ("10.0.0.5", "kvm1", "running")
    assert web["vnetsh_macs"] == ["52:54:00:00:00:01"]
    assert "ansible_host" not in groups["vms"]["hosts"]["db"]
    assert {name: [*group["hosts"]] for name, group in groups.items() if name not in ("vms", "hypervisors")} == {
        "on_kvm1": ["web-1"], "on_kvm2": ["db"], "vlan_10": ["web-1"], "vlan_20": ["db"],
    }  # fmt: skip


def test_a_topology_of_containerlabs(demo: Session) -> None:
    apply(demo, FLEET)
    topology = inventory("containerlab", demo.observe())["topology"]
    assert topology["nodes"]["kvm1-lan"] == {"kind": "ovs-bridge"}
    assert topology["nodes"]["web-1"]["kind"] == "linux"
    ends = [link["endpoints"] for link in topology["links"]]
    assert ["web-1:eth1", "kvm1-lan:web-1_port1"] in ends
    assert sorted(["kvm1-lan:gre12", "kvm2-lan:gre12"]) in [sorted(pair) for pair in ends]
    known = {end.partition(":")[0] for pair in ends for end in pair}
    assert known <= topology["nodes"].keys()


def test_names_that_are_programs_to_ansible_are_left_out_and_said() -> None:
    names = ("web", "{{ lookup('pipe', 'id') }}", "a[1:1000000]", "x\n- hosts: all", "-rm")
    fleet = fleet_of(
        *(vm(name) for name in names),
        nic("p", "lan", "web"),
        Resource(
            "cloudinit", "web/cloudinit", HOST, {"addresses": ("{{ 1 }}", "10.0.0.5/24")}, ("vm", "web")
        ),
    )
    said = text("ansible-inventory", fleet)
    hosts = yaml.safe_load(said)["all"]["children"]["vms"]["hosts"]
    assert list(hosts) == ["web"]
    assert hosts["web"]["ansible_host"] == "10.0.0.5"
    assert said.count("# left out: vm ") == len(names) - 1
    assert all(line.startswith(("#", "all:", " ")) for line in said.splitlines())
    assert "{{" not in "".join(line for line in said.splitlines() if not line.startswith("#"))
