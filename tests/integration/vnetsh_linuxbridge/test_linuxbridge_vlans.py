"""VLANs of Linux bridges, and their tunnels of GRE, where this machine's kernel can: in a network of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
from bridge_ways import (
    ByCommand,
    apply,
    connection as connection,
    context as context,
    observed,
    own,
)
from conftest import ROOT
from own_network import bridged, ip, links, own_network as own_network

from vnetsh.backend import Connection
from vnetsh.hosts.bridge_vlans import read_vlans
from vnetsh.hosts.kernel import GRE, GRE_BY_IPV6, VLAN_FILTERING, abilities
from vnetsh.hosts.links import read_links
from vnetsh.hosts.local import LocalTransport
from vnetsh.testing.conformance import BackendConformance, Sample, Subject
from vnetsh.testing.fleet import (
    LocalContext,
    add,
    bridge,
    change,
    local_host,
    port,
    remove,
    tunnel,
)
from vnetsh_linuxbridge.backend import LinuxBridgeBackend
from vnetsh_linuxbridge.filtering import with_vlans
from vnetsh_linuxbridge.links import links_of
from vnetsh_linuxbridge.vlans import EVERY, vlans_of

ABLE = abilities(LocalTransport(local_host()), 10, None) if os.geteuid() == 0 else ()
"""What this machine's kernel can."""
pytestmark = pytest.mark.skipif(
    not ABLE, reason="a kernel that filters VLANs, or has tunnels of GRE, and root"
)
filters = pytest.mark.skipif(VLAN_FILTERING not in ABLE, reason="a kernel that filters VLANs")
carries_gre = pytest.mark.skipif(not {GRE, GRE_BY_IPV6} <= {*ABLE}, reason="a kernel with tunnels of GRE")

BR0, BR1 = bridge("br0", backend="linux"), bridge("br1", backend="linux")
VLANS = bridge("br0", backend="linux", **{"vlan-filtering": "yes"})
OF_VLANS = [
    Sample(
        "bridge that filters VLANs",
        [bridge("br0", backend="linux", uplink="nic0", **{"vlan-filtering": "yes"})],
        [],
        [{"vlan-filtering": None}, {"uplink": "nic1"}, {"uplink": None}],
    ),
    Sample("bridge that is to filter", [BR0], changes=[{"vlan-filtering": "yes", "uplink": "nic0"}]),
    Sample(
        "port of a VLAN",
        [port("nic1", "br0", type="system", vlan=10, static=("52:54:00:00:00:01",))],
        [VLANS],
        [{"vlan": None}, {"vlan": 20}, {"trunk": (20, 30, 31, 32)}, {"vlan": 1, "trunk": (4094,)}],
    ),
    Sample(
        "trunk",
        [port("nic1", "br0", type="system", trunk=tuple(range(2, 4095)), isolated="yes")],
        [VLANS],
        [{"trunk": None}, {"trunk": (7,)}, {"vlan": 5, "trunk": (7, 9)}],
    ),
    Sample(
        "tunnel of a bridge that filters VLANs",
        [tunnel("vx1", "br0", "192.0.2.2", type="vxlan", key=42)],
        [VLANS, BR1],
        [{"bridge": "br1"}, {"key": 43}],
    ),
]
OF_GRE = [
    Sample(
        "tunnel of GRE",
        [tunnel("gre1", "br0", "192.0.2.2", type="gre")],
        [BR0, BR1],
        [
            {"key": 2**32 - 1},
            {"local": "192.0.2.1", "remote": "192.0.2.3"},
            {"bridge": "br1", "isolated": "yes"},
            {"type": "vxlan", "key": 42},
        ],
    ),
    Sample(
        "tunnel of GRE over IPv6",
        [tunnel("gre1", "br0", "2001:db8::2", type="gre", key=7)],
        [BR0],
        [{"key": None}, {"remote": "192.0.2.2"}, {"local": "2001:db8::1"}],
    ),
]
SAMPLES = OF_VLANS * (VLAN_FILTERING in ABLE) + OF_GRE * ({GRE, GRE_BY_IPV6} <= {*ABLE})


