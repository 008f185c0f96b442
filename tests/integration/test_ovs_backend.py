"""The backend `ovs` on a real ovsdb-server and a real ovs-vswitchd with dummy devices."""

import json
from dataclasses import replace

import pytest

from vnetsh.backend import ApplyFailed
from vnetsh.connections import Connections
from vnetsh.errors import ServiceAbsent, VerificationFailed
from vnetsh.model import Host, Resource
from vnetsh.plan import ActionKind, Change
from vnetsh.testing.scratch_ovs import scratch_ovs
from vnetsh_ovs.backend import OvsBackend

STATUS = {"ofport", "error", "datapath_version", "cfm_flap_count", "bond_active_slave"}
EPHEMERAL = {
    "Bridge": {"datapath_id", "status", "rstp_status"},
    "Controller": {"is_connected", "role", "status"},
}


@pytest.fixture
def ovs():
    with scratch_ovs(vswitchd=True) as running:
        yield running


@pytest.fixture
def bare():
    with scratch_ovs() as running:
        yield running


@pytest.fixture
def links():
    """Opens connections to scratch databases; closes them all at the end."""
    opened = []

    def connect(ovs, timeout=10.0, **attributes):
        host = Host("kvm1", attributes={"local": True, **ovs.host_attributes, **attributes})
        opened.append(Connections({"ovs": OvsBackend()}, timeout))
        return opened[-1].connection(host, "ovs")

    yield connect
    for connections in opened:
        connections.close()


def silent(text, fraction=None):
    pass


def new(kind, name, **attributes):
    parent = ("bridge", str(attributes["bridge"])) if kind == "port" else None
    return Change(ActionKind.ADD, None, Resource(kind, name, "kvm1", attributes, parent, "ovs", marked=True))


def found(link, kind, name):
    return next((r for r in link.observe().resources if (r.kind, r.name) == (kind, name)), None)


def changed(link, kind, name, **attributes):
    before = found(link, kind, name)
    return Change(ActionKind.CHANGE, before, before.with_attributes(**attributes))


def removed(link, kind, name):
    return Change(ActionKind.REMOVE, found(link, kind, name), None)


def inverse(changes):
    """What undo gets from the journal: records have been through JSON."""

    def stored(resource):
        return resource and replace(resource, record=json.loads(json.dumps(dict(resource.record or {}))))

    backwards = [change.inverse() for change in reversed(changes)]
    return [replace(c, before=stored(c.before), after=stored(c.after)) for c in backwards]


def dump(ovs):
    """All configuration that hangs from the root, without UUIDs, numbers of transactions and status."""
    tables = ["Bridge", "Port", "Interface", "Mirror", "Controller", "QoS", "NetFlow", "Flow_Table"]
    selects = [{"op": "select", "table": table, "where": []} for table in tables]
    rows = {}
    for table, result in zip(tables, ovs.transact(*selects), strict=True):
        rows |= {row["_uuid"][1]: (table, row) for row in result["rows"]}

    def plain(value, owner):
        if isinstance(value, list) and len(value) == 2 and value[0] == "uuid":
            table, row = rows[value[1]]
            return row["name"] if owner == "Mirror" else describe(table, row)
        if isinstance(value, list) and len(value) == 2 and value[0] in ("set", "map"):
            return sorted((plain(one, owner) for one in value[1]), key=repr)
        return value

    def describe(table, row):
        skipped = STATUS | EPHEMERAL.get(table, set()) | {"_uuid", "_version"}
        if table in ("Interface", "Port"):
            skipped |= {
                "statistics",
                "status",
                "mac_in_use",
                "ifindex",
                "admin_state",
                "link_state",
                "link_resets",
            }
            skipped |= {"link_speed", "duplex", "mtu", "lacp_current", "rstp_status", "rstp_statistics"}
        if table == "Mirror":
            skipped |= {"statistics"}
        return {c: plain([v] if c == "tag" else v, table) for c, v in sorted(row.items()) if c not in skipped}

    return sorted((describe(*rows[u]) for u in rows if rows[u][0] == "Bridge"), key=lambda row: row["name"])


