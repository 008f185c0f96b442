"""What changes of OVS cost, and what speaks against them."""

import time
from dataclasses import replace

import pytest

from vnetsh.errors import BackendRefused
from vnetsh.hosts.boot.keeping import AtStart
from vnetsh.model import Fleet, Host, Resource
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.model.facts import SWITCHED_OFF
from vnetsh.model.reboot import SURVIVES
from vnetsh.schema import BadValue
from vnetsh_ovs.backend import OvsBackend
from vnetsh_ovs.devices import foreign
from vnetsh_ovs.fields import FIELDS, Field
from vnetsh_ovs.observing import OvsFacts, View, facts
from vnetsh_ovs.rows import Index
from vnetsh_ovs.translating import translate
from vnetsh_ovsdb.layout import Layout
from vnetsh_ovsdb.remote import Remote, parse_remote
from vnetsh_ovsdb.transaction import Conflict

BACKEND = OvsBackend()


def thing(kind, name, parent=None, backend="ovs", **attributes):
    return Resource(kind, name, "kvm1", attributes, parent, backend)


BR0 = thing("bridge", "br0", backend="ovs", uplink="eth0")
BR1 = thing("bridge", "br1")
EMPTY = thing("bridge", "br2")
P1 = thing("port", "p1", ("bridge", "br1"), bridge="br1", type="internal", vlan=10)
TUN = thing("tunnel", "gre12", bridge="br1", type="gre", remote="192.0.2.2", key=5)
NIC = thing("port", "web_port1", ("vm", "web"), backend="libvirt", bridge="br0", vm="web", type="vm")
FACTS = OvsFacts(
    taps={"web_port1": "br0", "other0": "br1"},
    uplinks={"eth0": "br0"},
    addresses={"eth0": [], "eth1": ["192.0.2.1/24"], "eth2": [], "eth4": ["192.0.2.4/24"]},
    leased=["eth4"],
    masters={"eth0": "ovs-system", "eth3": "virbr0"},
    devices={"tap9": "tun", "eth1": ""},
)


def fleet(*resources):
    hosts = {"kvm1": Host("kvm1")}
    return Fleet(
        hosts, {r.key: r for r in resources or (BR0, BR1, EMPTY, P1, TUN, NIC)}, {("kvm1", "ovs"): FACTS}
    )


def assess(before, after, on=None):
    action = ActionKind.CHANGE if before and after else ActionKind.ADD if after else ActionKind.REMOVE
    return BACKEND.assess(Change(action, before, after), on or fleet())


COSTS = {
    "new bridge": (None, thing("bridge", "br9"), Impact.NONE, ()),
    "new bridge with uplink": (None, thing("bridge", "br9", uplink="eth2"), Impact.NONE, ()),
    "new port": (None, thing("port", "p9", ("bridge", "br0"), bridge="br0"), Impact.NONE, ()),
    "new tunnel": (None, thing("tunnel", "t9", bridge="br0", type="vxlan", key=2**24 - 1), Impact.NONE, ()),
    "uplink added": (BR1, BR1.with_attributes(uplink="eth2"), Impact.LIVE, ()),
    "mtu": (BR0, BR0.with_attributes(mtu=1400), Impact.LIVE, ()),
    "uplink removed": (BR0, BR0.with_attributes(uplink=None), Impact.BRIEF, ("web",)),
    "uplink replaced": (BR0, BR0.with_attributes(uplink="eth2"), Impact.BRIEF, ("web",)),
    "empty bridge removed": (EMPTY, None, Impact.NONE, ()),
    "bridge removed": (BR1, None, Impact.BRIEF, ()),
    "port removed": (P1, None, Impact.BRIEF, ()),
    "tunnel removed": (TUN, None, Impact.NONE, ()),
    "vlan": (P1, P1.with_attributes(vlan=11), Impact.BRIEF, ()),
    "remote": (TUN, TUN.with_attributes(remote="192.0.2.3"), Impact.BRIEF, ()),
    "type": (TUN, TUN.with_attributes(type="vxlan"), Impact.BRIEF, ()),
    "moved": (TUN, TUN.with_attributes(bridge="br0"), Impact.BRIEF, ()),
}


@pytest.mark.parametrize("case", COSTS)
def test_cost(case):
    before, after, impact, hits = COSTS[case]
    found = assess(before, after)
    assert found.problem is None
    assert (found.impact, found.hits) == (impact, hits)
    assert bool(found.how) == (before is not None)  # of what is new the plan says enough


