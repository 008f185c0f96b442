"""The backend `ovs` on a real ovsdb-server and a real ovs-vswitchd with dummy devices."""

import threading
import time

import pytest
from ovs_hosts import LIVED_IN, OURS, changed, dump, found, inverse, new, removed, written

from vnetsh.backend import ApplyFailed
from vnetsh.errors import ServiceAbsent
from vnetsh.model.change import ActionKind, Change
from vnetsh.testing.fleet import no_progress


def whole_bridge(link, name):
    resources = link.observe(no_progress).resources
    parts = [r for r in resources if r.text("bridge") == name]
    bridge = next(r for r in resources if (r.kind, r.name) == ("bridge", name))
    return [Change(ActionKind.REMOVE, r, None) for r in (*parts, bridge)]


HEADER = {"ttl": "inherit", "tos": 184, "df": "no", "csum": "yes"}

CASES = {
    "bridge": lambda link: [new("bridge", "br9")],
    "bridge with uplink": lambda link: [new("bridge", "br9", uplink="eth9x")],
    "bridge with all": lambda link: [
        new("bridge", "br9", uplink="eth9x"),
        new("port", "p9", bridge="br9", type="internal", vlan=4094),
        new("tunnel", "tun9", bridge="br9", type="geneve", remote="192.0.2.7", key=2**24 - 1),
    ],
    "bridge with an MTU": lambda link: [new("bridge", "br9", mtu=1400)],
    "MTU": lambda link: [changed(link, "bridge", "br1", mtu=9000)],
    "MTU changed": lambda link: [changed(link, "bridge", "br2", mtu=1500)],
    "MTU cleared": lambda link: [changed(link, "bridge", "br2", mtu=None)],
    "MTU and uplink": lambda link: [changed(link, "bridge", "br0", mtu=1400, uplink="eth2")],
    "foreign MTU": lambda link: [changed(link, "bridge", "old", mtu=1400)],
    "bridge with an MTU removed": lambda link: [removed(link, "bridge", "br2")],
    "port": lambda link: [new("port", "p9", bridge="br0")],
    "internal port": lambda link: [new("port", "p9", bridge="br0", type="internal", vlan=1)],
    "tunnel": lambda link: [new("tunnel", "tun9", bridge="br0", type="gre", remote="192.0.2.7")],
    "keyed tunnel": lambda link: [
        new("tunnel", "tun9", bridge="br1", type="vxlan", remote="2001:db8::7", key=0)
    ],
    "tunnel with a header": lambda link: [
        new("tunnel", "tun9", bridge="br1", type="gre", remote="2001:db8::7", local="2001:db8::1", **HEADER)
    ],
    "header": lambda link: [changed(link, "tunnel", "gre12", **HEADER)],
    "over IPv6": lambda link: [
        changed(link, "tunnel", "gre12", remote="2001:db8::7", local="2001:db8::1", ttl=1)
    ],
    "vlan": lambda link: [changed(link, "port", "p1", vlan=11)],
    "vlan cleared": lambda link: [changed(link, "port", "p1", vlan=None)],
    "vlan set": lambda link: [changed(link, "port", "eth3", vlan=11)],
    "remote": lambda link: [changed(link, "tunnel", "gre12", remote="192.0.2.3")],
    "key": lambda link: [changed(link, "tunnel", "gre12", key=6)],
    "key cleared": lambda link: [changed(link, "tunnel", "gre12", key=None)],
    "tunnel type": lambda link: [changed(link, "tunnel", "gre12", type="vxlan", remote="192.0.2.3")],
    "foreign tunnel": lambda link: [changed(link, "tunnel", "tun0", key=1, type="geneve")],
    "port moved": lambda link: [changed(link, "port", "p1", bridge="br1", vlan=12)],
    "tunnel moved": lambda link: [changed(link, "tunnel", "gre12", bridge="br1")],
    "uplink added": lambda link: [changed(link, "bridge", "br1", uplink="eth2")],
    "uplink removed": lambda link: [changed(link, "bridge", "br0", uplink=None)],
    "uplink replaced": lambda link: [changed(link, "bridge", "br0", uplink="eth2")],
    "uplink from port": lambda link: [changed(link, "bridge", "br0", uplink="eth3")],
    "foreign uplink removed": lambda link: [changed(link, "bridge", "old", uplink=None)],
    "foreign uplink replaced": lambda link: [changed(link, "bridge", "old", uplink="eth2")],
    "port removed": lambda link: [removed(link, "port", "p1")],
    "foreign port removed": lambda link: [removed(link, "port", "int0")],
    "bond removed": lambda link: [removed(link, "port", "bond0")],
    "tunnel removed": lambda link: [removed(link, "tunnel", "gre12")],
    "foreign tunnel removed": lambda link: [removed(link, "tunnel", "tun0")],
    "empty bridge removed": lambda link: [removed(link, "bridge", "br1")],
    "bridge removed": lambda link: whole_bridge(link, "br0"),
    "foreign bridge removed": lambda link: whole_bridge(link, "old"),
    "bridge removed, a port kept": lambda link: [
        changed(link, "port", "p1", bridge="br1"),
        *(c for c in whole_bridge(link, "br0") if c.resource.name != "p1"),
    ],
    "bridge made, a port moved there": lambda link: [
        new("bridge", "br9"),
        changed(link, "port", "p1", bridge="br9"),
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_a_change_takes_effect_once_and_its_inverse_restores_everything(ovs, links, case):
    ovs.vsctl(*LIVED_IN[1:])
    link = links(ovs)
    link.observe(no_progress)
    link.apply(OURS, no_progress)
    link.verify(OURS, no_progress)
    before = dump(ovs)
    changes = CASES[case](link)

    links(ovs).apply(
        inverse(changes), no_progress
    )  # what a lost connection leads to: undoing what was never done
    assert dump(ovs) == before

    link.apply(changes, no_progress)
    link.verify(changes, no_progress)
    after = dump(ovs)
    assert after != before
    now = {(r.kind, r.name): r for r in link.observe(no_progress).resources}
    for change in changes:
        there = now.get((change.resource.kind, change.resource.name))
        if change.after:
            said = {"backend": "ovs"} if change.after.kind == "bridge" else {"type": "system"}
            said |= {"type": "gre"} if change.after.kind == "tunnel" else {}
            said |= {name: value for name, value in change.after.attributes.items() if value is not None}
            assert there.attributes == said
        else:
            assert there is None

    count = written(ovs)
    link.apply(changes, no_progress)
    links(ovs).apply(changes, no_progress)
    assert (dump(ovs), written(ovs)) == (after, count)

    links(ovs).apply(inverse(changes), no_progress)
    assert dump(ovs) == before
    link.apply(inverse(changes), no_progress)
    link.verify(inverse(changes), no_progress)
    assert dump(ovs) == before


def test_what_is_there_is_reported_whole(ovs, links):
    ovs.vsctl(*LIVED_IN[1:])
    resources = {(r.kind, r.name): r for r in links(ovs).observe(no_progress).resources}
    # Of a patch without its peer vswitchd says so now and then only.
    assert {key: {n: v for n, v in r.attributes.items() if n != "error"} for key, r in resources.items()} == {
        ("bridge", "old"): {"backend": "ovs", "uplink": "eth5"},
        ("port", "int0"): {"bridge": "old", "type": "internal", "vlan": 7, "outbound": 10**6, "mtu": 1400},
        ("port", "bond0"): {
            "bridge": "old",
            "type": "bond",
            "nics": ("eth8", "eth9"),
            "mode": "balance-slb",
        },
        ("port", "patch0"): {"bridge": "old", "type": "patch", "peer": "patch1"},
        ("tunnel", "tun0"): {"bridge": "old", "type": "vxlan", "remote": "192.0.2.9", "key": 99},
    }
    assert not any(r.marked for r in resources.values())
    assert resources["port", "int0"].parent == ("bridge", "old")


def test_marks_are_written_on_every_new_bridge_and_port(bare, links):
    link = links(bare)
    link.observe(no_progress)
    link.apply(OURS, no_progress)
    for table in ("Bridge", "Port"):
        rows = bare.transact({"op": "select", "table": table, "where": []})[0]["rows"]
        assert rows
        assert all(["vnetsh", "1"] in row["external_ids"][1] for row in rows)
    assert all(r.marked for r in link.observe(no_progress).resources)


def test_taps_of_vms_are_no_ports_and_hold_their_bridge(ovs, links):
    link = links(ovs)
    link.apply([new("bridge", "br0")], no_progress)
    ids = (
        "external_ids:attached-mac=52:54:00:00:00:01",
        "external_ids:vm-id=6e1f2f35-9d5b-4b8e-b7c4-0f3f0e5e8c11",
    )
    ovs.vsctl("add-port", "br0", "web1_port1", "--", "set", "interface", "web1_port1", *ids)
    seen = link.observe(no_progress)
    assert [r.name for r in seen.resources] == ["br0"]
    assert seen.facts.taps == {"web1_port1": "br0"}

    removal = [Change(ActionKind.REMOVE, seen.resources[0], None)]
    before = dump(ovs)
    with pytest.raises(ApplyFailed, match="still carries ports of vms: web1_port1"):
        link.apply(removal, no_progress)
    assert dump(ovs) == before

    link.observe(no_progress)
    ovs.vsctl("del-port", "web1_port1")  # the vm goes after the bridge was looked at
    link.apply(removal, no_progress)
    assert dump(ovs) == []
    link.apply(inverse(removal), no_progress)
    assert dump(ovs)[0]["ports"]["name"] == "br0"  # one, and not a set: the tap comes back with its vm


def test_datapath_of_new_bridges(bare, links):
    links(bare).apply([new("bridge", "kernel")], no_progress)
    links(bare, datapath="netdev").apply([new("bridge", "user")], no_progress)
    assert {b["name"]: b["datapath_type"] for b in dump(bare)} == {"kernel": "", "user": "netdev"}


def test_a_host_without_the_database_has_no_such_service(links, tmp_path):
    class Nowhere:
        host_attributes = {"ovsdb": f"unix:{tmp_path}/db.sock"}  # noqa: RUF012

    with pytest.raises(ServiceAbsent, match="kvm1 has no Open vSwitch"):
        links(Nowhere)


def test_the_log_of_the_database_tells_who_changed_what(bare, links):
    links(bare).apply(OURS, no_progress)
    import subprocess

    log = subprocess.run(
        ["ovsdb-tool", "show-log", str(bare.folder / "conf.db")], capture_output=True, text=True, check=True
    ).stdout
    assert "vnetsh: add bridge br0 on kvm1; add port p1 on kvm1; add port eth3 on kvm1 and 3 more" in log


def test_changes_are_told_whoever_makes_them(ovs, links):
    link, event = links(ovs), threading.Event()
    link.observe(no_progress)
    assert link.watch(event.set)

    def told():
        happened = event.wait(1)
        event.clear()
        return happened

    ovs.vsctl("--no-wait", "add-br", "other")
    assert told()
    made = [new("bridge", "br0"), new("port", "p1", bridge="br0", type="internal")]
    link.apply(made, no_progress)
    link.verify(made, no_progress)
    assert told()
    assert found(link, "bridge", "other")
    time.sleep(0.2)
    event.clear()
    ovs.kill_server()
    assert told()
    ovs.start_server()
    assert event.wait(5)
    assert found(link, "port", "p1")
    link.close()
    assert "ovsdb watch" not in {thread.name for thread in threading.enumerate()}