def written(ovs):
    """How many transactions asked vswitchd for something."""
    return ovs.transact({"op": "select", "table": "Open_vSwitch", "where": [], "columns": ["next_cfg"]})[0][
        "rows"
    ]


def test_what_is_prepared_is_there_when_it_is_applied(bare, links):
    bare.vsctl("add-br", "br0")
    link = links(bare, vswitchd="skip")
    link.observe()
    changes = [new("port", "p0", bridge="br0")]
    before = written(bare)
    link.prepare(changes)
    assert written(bare) == before
    link.apply(changes, silent)
    assert found(link, "port", "p0")
    assert written(bare) != before


def test_what_is_prepared_in_pieces_is_one_transaction(bare, links):
    bare.vsctl("add-br", "br0", "--", "add-port", "br0", "p700")
    link = links(bare, vswitchd="skip")
    link.observe()
    before = written(bare)
    taken = [new("port", f"p{n}", bridge="br0", type="internal") for n in range(1000)]
    link.prepare(taken)
    with pytest.raises(ApplyFailed, match="p700") as failed:
        link.apply(taken, silent)
    assert failed.value.change is taken[700]
    assert (written(bare), bare.vsctl("list-ports", "br0").split()) == (before, ["p700"])
    others = [new("port", f"q{n}", bridge="br0", type="internal") for n in range(1000)]
    link.observe()
    link.prepare(others)
    bare.vsctl("add-port", "br0", "q600")
    with pytest.raises(ApplyFailed, match="q600"):
        link.apply(others, silent)
    bare.vsctl("del-port", "br0", "q600")
    link.prepare(others)
    link.apply(others, silent)
    assert len(bare.vsctl("list-ports", "br0").split()) == 1001
    link.prepare(undone := inverse(others))
    link.apply(undone, silent)
    assert bare.vsctl("list-ports", "br0").split() == ["p700"]


def test_what_is_prepared_and_not_applied_never_happens(bare, links):
    bare.vsctl("add-br", "br0")
    link = links(bare, vswitchd="skip")
    link.observe()
    link.prepare([new("port", "p0", bridge="br0")])
    others = [new("port", "p1", bridge="br0")]
    link.apply(others, silent)
    link.prepare([new("port", "p2", bridge="br0")])
    link.close()
    assert bare.vsctl("list-ports", "br0").split() == ["p1"]


def test_what_has_changed_since_it_was_prepared_is_looked_at_again(bare, links):
    bare.vsctl("add-br", "br0")
    link = links(bare, vswitchd="skip")
    link.apply([new("port", "p0", bridge="br0", type="internal")], silent)
    changes = [changed(link, "port", "p0", vlan=5)]
    link.prepare(changes)
    bare.vsctl("set", "port", "p0", "tag=9")
    with pytest.raises(ApplyFailed, match="p0"):
        link.apply(changes, silent)
    back = [changed(link, "port", "p0", vlan=5)]
    link.prepare(back)
    bare.vsctl("add-port", "br0", "p1")
    link.apply(back, silent)
    assert bare.vsctl("get", "port", "p0", "tag").strip() == "5"