def test_a_changed_mtu_is_none_of_the_nics():
    assert assess(BR0, BR0.with_attributes(mtu=1400)).how == "NICs of vms keep the MTU that they have"
    assert assess(EMPTY, EMPTY.with_attributes(mtu=1400)).how == ""


def test_the_link_with_the_hosts_address_is_the_underlay():
    links = [
        {"ifname": "eth0", "mtu": 9000, "addr_info": []},
        {
            "ifname": "eth1",
            "mtu": 1480,
            "addr_info": [{"local": "192.0.2.1", "prefixlen": 24, "scope": "global", "family": "inet"}],
        },
    ]
    view = View(Index(None, {"Bridge": {}, "Interface": {}, "Open_vSwitch": {"": {}}}, ""), "kvm1")
    found = facts(view, "3.1", links, "192.0.2.1")
    assert (found.underlay_link, found.mtus) == ("eth1", {"eth0": 9000, "eth1": 1480})
    for unknown in (facts(view, "3.1", links, "192.0.2.9"), facts(view, "3.1", None, "192.0.2.1")):
        assert unknown.underlay_link == ""


@pytest.mark.parametrize(("datapath", "way"), [("netdev", "eth0"), ("", "br0")])
def test_the_userspace_datapath_sends_by_the_uplink(datapath, way):
    address = {"local": "192.0.2.1", "prefixlen": 24, "scope": "global", "family": "inet"}
    links = [{"ifname": "eth0", "mtu": 9000}, {"ifname": "br0", "mtu": 1500, "addr_info": [address]}]
    tables = {
        "Open_vSwitch": {"": {}},
        "Bridge": {"b": {"name": "br0", "datapath_type": datapath, "ports": ["uuid", "p"]}},
        "Port": {"p": {"name": "eth0", "interfaces": ["uuid", "i"]}},
        "Interface": {"i": {"name": "eth0"}},
    }
    layout = Layout("", {}, {"Bridge": {}, "Port": {}, "Interface": {}}, {}, {})
    found = facts(View(Index(layout, tables, ""), "kvm1"), "3.1", links, "192.0.2.1")
    assert found.underlay_link == way


def test_a_tunnel_that_changes_hits_the_vms_of_its_bridge():
    tunnel = TUN.with_attributes(bridge="br0")
    anew = tunnel.with_attributes(key=7)
    assert assess(tunnel, anew, fleet(BR0, tunnel, NIC)).hits == ("web",)
    web = thing("vm", "web", state="stopped")
    assert assess(tunnel, anew, fleet(BR0, tunnel, NIC, web)).hits == ()  # it is off: nothing happens to it


def new_port(name):
    return thing("port", name, ("bridge", "br1"), bridge="br1", type="internal")


PROBLEMS = {
    "vms on it": (BR0, None, "E401", "`web`"),
    "uplink of another": (BR1, BR1.with_attributes(uplink="eth0"), "E402", "`br0`"),
    "uplink of a new bridge": (None, thing("bridge", "br9", uplink="eth0"), "E402", "`br0`"),
    "uplink in a Linux bridge": (BR1, BR1.with_attributes(uplink="eth3"), "E402", "`virbr0`"),
    "uplink is a port elsewhere": (BR0, BR0.with_attributes(uplink="p1"), "E402", "`br1`"),
    "port with address": (
        None,
        thing("port", "eth1", ("bridge", "br1"), bridge="br1"),
        "E403",
        "192.0.2.1/24",
    ),
    "vni": (None, thing("tunnel", "t9", bridge="br1", type="vxlan", key=2**24), "E404", "24 bits"),
    "vni by type": (TUN, TUN.with_attributes(type="geneve", key=2**24), "E404", "24 bits"),
    "tunnel named as a port": (
        None,
        thing("tunnel", "p1", bridge="br0", type="gre"),
        "E405",
        "port of bridge `br1`",
    ),
    "port named as a tunnel": (None, new_port("gre12"), "E405", "tunnel of bridge `br1`"),
    "port named as a bridge": (None, new_port("br0"), "E405", "the bridge `br0` itself"),
    "port named as an uplink": (None, new_port("eth0"), "E405", "uplink of bridge `br0`"),
    "tunnel named as a vm's port": (
        None,
        thing("tunnel", "web_port1", bridge="br1", type="gre"),
        "E405",
        "vm's port",
    ),
    "internal port named as a tap": (None, new_port("tap9"), "E405", "of the host's own (of kind tun)"),
    "bridge named as a port": (None, thing("bridge", "p1"), "E405", "port of bridge `br1`"),
    "bridge named as a tunnel": (None, thing("bridge", "gre12"), "E405", "tunnel of bridge `br1`"),
    "bridge named as a vm's port": (None, thing("bridge", "web_port1"), "E405", "vm's port"),
    "bridge named as an uplink": (None, thing("bridge", "eth0"), "E405", "uplink of bridge `br0`"),
    "bridge named as a NIC": (None, thing("bridge", "eth1"), "E405", "of the host's own"),
}


