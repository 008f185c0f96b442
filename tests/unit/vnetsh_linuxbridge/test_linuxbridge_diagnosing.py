"""Bridges of others that would be gone after a reboot: told by whether any file that is read then names them."""

from __future__ import annotations

from typing import Any

import pytest

from vnetsh.model import Fleet, Host, Resource, Severity
from vnetsh_linuxbridge.declared import declared
from vnetsh_linuxbridge.diagnosing import not_lasting, not_said, not_there
from vnetsh_linuxbridge.links import BRIDGE, Link


def entry(name: str, *addresses: str, **more: object) -> dict[str, Any]:
    return {"ifname": name, "addr_info": [{"family": "inet", "local": one, **more} for one in addresses]}


def found(files: str, *entries: dict[str, Any], alias: str = "") -> list[str]:
    links = {one["ifname"]: Link(one["ifname"], BRIDGE, alias=alias) for one in entries}
    told = list(not_lasting("kvm1", entries, links, [files]))
    assert all(one.severity is Severity.WARNING and one.advice for one in told)
    return [f"{one.at[2]}: {one.says}" for one in told]


def test_a_bridge_that_no_file_names() -> None:
    (said,) = found("iface br0 inet static", entry("br0"), entry("br1"))
    assert said.startswith("br1: nothing speaks of it")


def test_a_name_within_another_one_is_none() -> None:
    files = "auto br10\niface br1.5 inet manual\npost-up ip link set br-1 up"
    assert len(found(files, entry("br1"), entry("br"), entry("1"))) == 3
    assert found(files, entry("br10"), entry("br1.5")) == []


def test_an_address_that_no_file_has() -> None:
    files = "br0: {addresses: [10.0.0.1/24]}"
    (said,) = found(files, entry("br0", "10.0.0.1", "10.0.0.9"))
    assert said.startswith("br0: nothing that its host reads at its start has its address 10.0.0.9")


def test_a_lease_and_what_programs_or_vnetsh_make_are_no_matter() -> None:
    assert found("br0", entry("br0", "10.0.0.9", dynamic=True)) == []
    assert found("", entry("docker0", "172.17.0.1"), entry("br-0123456789ab")) == []
    assert found("", entry("br0"), alias="vnetsh") == []


FLEET = Fleet(
    {"kvm1": Host("kvm1")},
    {
        one.key: one
        for one in (
            Resource("port", "mgmt", "kvm1", {}, backend="ovs"),
            Resource("port", "ours", "kvm1", {}, backend="ovs"),
            Resource("address", "ours", "kvm1", {"addresses": ("10.0.0.3/24",)}, backend="host"),
        )
    },
)


def kind(info_kind: str, one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "linkinfo": {"info_kind": info_kind}}


def test_what_runs_and_is_in_no_file() -> None:
    entries = [
        kind("vlan", entry("eth0.5", "10.0.5.1")),
        kind("vlan", entry("eth0.6", "10.0.6.1")),
        kind("bond", entry("bond0")),
        kind("openvswitch", entry("mgmt", "10.0.0.2")),
        kind("openvswitch", entry("ours", "10.0.0.3")),
        kind("tun", entry("tun0", "10.8.0.1")),  # a program's
        entry("eth0", "192.0.2.9"),  # by DHCP, or by what has started the host
    ]
    told = {
        f"{one.at[0]} {one.at[2]}": one.says for one in not_said("kvm1", entries, FLEET, ["eth0.6 bond1"])
    }
    assert {*told} == {"vlan eth0.5", "vlan eth0.6", "bond bond0", "port mgmt"}
    assert told["vlan eth0.5"].startswith("nothing speaks of it")
    assert "its address 10.0.6.1" in told["vlan eth0.6"]