class TestConformance(BackendConformance):
    @pytest.fixture
    def subject(self, context: LocalContext) -> Subject:
        (backend,) = context._backends.values()
        return Subject(backend, local_host(), context, SAMPLES, [], raw=links)


def sent(*frames: tuple[str, int | None]) -> Sequence[dict[str, list[int | None]]]:
    """Where each of these frames, sent into a device's other end with a VLAN or without, comes out, and with which."""
    ends = [f"nic{number}-peer" for number in range(3)]
    for end in ends:
        ip("link", "set", end, "up")
    said = json.dumps([[f"{name}-peer", vlan] for name, vlan in frames])
    argv = [sys.executable, ROOT / "tests" / "helpers" / "frames.py", ",".join(ends)]
    done = subprocess.run(argv, input=said, capture_output=True, text=True, timeout=30, check=True)
    return [
        {name.removesuffix("-peer"): vlans for name, vlans in json.loads(line).items()}
        for line in done.stdout.splitlines()
    ]


@filters
def test_frames_pass_where_they_should(connection: Connection) -> None:
    ports = {"nic0": {"vlan": 10}, "nic1": {"trunk": (10, 20)}, "nic2": {"vlan": 1, "trunk": (20,)}}
    made = [add(own(port(name, "br0", **said))) for name, said in ports.items()]
    apply(connection, add(own(VLANS)), *made)
    assert {
        n: {k: observed(connection)[f"port {n}"].get(k) for k in said} for n, said in ports.items()
    } == ports
    access, ten, untagged, twenty, native, thirty, tagged = sent(
        ("nic0", None), ("nic1", 10), ("nic1", None), ("nic1", 20), ("nic2", None), ("nic2", 30), ("nic0", 10)
    )
    assert access == {"nic1": [10]}
    assert ten == {"nic0": [None]}
    assert untagged == {}, "a trunk takes tagged frames only"
    assert twenty == {"nic2": [20]}
    assert native == {}, "nobody else takes what is untagged"
    assert thirty == {}
    assert tagged in ({}, {"nic1": [10]}), "it may come tagged with its own VLAN"
    before = links()
    apply(connection, change(own(port("nic1", "br0", trunk=(10, 20))), trunk=None))
    assert sent(("nic2", None), ("nic0", None)) == [{"nic1": [None]}, {}]
    apply(connection, change(own(port("nic1", "br0")), trunk=(10, 20)))
    assert links() == before
    plain = [change(own(port(name, "br0", **said)), **dict.fromkeys(said)) for name, said in ports.items()]
    off = change(own(VLANS), **{"vlan-filtering": None})
    apply(connection, off, *plain)
    assert sent(("nic0", 10)) == [{"nic1": [10], "nic2": [10]}]
    apply(connection, *[one.inverse() for one in (*reversed(plain), off)])
    assert links() == before


@filters
def test_its_uplink_and_tunnels_go_on_to_carry_all(connection: Connection) -> None:
    plain = bridge("br0", backend="linux", uplink="nic0")
    vx1 = tunnel("vx1", "br0", "192.0.2.2", type="vxlan", key=42)
    apply(connection, add(own(plain)), add(own(port("nic1", "br0"))), add(own(vx1)))
    before, untagged = links(), ("1 pvid untagged",)
    filtering = change(observed(connection)["bridge br0"], **{"vlan-filtering": "yes"})
    apply(connection, filtering)
    told = read_vlans("kvm1", LocalTransport(local_host()), 10)
    tables = {name: vlans_of(entries) for name, entries in told.items()}
    assert tables == {"br0": untagged, "nic0": EVERY, "nic1": untagged, "vx1": EVERY}
    exported = observed(connection)
    assert exported["bridge br0"].get("vlan-filtering") == "yes"
    assert not [*LinuxBridgeBackend().left_out(exported["tunnel vx1"])]
    apply(connection, filtering.inverse())
    assert links() == before