OUT = {
    "uplink of another": "`bridge br0 on kvm1 uplink none`",
    "uplink in a Linux bridge": "`ip link set eth3 nomaster` on kvm1",
    "uplink is a port elsewhere": "`delete port p1 on kvm1`",
}


@pytest.mark.parametrize("name", OUT)
def test_how_a_nic_is_taken_out_of_its_bridge(name):
    before, after, _, _ = PROBLEMS[name]
    assert OUT[name] in assess(before, after).problem.help


@pytest.mark.parametrize("case", PROBLEMS)
def test_problem(case):
    before, after, code, words = PROBLEMS[case]
    problem = assess(before, after).problem
    assert problem.code == code
    assert words in problem.message
    assert problem.help


def test_devices_that_are_in_nobodys_way():
    for new in (
        thing("port", "tap9", ("bridge", "br1"), bridge="br1", type="system"),
        thing("tunnel", "tap9", bridge="br1", type="gre"),
        new_port("tap8"),
    ):
        assert assess(None, new).problem is None
    bare = Fleet({"kvm1": Host("kvm1", attributes={"vswitchd": "skip"})}, {}, {("kvm1", "ovs"): FACTS})
    assert assess(None, new_port("tap9"), bare).problem is None


def link(name, kind="", *flags, **more):
    return {"ifname": name, "flags": ["UP", *flags], "linkinfo": {"info_kind": kind}, **more}


def test_whose_a_device_is():
    links = [
        {"ifname": "eth0", "flags": ["PROMISC"]},
        link("own0", "tun"),  # known to the database
        link("left0", "tun", "PROMISC"),  # a killed vswitchd's, in userspace
        link("left1", "openvswitch"),  # the same, in the kernel
        link("tap0", "tun"),
        link("tap1", "tun", "PROMISC", master="virbr0"),
        link("virbr0", "bridge"),  # the fleet's
        link("veth0", "veth"),
    ]
    assert foreign(links, {"own0"}) == {"eth0": "", "tap0": "tun", "tap1": "tun", "veth0": "veth"}


def test_a_kernel_without_datapath_refuses_new_bridges_only():
    on = Fleet(
        {"kvm1": Host("kvm1")}, {BR1.key: BR1}, {("kvm1", "ovs"): replace(FACTS, no_kernel_datapath=True)}
    )
    problem = assess(None, thing("bridge", "br9"), on).problem
    assert problem.code == "E406"
    assert "`host kvm1 … datapath netdev`" in problem.help
    assert assess(BR1, BR1.with_attributes(uplink="eth2"), on).problem is None
    restored = replace(thing("bridge", "br9"), record={"Bridge": {}})
    assert assess(None, restored, on).problem is None


def test_an_uplink_with_addresses_says_what_becomes_of_them():
    for before, after in (
        (None, thing("bridge", "br9", uplink="eth1")),
        (BR1, BR1.with_attributes(uplink="eth1")),
    ):
        found = assess(before, after)
        assert found.problem is None
        assert found.impact is Impact.BRIEF
        assert f"192.0.2.1/24 and routes move from eth1 to {after.name}" in found.how
        assert "after 30 s" in found.how
        assert "lease" not in found.how
    asked = BR1.with_attributes(**{"uplink": "eth1", SURVIVES: "yes"})
    assert assess(BR1, asked).until_reboot == ""
    for start, nic, why in (
        (AtStart("", "the host has neither ifupdown nor systemd"), "eth1", "neither ifupdown"),
        (AtStart("systemd", managers=["systemd"]), "eth1", "nothing is known there that gives eth1"),
        (AtStart("ifupdown", managers=["ifupdown"]), "eth4", "its address is leased"),
    ):
        on = Fleet({"kvm1": Host("kvm1")}, {BR1.key: BR1}, {("kvm1", "ovs"): replace(FACTS, at_start=start)})
        assert why in assess(BR1, BR1.with_attributes(uplink=nic), on).until_reboot
    assert "lease is not renewed" in assess(BR1, BR1.with_attributes(uplink="eth4")).how
    for configured, code in ((["eth0"], ""), (["eth1"], "E534")):
        start = AtStart("systemd", managers=["systemd", "NetworkManager"], configured=configured)
        on = Fleet({"kvm1": Host("kvm1")}, {BR1.key: BR1}, {("kvm1", "ovs"): replace(FACTS, at_start=start)})
        problem = assess(BR1, BR1.with_attributes(uplink="eth1"), on).problem
        assert (problem.code if problem else "") == code