LIVED_IN = (  # a bridge that somebody else has used for a while
    *(
        "--",
        "add-br",
        "old",
        "--",
        "set",
        "bridge",
        "old",
        "fail_mode=secure",
        "other_config:hwaddr=02:00:00:00:00:01",
    ),
    *("--", "set-controller", "old", "ptcp:6653:127.0.0.1"),
    *("--", "add-port", "old", "eth5"),
    *(
        "--",
        "add-port",
        "old",
        "int0",
        "tag=7",
        "--",
        "set",
        "interface",
        "int0",
        "type=internal",
        "mtu_request=1400",
    ),
    *("--", "add-port", "old", "tun0", "--", "set", "interface", "tun0", "type=vxlan"),
    *("options:remote_ip=192.0.2.9", "options:key=99", "options:dst_port=4790", "external_ids:who=admin"),
    *("--", "add-bond", "old", "bond0", "eth8", "eth9", "bond_mode=balance-slb"),
    *(
        "--",
        "add-port",
        "old",
        "patch0",
        "--",
        "set",
        "interface",
        "patch0",
        "type=patch",
        "options:peer=patch1",
    ),
    *("--", "--id=@int0", "get", "port", "int0", "--", "--id=@eth5", "get", "port", "eth5"),
    *("--", "--id=@m", "create", "mirror", "name=m0", "select-src-port=@int0", "output-port=@eth5"),
    *("--", "set", "bridge", "old", "mirrors=@m"),
    *("--", "--id=@q", "create", "qos", "type=linux-htb", "other-config:max-rate=1000000"),
    *("--", "set", "port", "int0", "qos=@q"),
)
OURS = (
    new("bridge", "br0", uplink="eth1"),
    new("port", "p1", bridge="br0", type="internal", vlan=10),
    new("port", "eth3", bridge="br0", type="system"),
    new("tunnel", "gre12", bridge="br0", type="gre", remote="192.0.2.2", key=5),
    new("bridge", "br1"),
    new("bridge", "br2", mtu=1450),
)


def whole_bridge(link, name):
    resources = link.observe().resources
    parts = [r for r in resources if r.text("bridge") == name]
    bridge = next(r for r in resources if (r.kind, r.name) == ("bridge", name))
    return [Change(ActionKind.REMOVE, r, None) for r in (*parts, bridge)]


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
    link.observe()
    link.apply(OURS, silent)
    link.verify(OURS)
    before = dump(ovs)
    changes = CASES[case](link)

    links(ovs).apply(inverse(changes), silent)  # what a lost connection leads to: undoing what was never done
    assert dump(ovs) == before

    link.apply(changes, silent)
    link.verify(changes)
    after = dump(ovs)
    assert after != before
    now = {(r.kind, r.name): r for r in link.observe().resources}
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
    link.apply(changes, silent)
    links(ovs).apply(changes, silent)
    assert (dump(ovs), written(ovs)) == (after, count)

    links(ovs).apply(inverse(changes), silent)
    assert dump(ovs) == before
    link.apply(inverse(changes), silent)
    link.verify(inverse(changes))
    assert dump(ovs) == before


def test_what_is_there_is_reported_whole(ovs, links):
    ovs.vsctl(*LIVED_IN[1:])
    resources = {(r.kind, r.name): r for r in links(ovs).observe().resources}
    assert {key: dict(r.attributes) for key, r in resources.items()} == {
        ("bridge", "old"): {"backend": "ovs", "uplink": "eth5"},
        ("port", "int0"): {"bridge": "old", "type": "internal", "vlan": 7},
        ("port", "bond0"): {"bridge": "old", "type": "bond"},
        ("port", "patch0"): {"bridge": "old", "type": "patch"},
        ("tunnel", "tun0"): {"bridge": "old", "type": "vxlan", "remote": "192.0.2.9", "key": 99},
    }
    assert not any(r.marked for r in resources.values())
    assert resources["port", "int0"].parent == ("bridge", "old")


def test_marks_are_written_on_every_new_bridge_and_port(bare, links):
    link = links(bare)
    link.observe()
    link.apply(OURS, silent)
    for table in ("Bridge", "Port"):
        rows = bare.transact({"op": "select", "table": table, "where": []})[0]["rows"]
        assert rows
        assert all(["vnetsh", "1"] in row["external_ids"][1] for row in rows)
    assert all(r.marked for r in link.observe().resources)


def test_taps_of_vms_are_no_ports_and_hold_their_bridge(ovs, links):
    link = links(ovs)
    link.apply([new("bridge", "br0")], silent)
    ids = (
        "external_ids:attached-mac=52:54:00:00:00:01",
        "external_ids:vm-id=6e1f2f35-9d5b-4b8e-b7c4-0f3f0e5e8c11",
    )
    ovs.vsctl("add-port", "br0", "web1_port1", "--", "set", "interface", "web1_port1", *ids)
    seen = link.observe()
    assert [r.name for r in seen.resources] == ["br0"]
    assert seen.facts["taps"] == {"web1_port1": "br0"}

    removal = [Change(ActionKind.REMOVE, seen.resources[0], None)]
    before = dump(ovs)
    with pytest.raises(ApplyFailed, match="still carries ports of vms: web1_port1"):
        link.apply(removal, silent)
    assert dump(ovs) == before

    link.observe()
    ovs.vsctl("del-port", "web1_port1")  # the vm goes after the bridge was looked at
    link.apply(removal, silent)
    assert dump(ovs) == []
    link.apply(inverse(removal), silent)
    assert dump(ovs)[0]["ports"]["name"] == "br0"  # one, and not a set: the tap comes back with its vm


