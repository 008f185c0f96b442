"""Linux bridges in a network namespace of the test's own: by netlink, and by `ip` as over ssh."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from bridge_ways import (
    ByCommand,
    CommandContext,
    apply,
    connection as connection,
    context as context,
    observed,
    own,
)
from conftest import ROOT, Run
from own_network import ip, links, own_network as own_network
from waiting import eventually

from vnetsh.backend import ApplyFailed, Connection
from vnetsh.diagnostics import Source
from vnetsh.errors import ServiceAbsent, VerificationFailed
from vnetsh.export.exporting import export
from vnetsh.hosts.links import Entry, kinds_of, read_links
from vnetsh.hosts.local import LocalTransport
from vnetsh.hosts.transport import Completed
from vnetsh.hosts.vxlans import OWN, read_forwarding
from vnetsh.model.change import Impact
from vnetsh.registry import load_plugins
from vnetsh.registry.entrypoints import entry_points
from vnetsh.session import Session
from vnetsh.testing.conformance import BackendConformance, Sample, Subject
from vnetsh.testing.fleet import (
    LocalContext,
    add,
    bridge,
    change,
    fleet_of,
    local_host,
    no_progress,
    port,
    remove,
    tunnel,
)
from vnetsh_linuxbridge import fields
from vnetsh_linuxbridge.backend import LinuxBridgeBackend
from vnetsh_linuxbridge.facts import KernelFacts
from vnetsh_linuxbridge.links import links_of

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")


BR0, BR1 = bridge("br0", backend="linux"), bridge("br1", backend="linux")
SAMPLES = [
    Sample("bridge", [BR0], changes=[{"uplink": "nic0"}, {"mtu": 1400}, {"mtu": 9000, "uplink": "nic0"}]),
    Sample(
        "bridge with an MTU",
        [bridge("br0", backend="linux", mtu=1400)],
        changes=[{"mtu": 9000}, {"mtu": None}, {"uplink": "nic0"}],
    ),
    Sample(
        "bridge with uplink",
        [bridge("br0", backend="linux", uplink="nic0")],
        changes=[{"uplink": None}, {"uplink": "nic1"}],
    ),
    Sample("port", [port("nic1", "br0", type="system")], [BR0]),
    Sample("bridge with ports", [BR0, port("nic1", "br0"), port("nic2", "br0")]),
    Sample(
        "spanning tree",
        [bridge("br0", backend="linux", stp="yes", priority=4096)],
        [],
        [
            {"stp": None},
            {"priority": None, "forward-delay": 4},
            {"stp": None, "forward-delay": 0},
            {"ageing": 0},
        ],
    ),
    Sample("ageing", [bridge("br0", backend="linux", ageing=20)], changes=[{"ageing": None}, {"stp": "yes"}]),
    Sample(
        "isolated port", [port("nic1", "br0", type="system", isolated="yes")], [BR0], [{"isolated": None}]
    ),
    Sample(
        "static addresses",
        [port("nic1", "br0", type="system", static=("52:54:00:00:00:01", "52:54:00:00:00:02"))],
        [BR0],
        [{"static": None}, {"static": ("52:54:00:00:00:02", "52:54:00:00:00:03")}],
    ),
    Sample(
        "tunnel",
        [tunnel("vx1", "br0", "192.0.2.2", type="vxlan", key=42)],
        [BR0, bridge("br1", backend="linux", mtu=9000)],
        [
            {"remote": "192.0.2.3"},
            {"local": "192.0.2.1"},
            {"key": 43},
            {"bridge": "br1"},
            {"isolated": "yes"},
            {"remote": "2001:db8::2"},
        ],
    ),
    Sample(
        "tunnels of a mesh",
        [
            tunnel(
                "m_1_2", "br0", "192.0.2.2", type="vxlan", key=42, isolated="yes", mesh="a.mesh-of_many.hosts"
            ),
            tunnel(
                "m_1_3", "br0", "192.0.2.3", type="vxlan", key=42, isolated="yes", mesh="a.mesh-of_many.hosts"
            ),
        ],
        [BR0, bridge("br1", backend="linux")],
        [{"remote": "192.0.2.4"}],
    ),
    Sample(
        "a mesh of one tunnel",
        [tunnel("m_1_2", "br0", "2001:db8::2", type="vxlan", key=42, isolated="yes", mesh="m")],
        [BR0, bridge("br1", backend="linux")],
        [
            {"remote": "2001:db8::3"},
            {"key": 43},
            {"bridge": "br1"},
            {"mesh": None},
            {"mesh": None, "isolated": None},
        ],
    ),
    Sample(
        "a tunnel that joins a mesh",
        [tunnel("vx1", "br0", "192.0.2.2", type="vxlan", key=42)],
        [BR0],
        [{"isolated": "yes", "mesh": "m"}],
    ),
    Sample(
        "tunnel of a new bridge",
        [bridge("br0", backend="linux", mtu=8000), tunnel("vx1", "br0", "2001:db8::2", type="vxlan", key=0)],
    ),
]
IMPOSSIBLE = [
    Sample("no such device", [BR0, port("nosuch0", "br0")]),
    Sample("no such uplink", [bridge("br0", uplink="nosuch0")]),
    Sample("name taken", [bridge("br1"), bridge("nic1")]),
    Sample("a tunnel's name taken", [BR0, tunnel("nic1", "br0", "192.0.2.2", type="vxlan", key=42)]),
    # The wanted links are in order: only the kernel knows, after it has made both bridges and taken one port in.
    Sample("a bridge in a bridge", [bridge("br1"), bridge("br2"), port("nic1", "br1"), port("br2", "br1")]),
]


class TestConformance(BackendConformance):
    @pytest.fixture
    def subject(self, context: LocalContext) -> Subject:
        (backend,) = context._backends.values()
        return Subject(backend, local_host(), context, SAMPLES, IMPOSSIBLE, raw=links)


def bridge_fdb(*arguments: str) -> None:
    subprocess.run(["bridge", "fdb", *arguments], check=True, timeout=10)


def test_what_somebody_else_made_is_restored_whole(connection: Connection) -> None:
    ip("link", "add", "br0", "address", "52:54:00:aa:bb:cc", "type", "bridge")
    ip(
        "link",
        "set",
        "br0",
        "type",
        "bridge",
        "stp_state",
        "1",
        "ageing_time",
        "12300",
        "group_fwd_mask",
        "0x4000",
    )
    ip("link", "set", "nic0", "alias", "uplink to the core, rack 3", "up", "master", "br0")
    ip("link", "set", "nic0", "type", "bridge_slave", "hairpin", "on", "isolated", "on", "learning", "off")
    ip("link", "set", "nic1", "master", "br0")
    ip("link", "set", "br0", "mtu", "1400")
    before = links()
    resources = observed(connection)
    assert not any(r.marked for r in resources.values())
    removals = [remove(resources[name]) for name in ("port nic0", "port nic1", "bridge br0")]
    apply(connection, *removals)
    assert observed(connection) == {}
    apply(connection, *[r.inverse() for r in reversed(removals)])
    assert links() == before
    assert "52:54:00:aa:bb:cc" in ip("link", "show", "br0")


def test_tunnels_that_somebody_else_made_are_seen_and_restored_whole(connection: Connection) -> None:
    ip("link", "add", "br0", "type", "bridge", "priority", "7")
    simple = "vxlan id 42 remote 192.0.2.2 local 192.0.2.1 dstport 8472 ttl 9 tos 4 learning"
    for name, words in (
        ("simple", simple),
        ("plain", "vxlan id 43 remote 2001:db8::2 dstport 4789 nolearning ttl inherit tos inherit"),
        ("listed", "vxlan id 44 dstport 4789"),
        ("odd", "vxlan id 45 remote 192.0.2.2 dstport 4789 df set ageing 60 srcport 5000 6000 proxy"),
        ("alone", "vxlan id 46 remote 192.0.2.2 dstport 4789"),
    ):
        ip("link", "add", name, "type", *words.split())
    bridge_fdb("append", "00:00:00:00:00:00", "dev", "listed", "dst", "192.0.2.2")
    bridge_fdb("append", "00:00:00:00:00:00", "dev", "listed", "dst", "192.0.2.3")
    for name in ("simple", "plain", "listed", "odd"):
        ip("link", "set", name, "master", "br0")
    before, found = links(), observed(connection)
    assert set(found) == {"bridge br0", "tunnel simple", "tunnel plain", "tunnel listed", "tunnel odd"}
    assert dict(found["tunnel simple"].attributes) == {
        "bridge": "br0", "type": "vxlan", "key": 42, "remote": "192.0.2.2", "local": "192.0.2.1",
        "udp-port": 8472, "link": "down",
    }  # fmt: skip
    assert (found["tunnel listed"].get("remote"), found["bridge br0"].get("priority")) == (None, 7)
    unsaid = {name: LinuxBridgeBackend().left_out(one) for name, one in found.items()}
    assert unsaid == {
        "bridge br0": [],
        "tunnel simple": ["tunnel options: port 8472, ttl 9, tos 0x4"],
        "tunnel plain": ["tunnel options: ttl inherit, tos 0x1"],
        "tunnel listed": ["tunnel options: flooding to 192.0.2.2, flooding to 192.0.2.3"],
        "tunnel odd": ["tunnel options: ageing, df, port_range, proxy"],
    }
    removals = [remove(found[name]) for name in ("tunnel simple", "tunnel plain")]
    apply(connection, *removals)
    apply(connection, *[removal.inverse() for removal in reversed(removals)])
    assert links() == before
    changes = [change(found["tunnel simple"], key=50), change(found["tunnel plain"], isolated="yes")]
    apply(connection, *changes)
    apply(connection, *[one.inverse() for one in reversed(changes)])
    assert links() == before


def test_what_is_for_a_static_address_goes_to_its_port_alone(connection: Connection) -> None:
    said = "02:00:00:00:00:07"
    ports = [
        port(f"nic{number}", "br0", **({"static": (said,)} if number == 1 else {})) for number in range(3)
    ]
    apply(connection, add(own(BR0)), *map(add, map(own, ports)))
    ways = {}
    for number in range(3):
        ip("link", "set", f"nic{number}-peer", "up")
        ways[number] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5))
        ways[number].bind((f"nic{number}-peer", 0x88B5))
        ways[number].setblocking(False)

    def heard(target: str) -> list[int]:
        frame = bytes.fromhex((target + "02:00:00:00:00:01").replace(":", "")) + b"\x88\xb5" + target.encode()
        ways[0].send(frame.ljust(60, b"\0"))
        time.sleep(0.2)
        found = []
        for number in (1, 2):
            with contextlib.suppress(BlockingIOError):
                found += [number] if target.encode() in ways[number].recv(100) else []
        return found

    assert eventually(lambda: heard("02:00:00:00:00:09") == [1, 2]), "nobody knows where that is"
    assert heard(said) == [1]
    apply(connection, change(observed(connection)["port nic1"], static=None))
    assert heard(said) == [1, 2]
    for way in ways.values():
        way.close()


def test_one_that_is_a_port_stays_a_port(connection: Connection) -> None:
    ip("link", "add", "vx9", "type", "vxlan", "id", "9", "remote", "192.0.2.2", "dstport", "4789")
    before = links()
    made = [add(own(BR0)), add(own(port("vx9", "br0", isolated="yes")))]
    apply(connection, *made)
    assert set(observed(connection)) == {"bridge br0", "port vx9"}
    apply(connection, *[one.inverse() for one in reversed(made)])
    assert links() == before


def test_adopted_tunnels_and_meshes_are_marked(connection: Connection) -> None:
    ip("link", "add", "br0", "type", "bridge")
    words = "type vxlan id 42 remote 192.0.2.2 dstport 4789"
    ip("link", "add", "vx1", *words.split())
    ip("link", "set", "vx1", "alias", "to the core", "master", "br0")
    before, found = links(), observed(connection)["tunnel vx1"]
    taken = replace(change(found), after=replace(found, marked=True, owner="lab.vnet"))
    apply(connection, taken)
    assert "alias to the core vnetsh:lab.vnet tunnel\n" in ip("link", "show", "vx1")
    assert observed(connection)["tunnel vx1"].owner == "lab.vnet"
    apply(connection, taken.inverse())
    assert links() == before


def test_what_a_killed_run_left_of_a_mesh_goes(connection: Connection) -> None:
    ends = [
        add(own(tunnel(f"m{n}", "br0", f"192.0.2.{n}", type="vxlan", key=42, isolated="yes", mesh="m")))
        for n in (2, 3)
    ]
    apply(connection, add(own(BR0)), *ends)
    both = links()
    bridge_fdb("del", "00:00:00:00:00:00", "dev", "m", "dst", "192.0.2.3")
    assert set(observed(connection)) == {"bridge br0", "tunnel m2"}
    apply(connection, ends[1])
    assert links() == both
    ip("link", "delete", "dev", "m")
    without = links()
    for again, wanted in ((ends, both), ([], without)):  # before it came to its tunnels: taken up, or away
        ip("link", "add", "name", "m", "type", "vxlan", "id", "42", "dstport", "4789", "learning")
        ip("link", "set", "dev", "m", "alias", "vnetsh tunnel of m")
        facts = connection.observe(no_progress).facts
        assert isinstance(facts, KernelFacts)
        assert not facts.vnis
        apply(connection, *again, change(observed(connection)["bridge br0"]))
        assert links() == wanted
        apply(connection, *[one.inverse() for one in reversed(again)])


def passes(sender: str, listener: str) -> bool:
    """Whether a broadcast of one device's other end comes out at another's."""
    kind = 0x88B5  # for experiments
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind)) as heard:
        heard.bind((f"{listener}-peer", kind))
        heard.settimeout(0.3)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sending:
            sending.bind((f"{sender}-peer", 0))
            sending.send(b"\xff" * 6 + b"\x02" + bytes(5) + kind.to_bytes(2, "big") + bytes(46))
        with contextlib.suppress(TimeoutError):
            return bool(heard.recv(100))
    return False


def test_isolated_ports_do_not_hear_each_other(connection: Connection) -> None:
    for nic in ("nic0", "nic1", "nic2"):
        ip("link", "set", f"{nic}-peer", "up")
    ports = [add(own(port(f"nic{n}", "br0", isolated="yes" if n else None))) for n in range(3)]
    apply(connection, add(own(BR0)), *ports)
    assert eventually(lambda: passes("nic0", "nic1") and passes("nic1", "nic0") and passes("nic0", "nic2"))
    assert not passes("nic1", "nic2")
    together = change(observed(connection)["port nic2"], isolated=None)
    apply(connection, together)
    assert passes("nic1", "nic2")
    apply(connection, together.inverse())
    assert not passes("nic2", "nic1")


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("mesh", [None, "m"])
def test_a_tunnel_of_its_own_reaches_one_that_was_made_by_hand(
    connection: Connection, version: int, mesh: str | None
) -> None:
    here, there = ("192.0.2.1", "192.0.2.2") if version == 4 else ("2001:db8::1", "2001:db8::2")
    far = subprocess.Popen(["unshare", "--net", "sleep", "60"])
    try:
        inside = ["nsenter", "-t", str(far.pid), "-n"]
        outer = Path("/proc/thread-self/ns/net").stat().st_ino
        assert eventually(lambda: Path(f"/proc/{far.pid}/ns/net").stat().st_ino != outer)
        ip("link", "set", "nic0-peer", "netns", str(far.pid))
        length = "/24" if version == 4 else "/64"
        ip("address", "add", here + length, "dev", "nic0", *["nodad"] * (version == 6))
        ip("link", "set", "nic0", "up")
        for words in (
            f"address add {there}{length} dev nic0-peer" + " nodad" * (version == 6),
            "link set nic0-peer up",
            f"link add vx type vxlan id 42 remote {here} dstport 4789",
            "address add 10.9.9.2/24 dev vx",
            "link set vx up",
        ):
            subprocess.run([*inside, "ip", *words.split()], check=True, timeout=10)
        said = {"isolated": "yes", "mesh": mesh} if mesh else {}
        made = [add(own(BR0)), add(own(tunnel("vx1", "br0", there, type="vxlan", key=42, **said)))]
        apply(connection, *made)
        ip("address", "add", "10.9.9.1/24", "dev", "br0")
        ping = ["busybox", "ping", "-c", "1", "-W", "1", "10.9.9.2"]
        assert eventually(lambda: subprocess.run(ping, stdout=-3, check=False).returncode == 0)
        ip("address", "delete", "10.9.9.1/24", "dev", "br0")
        apply(connection, *[one.inverse() for one in reversed(made)])
    finally:
        far.kill()
        far.wait()


def test_an_mtu_that_was_set_stays_whatever_joins(connection: Connection) -> None:
    apply(connection, add(own(bridge("br0", mtu=1400))))
    ip("tuntap", "add", "web1_port1", "mode", "tap")
    ip("link", "set", "web1_port1", "mtu", "1300", "master", "br0")
    assert " mtu 1400 " in ip("link", "show", "br0")
    assert dict(observed(connection)["bridge br0"].attributes) == {"backend": "linux", "mtu": 1400}


def test_a_bridge_whose_mtu_nobody_said_follows_its_ports_also_after_a_failure(
    connection: Connection,
) -> None:
    apply(connection, add(own(BR0)))
    ip("link", "set", "nic0", "mtu", "1400")
    failing = [add(own(port("nic0", "br0"))), add(own(bridge("br1"))), add(own(port("br1", "br0")))]
    with pytest.raises(ApplyFailed):
        apply(connection, *failing)
    assert " mtu 1500 " in ip("link", "show", "br0")
    apply(connection, add(own(port("nic0", "br0"))))
    assert " mtu 1400 " in ip("link", "show", "br0")


def test_addresses_outlive_another_mtu_down_to_1280(connection: Connection) -> None:
    """Which is why a smaller one is refused to a bridge with IPv6 addresses, and others are no more than `live`."""
    apply(connection, add(own(BR0)))
    for address in ("10.9.9.1/24", "2001:db8::1/64"):
        ip("address", "add", address, "dev", "br0")
    ip("route", "add", "10.8.0.0/16", "via", "10.9.9.2")
    before = ip("address", "show", "br0", "scope", "global").count("inet")
    for mtu in (9000, 1280):
        apply(connection, change(observed(connection)["bridge br0"], mtu=mtu))
        assert ip("address", "show", "br0", "scope", "global").count("inet") == before == 2
        assert "10.8.0.0/16" in ip("route")
    smaller = change(observed(connection)["bridge br0"], mtu=1279)
    refused = LinuxBridgeBackend().foresee(
        smaller, fleet_of(facts={("kvm1", "linux"): connection.observe(no_progress).facts})
    )
    assert refused.problem
    apply(connection, smaller)
    assert "inet6" not in ip("address", "show", "br0", "scope", "global")


def test_a_nic_keeps_its_own_alias_and_state(connection: Connection) -> None:
    ip("link", "set", "nic0", "alias", "to the core")
    before = links()
    made = [add(own(BR0)), add(own(port("nic0", "br0")))]
    apply(connection, *made)
    assert "alias to the core vnetsh was-down" in ip("link", "show", "nic0")
    assert "UP" in ip("link", "show", "nic0")
    # Another connection, as after a crash: what it needs is in the host itself.
    found = observed(connection)
    apply(connection, remove(found["port nic0"]), remove(found["bridge br0"]))
    assert links() == before


def test_taps_of_vms_are_not_reported_and_keep_the_bridge(connection: Connection) -> None:
    apply(connection, add(own(BR0)))
    ip("tuntap", "add", "web1_port1", "mode", "tap")
    ip("link", "set", "web1_port1", "master", "br0")
    found = observed(connection)
    assert list(found) == ["bridge br0"]
    before = links()
    with pytest.raises(ApplyFailed, match="vms are on it, by web1_port1"):
        apply(connection, remove(found["bridge br0"]))
    assert links() == before


def test_a_nic_with_an_address_is_not_taken_in(connection: Connection) -> None:
    ip("link", "set", "nic0", "up")
    ip("address", "add", "10.9.9.1/24", "dev", "nic0")
    before = links()
    with pytest.raises(ApplyFailed, match=r"carries 10\.9\.9\.1/24") as failed:
        apply(connection, add(own(BR0)), add(own(port("nic0", "br0"))))
    assert failed.value.change
    assert failed.value.change.resource.name == "nic0"
    assert links() == before


def test_a_bridge_with_the_hosts_address_stays(connection: Connection) -> None:
    apply(connection, add(own(BR0)))
    ip("address", "add", "10.9.9.1/24", "dev", "br0")
    before = links()
    with pytest.raises(ApplyFailed, match=r"br0: carries 10\.9\.9\.1/24"):
        apply(connection, remove(observed(connection)["bridge br0"]))
    assert links() == before


def test_a_bridge_that_somebody_made_meanwhile_is_not_taken_over(connection: Connection) -> None:
    ip("link", "add", "br0", "type", "bridge")
    before = links()
    with pytest.raises(ApplyFailed, match="exists already"):
        apply(connection, add(own(BR0)))
    assert links() == before


def test_the_kernel_has_the_last_word(connection: Connection) -> None:
    before = links()
    with pytest.raises(ApplyFailed, match="br1: Can not enslave a bridge to a bridge") as failed:
        apply(connection, add(own(BR0)), add(own(bridge("br1"))), add(own(port("br1", "br0"))))
    assert not failed.value.leftovers
    assert not failed.value.done
    assert links() == before


def test_verify_sees_what_is_undone_behind_its_back(connection: Connection) -> None:
    made = [add(own(BR0)), add(own(port("nic0", "br0")))]
    apply(connection, *made)
    for spoil, mend in (
        (["link", "set", "nic0", "nomaster"], ["link", "set", "nic0", "master", "br0"]),
        (["link", "set", "br0", "down"], ["link", "set", "br0", "up"]),
        (["link", "set", "nic0", "down"], ["link", "set", "nic0", "up"]),
    ):
        ip(*spoil)
        with pytest.raises(VerificationFailed):
            connection.verify(made, no_progress)
        ip(*mend)
        connection.verify(made, no_progress)


def told(entry: Entry) -> list[object]:
    """What any backend asks for of a link, but for what a Linux bridge has."""
    addresses = [
        [a["family"], a["local"], a["prefixlen"], a["scope"], bool(a.get("dynamic"))]
        for a in entry["addr_info"]
    ]
    flags = {"UP", "LOOPBACK", "PROMISC"}.intersection(entry["flags"])
    kind = entry.get("linkinfo", {}).get("info_kind")
    return [entry["ifname"], kind, flags, entry["mtu"], entry.get("master"), entry["address"], addresses]


def test_both_ways_read_the_same() -> None:
    ip(
        "link",
        "add",
        "br0",
        "type",
        "bridge",
        "stp_state",
        "1",
        "mcast_snooping",
        "0",
        "group_fwd_mask",
        "0x4000",
    )
    ip("link", "set", "nic0", "master", "br0", "alias", "größer # than 'life'", "up")
    ip("link", "set", "nic0", "type", "bridge_slave", "hairpin", "on", "flood", "off")
    ip("tuntap", "add", "t0", "mode", "tap")
    ip("address", "add", "10.9.9.1/24", "dev", "nic1")
    ip("address", "add", "2001:db8::1/64", "dev", "nic1")
    ip("address", "add", "10.9.8.1", "peer", "10.9.8.2/32", "dev", "nic1")
    ip("address", "add", "10.9.7.1/24", "dev", "nic1", "valid_lft", "900", "preferred_lft", "900")
    ip("link", "set", "nic2", "promisc", "on")
    vxlans = {
        "vx1": "id 42 remote 192.0.2.2 local 192.0.2.1 dstport 4789 nolearning ttl 7 tos 4",
        "vx2": "id 43 remote 2001:db8::2 local 2001:db8::1 df set ageing 60 srcport 5000 6000 maxaddress 9",
        "vx3": "id 44 group 239.1.1.1 dev nic1 ttl inherit tos inherit noudpcsum proxy rsc l2miss l3miss gbp",
        "vx4": "external dstport 4790 udp6zerocsumtx udp6zerocsumrx",
    }
    for name, words in vxlans.items():
        ip("link", "add", name, "type", "vxlan", *words.split())
        ip("link", "set", name, "master", "br0")
    bridge_fdb("append", "00:00:00:00:00:00", "dev", "vx1", "dst", "192.0.2.9")
    bridge_fdb("add", "02:00:00:00:00:01", "dev", "vx2", "dst", "2001:db8::9", "static")
    bridge_fdb("add", "02:00:00:00:00:02", "dev", "nic0", "master", "static")
    ip("link", "property", "add", "dev", "nic1", "altname", "enp1s0", "altname", "eno1")
    by_netlink = read_links("kvm1", LocalTransport(local_host()), 10)
    by_ip = read_links("kvm1", ByCommand(local_host()), 10)
    assert [told(entry) for entry in by_netlink] == [told(entry) for entry in by_ip]
    forwarding = [read_forwarding("kvm1", way(local_host()), 10) for way in (LocalTransport, ByCommand)]
    assert forwarding[0] == forwarding[1]
    assert links_of(by_netlink, forwarding[0]) == links_of(by_ip, forwarding[1])
    assert forwarding[0]["nic0"] == {"02:00:00:00:00:02": [OWN]}
    assert links_of(by_ip, forwarding[0])["nic0"].static == ("02:00:00:00:00:02",)
    assert forwarding[0]["vx1"] == {"00:00:00:00:00:00": ["192.0.2.2", "192.0.2.9"]}
    assert kinds_of(by_netlink) == kinds_of(by_ip)
    assert [kinds_of(by_ip)[name] for name in ("enp1s0", "eno1")] == ["another name of nic1"] * 2
    assert links_of(by_netlink)["nic1"].addresses == (
        "10.9.9.1/24", "10.9.8.1/32", "10.9.7.1/24", "2001:db8::1/64",
    )  # fmt: skip


@pytest.mark.parametrize("context", ["ip"], indirect=True)
def test_one_batch_for_all(connection: Connection, context: CommandContext) -> None:
    connection.apply([add(own(bridge(f"b{n}"))) for n in range(100)], no_progress)
    assert context.commands
    assert [call for call in context.commands.calls if "-batch" in call] == [("ip", "-batch", "-")]
    reading = ("ip", "sh")  # the links, and what the host does at each start
    assert sorted(call[0] for call in context.commands.calls) == sorted([*reading, "ip"])


def test_a_hostile_alias_is_refused_not_run(context: LocalContext) -> None:
    connection = context.connection(local_host(), "linux")
    alias = "x\nlink delete nic1"
    ip("link", "set", "nic0", "alias", alias)
    before = links()
    changes = [add(own(BR0)), add(own(port("nic0", "br0")))]
    if isinstance(context, CommandContext):
        with pytest.raises(ApplyFailed, match="cannot be said"):
            apply(connection, *changes)
    else:
        apply(connection, *changes)
        apply(connection, *[c.inverse() for c in reversed(changes)])
    assert links() == before


def test_a_host_without_ip() -> None:
    class WithoutIp(ByCommand):
        def run(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
            return super().run(["no-such-command", *argv[1:]], input=input, timeout=timeout)

    context = CommandContext(LinuxBridgeBackend())
    context.commands = WithoutIp(local_host())
    with context, pytest.raises(ServiceAbsent, match="has no `ip`"):
        context.connection(local_host(), "linux").observe(no_progress)


def test_forwarding_tables_are_read_by_who_has_not_roots_path() -> None:
    class Ordinary(ByCommand):
        def run(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
            if argv[0] == "bridge":
                return Completed(127, "", "bridge: not found")
            return super().run(argv, input=input, timeout=timeout)

    ip("link", "add", "vx1", "type", "vxlan", "id", "42", "remote", "192.0.2.2", "dstport", "4789")
    found = read_forwarding("kvm1", Ordinary(local_host()), 10)
    assert found == {"vx1": {"00:00:00:00:00:00": ["192.0.2.2"]}}


def test_without_rights_it_says_so() -> None:
    script = (
        "import os\n"
        "from vnetsh_linuxbridge.backend import LinuxBridgeBackend\n"
        "from vnetsh.testing.fleet import *\n"
        "from vnetsh.backend import ApplyFailed\n"
        "with LocalContext(LinuxBridgeBackend()) as context:\n"
        "    # All is imported before: nobody may read the checkout.\n"
        "    context.connection(local_host(), 'linux').observe(no_progress)\n"
        "    os.setgid(65534); os.setuid(65534)\n"
        "    try: context.connection(local_host(), 'linux').apply([add(bridge('br0', by='linux'))], print)\n"
        "    except ApplyFailed as error: print(error.message, '/', error.help)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert "br0: Operation not permitted / changing links needs root on the host" in done.stdout, done.stderr


def test_a_field_is_all_that_an_attribute_needs(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Observed, made, verified, taken back, said by hand and assessed: by its line in the table."""
    mtu = next(field for field in fields.FIELDS if field.attribute == "mtu")
    monkeypatch.setattr(fields, "FIELDS", (*fields.FIELDS, replace(mtu, kind="port")))
    apply(connection, add(own(BR0)), add(own(port("nic1", "br0", mtu=1400))))
    before = links()
    there = connection.observe(no_progress)
    fleet = fleet_of(*there.resources, facts={("kvm1", "linux"): there.facts})
    changed = change(fleet.resources["port", "kvm1", "nic1"], mtu=9000)
    assert changed.differing() == {"mtu": (1400, 9000)}
    assert LinuxBridgeBackend().assess(changed, fleet).impact is Impact.LIVE
    (command,) = LinuxBridgeBackend().commands(changed, fleet, fleet.after([changed]))
    assert str(command) == "ip link set dev nic1 mtu 9000"
    apply(connection, changed)
    assert observed(connection)["port nic1"].get("mtu") == 9000
    apply(connection, changed.inverse())
    assert links() == before