def test_a_nic_that_is_down_is_said_to_be():
    facts = replace(FACTS, down={"eth7": SWITCHED_OFF, "eth8": "has no carrier"})
    on = Fleet({"kvm1": Host("kvm1")}, {BR1.key: BR1}, {("kvm1", "ovs"): facts})
    for name, down in (("eth7", True), ("eth8", False), ("eth9", False)):
        found = assess(None, thing("port", name, bridge="br1"), on)
        assert ("nothing passes before `ip link set eth7 up`" in found.how) == down
    bond = thing("port", "bond0", bridge="br1", type="bond", nics=("eth6", "eth7"))
    assert "eth7 is down" in assess(None, bond, on).how
    assert "is down" not in assess(bond, bond.with_attributes(lacp="active"), on).how


def test_the_host_says_how_long_it_waits():
    hosts = {"kvm1": Host("kvm1", attributes={"confirm": 5})}
    on = Fleet(hosts, {BR1.key: BR1}, {("kvm1", "ovs"): FACTS})
    assert "after 5 s" in assess(BR1, BR1.with_attributes(uplink="eth1"), on).how


def test_addresses_go_back_with_the_uplink():
    facts = replace(FACTS, addresses={"br0": ["192.0.2.1/24"], "eth2": []})
    on = Fleet({"kvm1": Host("kvm1")}, {BR0.key: BR0}, {("kvm1", "ovs"): facts})
    for after in (BR0.with_attributes(uplink=None), None):
        found = assess(BR0, after, on)
        assert found.impact is Impact.BRIEF
        assert "move from br0 to eth0; taken back after 30 s" in found.how
    replaced = assess(BR0, BR0.with_attributes(uplink="eth2"), on).how
    assert "move" not in replaced
    assert "taken back after 30 s" in replaced


def test_a_wide_gre_key_is_fine():
    assert assess(None, thing("tunnel", "t9", bridge="br1", type="gre", key=2**32 - 1)).problem is None


def test_what_was_freed_before_is_free():
    freed = fleet(BR0.with_attributes(uplink=None), BR1, P1)
    assert assess(BR1, BR1.with_attributes(uplink="eth0"), freed).problem is None
    assert assess(None, new_port("eth0"), freed).problem is None
    assert assess(None, new_port("web_port1"), freed).problem is None
    assert assess(BR0, None, freed).problem is None


def test_an_uplink_that_stays_is_not_asked_about():
    held = thing("bridge", "br3", uplink="eth1")
    assert assess(held, held.with_attributes(other=1), fleet(held)).problem is None


def test_thousands_of_changes_are_assessed_quickly():
    ports = [thing("port", f"p{n}", ("bridge", "br1"), bridge="br1") for n in range(3000)]
    vms = [thing("port", f"v{n}", ("vm", f"vm{n}"), bridge="br0", vm=f"vm{n}") for n in range(3000)]
    on = fleet(BR0, BR1, *ports, *vms)
    started = time.monotonic()
    for port in ports:
        assert assess(port, None, on).impact is Impact.BRIEF
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("text", "remote"),
    [
        ("unix:/run/ovs/db.sock", Remote("unix", path="/run/ovs/db.sock")),
        ("ssl:192.0.2.1:6640", Remote("ssl", address="192.0.2.1", port=6640)),
        ("ssl:[2001:db8::1]:6640", Remote("ssl", address="2001:db8::1", port=6640)),
        ("tcp:kvm1.example:6640", Remote("tcp", address="kvm1.example", port=6640)),
    ],
)
def test_places_of_databases(text, remote):
    assert parse_remote(text) == remote


@pytest.mark.parametrize(
    "text", ["", "unix:db.sock", "ssl:host", "ssl::6640", "tcp:h:0", "tcp:h:70000", "http://h:80"]
)
def test_places_that_are_none(text):
    with pytest.raises(BadValue):
        parse_remote(text)