def test_an_impossible_device_fails_verification_with_vswitchds_words(ovs, links):
    link = links(ovs)
    changes = [new("bridge", "br0"), new("port", "p1", bridge="br0", type="nosuchtype")]
    link.apply(changes, silent)
    with pytest.raises(VerificationFailed, match=r"p1: could not open network device p1 \(Address family"):
        link.verify(changes)
    link.apply(inverse(changes), silent)
    link.verify(inverse(changes))
    assert dump(ovs) == []


def test_an_mtu_is_really_there(ovs, links):
    """And what follows its ports again when it is cleared; it may take vswitchd a moment."""
    link = links(ovs)
    made = [new("bridge", "br0", mtu=1400), new("port", "p1", bridge="br0", type="internal")]
    link.apply(made, silent)
    link.verify(made)
    assert ovs.vsctl("get", "interface", "br0", "mtu").strip() == "1400"
    for mtu in (9000, 1280):
        step = [changed(link, "bridge", "br0", mtu=mtu)]
        link.apply(step, silent)
        link.verify(step)
        assert ovs.vsctl("get", "interface", "br0", "mtu").strip() == str(mtu)
    cleared = [changed(link, "bridge", "br0", mtu=None)]
    link.apply(cleared, silent)
    link.verify(cleared)
    assert ovs.vsctl("get", "interface", "br0", "mtu_request").strip() == "[]"


def test_a_device_that_does_not_take_an_mtu_fails_verification(ovs, links):
    link = links(ovs, timeout=1.0)
    link.apply([new("bridge", "br0")], silent)
    before = dump(ovs)
    step = [changed(link, "bridge", "br0", mtu=2**20)]  # more than a dummy device takes
    link.apply(step, silent)
    with pytest.raises(
        VerificationFailed, match="br0 has an MTU of 1500, not 1048576: its device did not take"
    ):
        link.verify(step)
    link.apply(inverse(step), silent)
    link.verify(inverse(step))
    assert dump(ovs) == before


def test_many_devices_are_verified_in_one_look(ovs, links):
    link = links(ovs)
    good = [new("bridge", "br0"), *(new("port", f"p{n}", bridge="br0", type="internal") for n in range(200))]
    link.apply(good, silent)
    link.verify(good)
    bad = [new("port", f"x{n}", bridge="br0", type="bogus" if n == 40 else "internal") for n in range(50)]
    link.apply(bad, silent)
    with pytest.raises(VerificationFailed, match="x40: could not open"):
        link.verify(bad)


def test_a_dead_vswitchd_is_said(ovs, links):
    ovs.kill_vswitchd()
    link = links(ovs, timeout=0.5)
    changes = [new("bridge", "br0")]
    link.apply(changes, silent)
    with pytest.raises(VerificationFailed, match=r"ovs-vswitchd did not answer in 0\.5 s"):
        link.verify(changes)
    skipping = links(ovs, vswitchd="skip")
    skipping.verify(changes)


def test_a_vswitchd_that_comes_back_is_waited_for(bare, links):
    link = links(bare)
    changes = [new("bridge", "br0"), new("port", "p1", bridge="br0", type="internal")]
    link.apply(changes, silent)
    bare.start_vswitchd()
    link.verify(changes)


def test_datapath_of_new_bridges(bare, links):
    links(bare).apply([new("bridge", "kernel")], silent)
    links(bare, datapath="netdev").apply([new("bridge", "user")], silent)
    assert {b["name"]: b["datapath_type"] for b in dump(bare)} == {"kernel": "", "user": "netdev"}