_MANAGER = "/etc/NetworkManager/system-connections"
FILES = {
    "/etc/network/interfaces": (
        "auto br0 bond0\niface br0 inet static\n  address 10.0.0.1/24\n  bridge-ports none\n"
        "iface bond0 inet manual\n  bond-slaves eth1 eth2\niface br9 inet manual\n  bridge_ports none\n"
        "allow-hotplug eth0\niface eth0 inet dhcp\nauto eth0.7\niface eth0.7 inet manual\n"
    ),
    "/etc/network/interfaces.d/vnetsh-linux": "auto ours\niface ours inet manual\n bridge-ports none\n",
    "/etc/netplan/a.yaml": (
        "network:\n  bridges:\n    br1: {addresses: [10.0.1.1/24, '2001:db8::01/64': {label: x}]}\n"
        "  vlans: {v5: {id: 5, link: eth0}}\n  bonds: {bond1: {activation-mode: manual}}\n"
        "  ethernets: {all: {match: {name: 'en*'}, addresses: [10.0.9.9/24]}}\n"
    ),
    "/etc/netplan/b.yaml": "network: [: no YAML",
    "/etc/netplan/c.yaml": "",
    "/etc/systemd/network/a.netdev": "[NetDev]\nName=br2\nKind=bridge\n",
    "/etc/systemd/network/b.netdev": "[NetDev]\nName=wg0\nKind=wireguard\n",
    "/etc/systemd/network/a.network": (
        "[Match]\nName=eth3\n[Network]\nAddress=10.0.3.1/24\n[Address]\nAddress=10.0.3.2/24"
    ),
    "/etc/systemd/network/b.network": "[Match]\nName=en*\n[Network]\nAddress=10.0.4.1/24\n",
    f"{_MANAGER}/a b.nmconnection": (
        "[connection]\nid=x\ntype=bond\ninterface-name=bond2\n[ipv4]\naddress1=10.0.5.1/24,10.0.5.254\n"
    ),
    f"{_MANAGER}/b.nmconnection": "[connection]\ntype=bridge\ninterface-name=br8\nautoconnect=false\n",
    f"{_MANAGER}/c.nmconnection": "no INI",
    "/etc/sysconfig/network-scripts/ifcfg-br3": 'DEVICE="br3"\nTYPE=Bridge\nIPADDR=10.0.6.1\n',
    "/etc/sysconfig/network/ifcfg-vlan4": "ETHERDEVICE='eth0'\nSTARTMODE='auto'\n",
    "/etc/sysconfig/network/ifcfg-br7": "BRIDGE='yes'\nSTARTMODE='off'\n",
    "/etc/rc.local": "ip link add br6 type bridge",
}


def test_what_files_of_all_systems_say() -> None:
    told = {one.name: (one.kind, one.addresses) for one in declared(FILES)}
    assert told == {
        "br0": ("bridge", {"10.0.0.1"}),
        "bond0": ("bond", set()),
        "eth0": ("", set()),
        "eth0.7": ("vlan", set()),
        "br1": ("bridge", {"10.0.1.1", "2001:db8::1"}),
        "v5": ("vlan", set()),
        "br2": ("bridge", set()),
        "eth3": ("", {"10.0.3.1", "10.0.3.2"}),
        "bond2": ("bond", {"10.0.5.1"}),
        "br3": ("bridge", {"10.0.6.1"}),
        "vlan4": ("vlan", set()),
    }


def test_what_only_files_know() -> None:
    files = {**FILES, "/run/netplan/z.yaml": FILES["/etc/netplan/a.yaml"]}
    entries = [entry("br0"), entry("br1", "10.0.1.1", "2001:db8::1"), entry("eth3", "10.0.3.1", "10.0.3.2")]
    first, *others = not_there("kvm1", entries, files)
    assert first.at == ("bridge", "kvm1", "br0")
    assert "gives it 10.0.0.1" in first.says
    assert [one.at[2] for one in others] == ["bond0", "eth0.7", "v5", "br2", "bond2", "br3", "vlan4"]


@pytest.mark.parametrize("name", ["a b", "en*", "", "x" * 16, "a/b"])
def test_a_name_that_no_device_has(name: str) -> None:
    files = {"/etc/systemd/network/a.netdev": f"[NetDev]\nName={name}\nKind=bridge"}
    assert not list(declared(files))