def test_it_serves_real_hosts_and_the_labs():
    assert BACKEND.serves(Host("kvm1"))
    assert BACKEND.serves(Host("kvm1", world="lab"))
    assert not BACKEND.serves(Host("kvm1", world="demo"))


def test_kinds_that_it_does_not_make_are_refused():
    strange = Change(ActionKind.ADD, None, thing("router", "r1"))
    with pytest.raises(BackendRefused, match="makes no router"):
        BACKEND.assess(strange, fleet())
    assert BACKEND.commands(strange, fleet(), fleet()) == []
    with pytest.raises(Conflict, match="makes no router"):
        translate([strange], Index(None, {}, ""), "")


def test_its_attributes_are_its_fields():
    fields = {field.attribute for field in FIELDS if field.kind == "port"}
    assert BACKEND.attributes["port"] == {*fields, SURVIVES, "mirror"}
    assert BACKEND.attributes.keys() == BACKEND.kinds


NUMBERS, WRAPS, ETHTYPE = (
    next(field for field in FIELDS if (field.kind, field.attribute) == ("port", name))
    for name in ("trunk", "qinq", "qinq-ethtype")
)
TUNNEL = {"tag": 5, "vlan_mode": "dot1q-tunnel"}
BY_802_1Q = {"other_config": ["map", [["qinq-ethtype", "802.1q"]]]}
NATIVE = {"trunks": ["set", [5, 10, 30]], "tag": 5, "vlan_mode": "native-untagged"}
FORMS = {
    "scalar": (Field("port", "n", "Port", "tag"), {"tag": 7}, 7),
    "none": (Field("port", "n", "Port", "tag"), {"tag": ["set", []]}, None),
    "numbers": (NUMBERS, {"trunks": ["set", [30, 10]]}, (10, 30)),
    "one number": (NUMBERS, {"trunks": 10}, (10,)),
    "numbers and their mode": (NUMBERS, {"trunks": ["set", [10, 30]], "vlan_mode": "trunk"}, (10, 30)),
    "another mode": (NUMBERS, {"trunks": ["set", [10, 30]], "vlan_mode": "access"}, None),
    "a native one": (NUMBERS, NATIVE, (10, 30)),
    "not with a tag": (NUMBERS, {"trunks": ["set", [10, 30]], "tag": 5}, None),
    "what it wraps": (WRAPS, TUNNEL, ("all",)),
    "some of a customer's VLANs": (WRAPS, {**TUNNEL, "cvlans": ["set", [20, 0]]}, (0, 20)),
    "no VLAN to wrap into": (WRAPS, {**TUNNEL, "tag": ["set", []]}, None),
    "no trunk": (NUMBERS, {**TUNNEL, "trunks": 10}, None),
    "an Ethernet type": (ETHTYPE, {**TUNNEL, **BY_802_1Q}, "802.1q"),
    "the usual one": (ETHTYPE, {**TUNNEL, "other_config": ["map", [["qinq-ethtype", "802.1ad"]]]}, None),
    "one of what is not wrapped": (ETHTYPE, {"tag": 5, **BY_802_1Q}, None),
}


@pytest.mark.parametrize("case", FORMS)
def test_what_rows_say(case):
    field, row, value = FORMS[case]
    assert field.read(row) == value


def test_what_goes_together_is_cleared_together():
    none, numbers = ["set", []], ["set", [10, 30]]
    trunk = {"tag": none, "trunks": numbers, "vlan_mode": "trunk", "cvlans": none}
    assert NUMBERS.columns_for({"trunk": (10, 30)}) == trunk
    native = {"tag": 5, "trunks": numbers, "vlan_mode": "native-untagged", "cvlans": none}
    assert NUMBERS.columns_for({"trunk": (10, 30), "vlan": 5}) == native
    assert NUMBERS.columns_for({}) == {"tag": none, "trunks": none, "vlan_mode": none, "cvlans": none}
    wraps = {"tag": 5, "trunks": none, "vlan_mode": "dot1q-tunnel", "cvlans": none}
    assert WRAPS.columns_for({"vlan": 5, "qinq": ("all",)}) == wraps
    assert WRAPS.columns_for({"vlan": 5, "qinq": (10, 20)}) == {**wraps, "cvlans": ["set", [10, 20]]}
    vlan = next(field for field in FIELDS if (field.kind, field.attribute) == ("port", "vlan"))
    assert vlan.columns_for({"vlan": 6, "qinq": ("all",)}) == {**wraps, "tag": 6}