@filters
def test_vlans_of_others_are_seen_and_restored_whole(connection: Connection) -> None:
    ip("link", "add", "br0", "type", "bridge", "vlan_filtering", "1")
    for name in ("nic0", "nic1"):
        ip("link", "set", name, "master", "br0", "up")
    tables = (
        ("nic0", "5-9"),
        ("nic0", "12", "untagged"),
        ("nic1", "30", "pvid", "untagged"),
        ("br0", "30", "self"),
    )
    for name, vlans, *words in tables:
        bridged("vlan", "add", "dev", name, "vid", vlans, *words)
    bridged("vlan", "del", "dev", "nic1", "vid", "1")
    before, found = links(), observed(connection)
    assert found["bridge br0"].get("vlan-filtering") == "yes"
    assert (found["port nic1"].get("vlan"), found["port nic0"].get("trunk")) == (30, None)
    told = [
        *LinuxBridgeBackend().left_out(found["port nic0"]),
        *LinuxBridgeBackend().left_out(found["port nic1"]),
        *LinuxBridgeBackend().left_out(found["bridge br0"]),
    ]
    assert told == ["VLANs 1 pvid untagged, 5-9, 12 untagged", "VLANs 1 pvid untagged, 30"]
    gone = [remove(found[name]) for name in ("port nic0", "port nic1", "bridge br0")]
    apply(connection, *gone)
    assert "br0" not in observed(connection)
    apply(connection, *[one.inverse() for one in reversed(gone)])
    assert links() == before


@filters
@carries_gre
def test_both_ways_read_the_same() -> None:
    ip("link", "add", "br0", "type", "bridge", "vlan_filtering", "1", "vlan_default_pvid", "7")
    ip("link", "add", "br1", "type", "bridge", "vlan_protocol", "802.1ad")
    ip("link", "add", "br2", "type", "bridge", "vlan_filtering", "1")
    for name, master in (("nic0", "br0"), ("nic1", "br1"), ("nic2", "br2")):
        ip("link", "set", name, "master", master)
    bridged("vlan", "add", "dev", "nic2", "vid", "10-20")
    bridged("vlan", "add", "dev", "nic2", "vid", "30", "untagged", "pvid")
    bridged("vlan", "del", "dev", "br2", "vid", "1", "self")
    tunnels = {
        "g1": "gretap remote 192.0.2.2 local 192.0.2.1 key 42 ttl 64 csum",
        "g2": "gretap remote 192.0.2.3 ikey 1 okey 0.0.1.0 seq tos inherit",
        "g3": "gretap remote 192.0.2.4 ttl inherit nopmtudisc ignore-df dev nic1",
        "g4": "gretap external",
        "g5": "ip6gretap remote 2001:db8::2 local 2001:db8::1 key 7 encaplimit none ttl 9 tos 0x10",
        "g6": "ip6gretap remote 2001:db8::3 okey 7 flowlabel 0x12345",
    }
    for name, words in tunnels.items():
        ip("link", "add", "name", name, "type", *words.split())
        ip("link", "set", "dev", name, "master", "br2")
    ways = LocalTransport(local_host()), ByCommand(local_host())
    entries = [read_links("kvm1", way, 10) for way in ways]
    vlans = [read_vlans("kvm1", way, 10) for way in ways]
    by_netlink, by_ip = (
        with_vlans(links_of(some), some, told) for some, told in zip(entries, vlans, strict=True)
    )
    for name in ("br0", "br1", "br2", "nic0", "nic1", "nic2", *tunnels):
        assert by_netlink[name] == by_ip[name]
    assert by_ip["nic2"].vlans == ("1 untagged", "10-20", "30 pvid untagged")
    assert by_ip["br2"].vlans == ()
    assert [by_ip[name].odd for name in ("br0", "br1")] == [
        ("vlan_default_pvid 7",),
        ("vlan_protocol 802.1ad",),
    ]
    odd = {name: by_ip[name].encap.others for name in tunnels}
    assert not odd["g1"]
    assert not odd["g5"]
    assert all(odd[name] for name in ("g2", "g3", "g4", "g6")), odd