def test_what_somebody_else_changes_is_told_within_a_second(connection: Connection) -> None:
    told = threading.Event()
    assert connection.watch(told.set)
    for words in (
        ["link", "add", "br7", "type", "bridge"],
        ["link", "set", "nic0", "master", "br7"],
        ["link", "set", "br7", "mtu", "1400"],
        ["address", "add", "10.9.9.1/24", "dev", "nic1"],
        ["link", "delete", "br7"],
    ):
        time.sleep(0.1)  # what the last one set off has been told too
        told.clear()
        ip(*words)
        assert told.wait(1), words
    connection.close()
    assert eventually(lambda: "links" not in {thread.name for thread in threading.enumerate()})


def test_changing_only_what_was_said(connection: Connection) -> None:
    apply(connection, add(own(bridge("br0", backend="linux", uplink="nic0"))))
    found = observed(connection)["bridge br0"]
    before = links()
    nothing = change(found)
    apply(connection, nothing)
    assert links() == before


def test_a_run_that_an_older_version_wrote_down_is_shown_and_undone(vnetsh: Run, tmp_path: Path) -> None:
    """The file is one that such a version wrote when it ran this script on such links."""
    (tmp_path / "hosts.vnet").write_text("host here local\n")
    ip("link", "add", "br0", "address", "52:54:00:aa:bb:cc", "type", "bridge", "stp_state", "1")
    ip("link", "set", "nic0", "alias", "to the core", "up", "master", "br0")
    ip("link", "set", "nic0", "type", "bridge_slave", "hairpin", "on")
    ip("link", "set", "br0", "up")
    before = links()

    def run(folder: Path, *arguments: str) -> str:
        done = vnetsh("--max-impact", "destroy", *arguments, XDG_STATE_HOME=str(folder))
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(tmp_path / "new", "-c", "delete bridge br0; bridge br1 on here backend linux uplink nic1 mtu 1400")
    runs = tmp_path / "old" / "vnetsh" / "runs"
    runs.mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "helpers" / "journal_format_1.run", runs / "000001.run")
    assert re.search(r"\b1 .*\bdone\b", run(tmp_path / "old", "history"))
    run(tmp_path / "old", "undo", "1")
    assert links() == before


