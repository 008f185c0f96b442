"""What a tunnel's datapath would not do, on a host whose Open vSwitch runs in userspace, and on one in the kernel."""

from __future__ import annotations

import pytest

from vnetsh.model import Change, Fleet, Host, Resource
from vnetsh.model.change import ActionKind
from vnetsh_ovs.backend import OvsBackend
from vnetsh_ovs.observing import OvsFacts

ADDRESSES = {
    "under": ["192.0.2.1/24", "2001:db8::1/64"],
    "eth1": ["198.51.100.1/24"],
    "inside": ["198.51.100.2/24"],
    "other": ["198.51.100.3/24"],
    "fake": ["198.51.100.4/24"],
    "linux": ["198.51.100.5/24"],
}
OURS = ("192.0.2.1", "2001:db8::1", "198.51.100.2", "198.51.100.4", "203.0.113.9")
"""Addresses that userspace takes tunnels at, and one of which nobody knows where it is."""


def bridge(name: str, datapath: str, host: str = "kvm1") -> Resource:
    row = {"name": name, "datapath_type": datapath}
    return Resource("bridge", name, host, {}, backend="ovs", record={"Bridge": {"u": row}})


def problem(end: str, bridge_of_it: str = "br1", datapath: str = "netdev", **said: str) -> str:
    """The code that refuses a new tunnel whose host has this address for tunnels; empty where nothing does."""
    attributes = {"datapath": datapath, "tunnel-address": end}
    hosts = {"kvm1": Host("kvm1", "192.0.2.1", attributes=attributes), "kvm2": Host("kvm2", "192.0.2.2")}
    there = [
        bridge("under", "netdev"),
        bridge("br1", "netdev"),
        bridge("kernel", "system"),
        bridge("other", "system"),
        Resource(
            "bridge", "fake", "kvm1", {"parent": "under", "vlan": 5}, backend="ovs", record={"Port": {}}
        ),
        Resource("bridge", "linux", "kvm1", {"backend": "linux"}, backend="linux"),
        Resource(
            "port", "inside", "kvm1", {"bridge": "under", "type": "internal"}, ("bridge", "under"), "ovs"
        ),
    ]
    fleet = Fleet(
        hosts, {r.key: r for r in there}, {("kvm1", "ovs"): OvsFacts(addresses=ADDRESSES, whole=True)}
    )
    values = {"bridge": bridge_of_it, "remote": "192.0.2.2", "type": "gre", "local": end, **said}
    change = Change(ActionKind.ADD, None, Resource("tunnel", "t", "kvm1", values, backend="ovs"))
    found, foreseen = OvsBackend().assess(change, fleet), OvsBackend().foresee(change, fleet)
    wrong = found.problem or foreseen.problem
    return wrong.code if wrong else found.how


@pytest.mark.parametrize("end", OURS)
@pytest.mark.parametrize("of", ["br1", "new"])
def test_in_userspace_tunnels_end_at_the_switchs_own_addresses(end: str, of: str) -> None:
    assert problem(end, of) == ""


@pytest.mark.parametrize("end", ["198.51.100.1", "198.51.100.3", "198.51.100.5"])
def test_in_userspace_nothing_comes_by_other_links(end: str) -> None:
    assert [problem(end), problem(end, "new")] == ["E493", "E493"]
    assert problem(end, "kernel") == ""
    assert problem(end, "new", datapath="system") == ""


@pytest.mark.parametrize(
    ("of", "type", "csum", "code"),
    [
        ("br1", "vxlan", "no", "E494"),
        ("br1", "geneve", "no", "E494"),
        ("br1", "gre", "no", ""),
        ("br1", "vxlan", "yes", ""),
        ("kernel", "vxlan", "no", ""),
    ],
)
def test_udp_over_ipv6_has_checksums(of: str, type: str, csum: str, code: str) -> None:
    assert problem("2001:db8::1", of, remote="2001:db8::2", type=type, csum=csum) == code


@pytest.mark.parametrize(
    ("of", "said", "code"),
    [("br1", {}, "E495"), ("kernel", {}, ""), ("kernel", {"udp-port": "4790"}, "E495")],
)
def test_what_would_go_in_the_clear_is_refused(of: str, said: dict[str, str], code: str) -> None:
    assert problem("192.0.2.1", of, type="vxlan", encrypted="yes", **said) == code


def test_ports_end_nowhere() -> None:
    hosts = {"kvm1": Host("kvm1", "198.51.100.1", attributes={"datapath": "netdev"})}
    fleet = Fleet(hosts, {}, {("kvm1", "ovs"): OvsFacts(addresses=ADDRESSES, whole=True)})
    port = Resource("port", "p", "kvm1", {"bridge": "br1", "type": "internal"}, ("bridge", "br1"), "ovs")
    assert OvsBackend().assess(Change(ActionKind.ADD, None, port), fleet).problem is None


def test_the_plan_says_where_pieces_would_be_lost() -> None:
    assert problem("192.0.2.1", df="no") == ""  # of kvm2 nobody says that it runs in userspace
    assert problem("192.0.2.1", df="no", remote="192.0.2.1").startswith("kvm1 takes no fragments")