COMPETITORS = {
    "the port has another vlan": (
        lambda link: changed(link, "port", "p1", vlan=20),
        ("set", "port", "p1", "tag=30"),
        "vlan of port p1 is 30 by now, not 10",
    ),
    "the port is gone": (
        lambda link: changed(link, "port", "p1", vlan=20),
        ("del-port", "p1"),
        "port p1 is gone",
    ),
    "the bridge is gone": (
        lambda link: new("port", "p2", bridge="br0", type="internal"),
        ("del-br", "br0"),
        "there is no bridge br0",
    ),
    "the name is taken": (
        lambda link: new("port", "p2", bridge="br0", type="internal"),
        ("add-port", "br1", "p2"),
        "the name p2 is taken on this host: by a port of bridge br1",
    ),
    "the name is a bond's device": (
        lambda link: new("port", "eth8", bridge="br0"),
        ("add-bond", "br1", "bond0", "eth8", "eth9"),
        "constraint violation.*eth8",
    ),
    "the port has moved": (
        lambda link: removed(link, "port", "p1"),
        ("del-port", "p1", "--", "add-port", "br1", "p1"),
        "p1 is a port of bridge br1 by now",
    ),
    "the tunnel leads elsewhere": (
        lambda link: changed(link, "tunnel", "gre12", key=6),
        ("set", "interface", "gre12", "options:key=7"),
        "key of tunnel gre12 is 7 by now, not 5",
    ),
    "the uplink is another": (
        lambda link: changed(link, "bridge", "br0", uplink="eth2"),
        ("del-port", "eth1"),
        "the uplink of bridge br0 is none by now, not eth1",
    ),
    "the MTU is another": (
        lambda link: changed(link, "bridge", "br2", mtu=1400),
        ("set", "interface", "br2", "mtu_request=1300"),
        "the MTU of bridge br2 is 1300 by now, not 1450",
    ),
    "the bridge has got a port": (
        lambda link: removed(link, "bridge", "br1"),
        ("add-port", "br1", "eth9"),
        "bridge br1 has got ports meanwhile: eth9",
    ),
}


@pytest.mark.parametrize("case", COMPETITORS)
def test_a_competing_writer_wins_and_is_named(bare, links, case):
    make, commands, words = COMPETITORS[case]
    link = links(bare)
    link.apply(OURS, silent)
    also = new("bridge", "br9")  # of the same call: all or nothing
    change = make(link)
    bare.vsctl(*commands)
    before = dump(bare)
    with pytest.raises(ApplyFailed, match=words) as caught:
        link.apply([also, change], silent)
    assert caught.value.change in (change, None)
    assert caught.value.done == ()
    assert caught.value.help
    assert dump(bare) == before


def test_what_others_change_elsewhere_does_no_harm(bare, links):
    link = links(bare)
    link.apply(OURS, silent)
    change = removed(link, "bridge", "br1")
    also = changed(link, "tunnel", "gre12", key=6)
    bare.vsctl("add-port", "br0", "eth9", "--", "set", "interface", "gre12", "options:tos=inherit")
    link.apply([also, change], silent)
    assert found(link, "port", "eth9")
    assert found(link, "tunnel", "gre12").get("key") == 6
    assert bare.vsctl("get", "interface", "gre12", "options:tos").strip() == "inherit"


def test_a_host_without_the_database_has_no_such_service(links, tmp_path):
    class Nowhere:
        host_attributes = {"ovsdb": f"unix:{tmp_path}/db.sock"}  # noqa: RUF012

    with pytest.raises(ServiceAbsent, match="kvm1 has no Open vSwitch"):
        links(Nowhere)


def test_the_log_of_the_database_tells_who_changed_what(bare, links):
    links(bare).apply(OURS, silent)
    import subprocess

    log = subprocess.run(
        ["ovsdb-tool", "show-log", str(bare.folder / "conf.db")], capture_output=True, text=True, check=True
    ).stdout
    assert "vnetsh: add bridge br0 on kvm1; add port p1 on kvm1; add port eth3 on kvm1 and 3 more" in log