@pytest.mark.parametrize("mtu", ["1500", "1400", "none"])
def test_an_mtu_said_again_is_no_change(mtu: str) -> None:
    plugins = load_plugins([point for point in entry_points("vnetsh") if point.name == "linuxbridge"])
    before = links()
    with Session(plugins, {"here": local_host("here")}) as session:
        for given in ("", " mtu 1500", " mtu 9000"):
            assert session.apply(
                session.prepare(Source("<test>", f"bridge br0 on here backend linux{given}"))
            ).ok
            script = Source("<test>", f"bridge br0 on here mtu {mtu}")
            assert session.apply(session.prepare(script)).ok
            assert not session.prepare(script).plan.changes
            assert f" mtu {mtu if mtu != 'none' else 1500} " in ip("link", "show", "br0")
            text = export(session, ()).text
            assert ("mtu" in text) == (mtu == "1400")
            assert not session.prepare(Source("<export>", text)).plan.changes
            assert session.apply(session.prepare(Source("<test>", "delete bridge br0"))).ok
    assert links() == before


def test_a_script_runs_and_runs_again() -> None:
    """The whole way, by the engine: done, then nothing to do, then taken back."""
    plugins = load_plugins([point for point in entry_points("vnetsh") if point.name == "linuxbridge"])
    script = Source(
        "<test>", "bridge br0 on here backend linux uplink nic0 port nic1; bridge br1 on here backend linux"
    )
    before = links()
    with Session(plugins, {"here": local_host("here")}) as session:
        report = session.apply(session.prepare(script))
        assert report.ok, report.failures
        assert len(report.outcomes) == 3
        assert not session.prepare(script).plan.changes
        gone = Source(
            "<test>", "bridge br0 on here uplink none; delete port nic1; delete bridge br0; delete bridge br1"
        )
        report = session.apply(session.prepare(gone))
        assert report.ok, report.failures
    assert links() == before
