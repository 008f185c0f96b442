"""Marks, uplinks, steps and lines for `ip -batch`, without a kernel."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from vnetsh.errors import BackendRefused
from vnetsh.model import Value
from vnetsh_linuxbridge.encap import NOWHERE, Encap, device_of, ends_in, new_encap, second_name
from vnetsh_linuxbridge.links import Link, links_of, uplink_of
from vnetsh_linuxbridge.steps import (
    AddBridge,
    AddTunnel,
    DeleteLink,
    SetFlags,
    SetFlood,
    SetLink,
    SetOptions,
    SetRemote,
    SetSecondName,
    SetStatic,
    SetVlans,
    Step,
    steps,
    taken_back,
    unseen,
)
from vnetsh_linuxbridge.vlans import EVERY, USUAL, Vlans, said, table_of
from vnetsh_linuxbridge.way_ip import line, program_of


@pytest.mark.parametrize("alias", ["", "to the core", "vnetshed", "my vnetsh uplink cable"])
@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("uplink", [True, False])
def test_a_port_comes_back_as_it_was(alias: str, up: bool, uplink: bool) -> None:
    link = Link("eth0", up=up, alias=alias)
    assert not link.marked
    taken = link.taken_in("br0", uplink=uplink)
    assert (taken.master, taken.up, taken.marked, taken.marked_uplink) == ("br0", True, True, uplink)
    assert taken.released() == link


def test_what_vnetsh_did_not_take_in_stays_up_when_released() -> None:
    link = Link("eth0", up=True, alias="to the core", master="br0", flags={"hairpin": True})
    assert link.released() == Link("eth0", up=True, alias="to the core")


def test_a_lone_nic_is_the_uplink_of_a_foreign_bridge() -> None:
    """No real NIC can be had in a namespace: the kernel gives every software device a kind."""
    nic, veth = Link("eth0", master="br0"), Link("v0", "veth", master="br0")
    made = Link("v1", "veth", alias="vnetsh uplink", master="br0")
    assert uplink_of([nic, veth]) is nic
    assert uplink_of([nic, Link("eth1", master="br0")]) is None
    assert uplink_of([Link("eth0", alias="vnetsh", master="br0")]) is None
    assert uplink_of([nic, made]) is made


def test_steps_release_before_they_delete_and_make_before_they_join() -> None:
    have = {
        link.name: link
        for link in (Link("old", "bridge", up=True), Link("eth0", master="old"), Link("eth1", master="old"))
    }
    want = {
        "eth0": Link("eth0"),
        "eth1": Link("eth1", master="new", up=True, flags={"hairpin": True}),
        "new": Link("new", "bridge", up=True, alias="vnetsh", mtu=0),
    }
    assert steps(have, want) == [
        SetLink("eth0", master=""),
        DeleteLink("old"),
        AddBridge("new", options={}),
        SetLink("eth1", master="new"),
        SetFlags("eth1", {"hairpin": True}),
        SetLink("eth1", up=True),
        SetLink("new", alias="vnetsh", up=True),
    ]
    assert steps(want, want) == []


def test_an_mtu_is_set_only_where_the_kernel_would_choose_another() -> None:
    port = Link("eth0", master="br0", up=True, mtu=9000)
    for mtu, last in ((0, None), (9000, None), (1400, SetLink("br0", mtu=1400))):
        bridge = Link("br0", "bridge", up=True, mtu=mtu)
        made = steps({"eth0": replace(port, master="")}, {"eth0": port, "br0": bridge})
        assert made[2:] == [SetLink("br0", up=True), *([last] if last else [])]


def test_an_mtu_of_what_is_there_is_set_where_it_differs() -> None:
    have = Link("br0", "bridge", up=True)
    assert steps({"br0": have}, {"br0": replace(have, mtu=0)}) == []
    assert steps({"br0": have}, {"br0": replace(have, mtu=1400)}) == [SetLink("br0", mtu=1400)]


def test_taking_back_sets_no_mtu_that_was_not_set() -> None:
    before = {
        "br0": Link("br0", "bridge", mtu=1500),
        "br1": Link("br1", "bridge", mtu=1400),
        "br2": Link("br2", "bridge", mtu=1300),
        "eth0": Link("eth0", mtu=9000),
    }
    planned = [
        SetLink("br0", up=True),
        SetLink("br1", mtu=1450),
        DeleteLink("br2"),
        SetLink("eth0", master="br0"),
    ]
    found = taken_back(before, planned)
    assert {name: link.mtu for name, link in found.items()} == {
        "br0": 0,
        "br1": 1400,
        "br2": 1300,
        "eth0": 9000,
    }


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (AddBridge("br0"), "link add name br0 type bridge"),
        (
            AddBridge("br0", "52:54:00:00:00:01", {"stp_state": 1}),
            "link add name br0 address 52:54:00:00:00:01 type bridge stp_state 1",
        ),
        (SetLink("br0", mtu=1400), "link set dev br0 mtu 1400"),
        (DeleteLink("br0"), "link delete dev br0"),
        (
            SetLink("eth0", master="br0", alias="vnetsh", up=True),
            "link set dev eth0 master br0 alias vnetsh up",
        ),
        (SetLink("eth0", master="", alias="", up=False), 'link set dev eth0 nomaster alias "" down'),
        (
            SetFlags("eth0", {"hairpin": True, "flood": False}),
            "link set dev eth0 type bridge_slave hairpin on flood off",
        ),
    ],
)
def test_lines_for_ip_batch(step: AddBridge | DeleteLink | SetLink | SetFlags, words: str) -> None:
    assert line(step) == words


@pytest.mark.parametrize("alias", ["two words", "it's", 'a "quote"', "größer", "a;b|c $(d)"])
def test_a_text_stays_one_word(alias: str) -> None:
    assert shlex.split(line(SetLink("eth0", alias=alias)))[-1] == alias


@pytest.mark.parametrize("alias", ["a\nlink delete eth0", "# cut", "both ' and \"", "continued\\"])
def test_a_text_that_would_be_read_as_something_else_is_refused(alias: str) -> None:
    with pytest.raises(BackendRefused):
        line(SetLink("eth0", alias=alias))


def test_a_tree_goes_off_before_its_delays_change_and_on_after() -> None:
    usual = {"stp_state": 0, "forward_delay": 0, "ageing_time": 30000}
    tree = {"stp_state": 1, "forward_delay": 400, "ageing_time": 30000}
    off, on = ({"br0": Link("br0", "bridge", options=options)} for options in (usual, tree))
    assert steps(off, on) == [
        SetOptions("br0", {"forward_delay": 400}),
        SetOptions("br0", {"stp_state": 1}),
    ]
    assert steps(on, off) == [
        SetOptions("br0", {"stp_state": 0}),
        SetOptions("br0", {"forward_delay": 0, "ageing_time": 30000}),
    ]


def test_delays_of_a_bridge_that_follows_are_not_to_be_seen() -> None:
    links = {"br0": Link("br0", "bridge", follows=True), "br1": Link("br1", "bridge")}
    assert unseen(links, SetOptions("br0", {"forward_delay": 400}))
    assert not unseen(links, SetOptions("br1", {"forward_delay": 400}))
    assert not unseen(links, SetOptions("br0", {"forward_delay": 400, "ageing_time": 0}))


def bridge_entry(**data: int) -> Link:
    entry = {
        "ifname": "br0",
        "mtu": 1500,
        "flags": [],
        "linkinfo": {"info_kind": "bridge", "info_data": data},
    }
    return links_of([entry])["br0"]


def test_what_a_changing_tree_has_a_bridge_forget_is_none_of_its_options() -> None:
    said = {"forward_delay": 400, "ageing_time": 800}
    assert bridge_entry(**said, topology_change=1).options["ageing_time"] == 30000
    assert bridge_entry(**said, topology_change=0).options["ageing_time"] == 800
    assert bridge_entry(forward_delay=400, ageing_time=2000, topology_change=1).options["ageing_time"] == 2000


@pytest.mark.parametrize(
    ("there", "wanted", "anew"),
    [
        (Encap(42, "192.0.2.2"), Encap(42, "192.0.2.3"), False),
        (Encap(42, "192.0.2.2"), Encap(42, "2001:db8::2"), True),
        (Encap(42, "192.0.2.2"), Encap(43, "192.0.2.2"), True),
        (Encap(42, "192.0.2.2", learning=True), Encap(42, "192.0.2.3", learning=True), True),
        (Encap(42), Encap(42, "192.0.2.3"), True),
    ],
)
def test_what_of_a_tunnel_changes_in_place(there: Encap, wanted: Encap, anew: bool) -> None:
    have, want = (
        {"vx1": Link("vx1", "vxlan", encap=vxlan, mac="02:00:00:00:00:01")} for vxlan in (there, wanted)
    )
    done = steps(have, want)
    if anew:
        assert done == [DeleteLink("vx1"), AddTunnel("vx1", wanted, "02:00:00:00:00:01")]
    else:
        assert done == [SetRemote("vx1", "192.0.2.3")]
    assert steps(want, want) == []


def test_tunnels_of_a_mesh_are_told_by_second_names_and_floods() -> None:
    device = Link("m", "vxlan", master="br0", encap=Encap(42), alias="vnetsh:lab.vnet tunnel of m")
    two = replace(device, ends={"a": "192.0.2.2", "b": "192.0.2.3"})
    one = replace(device, ends={"b": "192.0.2.4"})
    assert steps({"m": two}, {"m": one}) == [
        SetFlood("m", "192.0.2.2", on=False),
        SetFlood("m", "192.0.2.3", on=False),
        SetSecondName("m", "a@192.0.2.2", on=False),
        SetSecondName("m", "b@192.0.2.3", on=False),
        SetSecondName("m", "b@192.0.2.4", on=True),
        SetFlood("m", "192.0.2.4", on=True),
    ]
    assert steps({}, {"m": replace(one, up=True, flags={"isolated": True})}) == [
        AddTunnel("m", Encap(42)),
        SetLink("m", alias=device.alias),
        SetSecondName("m", "b@192.0.2.4", on=True),
        SetFlood("m", "192.0.2.4", on=True),
        SetLink("m", master="br0"),
        SetFlags("m", {"isolated": True}),
        SetLink("m", up=True),
    ]
    assert steps({"m": device}, {"m": device}) == [DeleteLink("m")], "a killed run left it"
    assert (two.mesh, two.owner, two.tunnel) == ("m", "lab.vnet", True)
    assert ends_in([second_name("a", "2001:db8::2"), "enp1s0"]) == {"a": "2001:db8::2"}


def test_a_name_without_its_flood_is_what_a_killed_run_left() -> None:
    entry = {
        "ifname": "m", "mtu": 1500, "flags": [], "master": "br0", "ifalias": "vnetsh tunnel of m",
        "altnames": ["a@192.0.2.2", "b@192.0.2.3", "uplink0"],
        "linkinfo": {"info_kind": "vxlan", "info_data": {"id": 42, "port": 4789}},
    }  # fmt: skip
    links = links_of([entry], {"m": {NOWHERE: ["192.0.2.2", "192.0.2.9"]}})
    assert (links["m"].ends, links["m"].stale) == ({"a": "192.0.2.2"}, ("b@192.0.2.3",))
    assert links["m"].encap
    assert links["m"].encap.others[-1] == "flooding to 192.0.2.9"
    assert steps(links, links) == [SetSecondName("m", "b@192.0.2.3", on=False)]


@pytest.mark.parametrize(
    ("step", "typed"),
    [
        (SetOptions("br0", {"stp_state": 1}), "ip link set dev br0 type bridge stp_state 1"),
        (AddTunnel("vx1", Encap(42, "192.0.2.2")),
         "ip link add name vx1 type vxlan id 42 remote 192.0.2.2 dstport 4789 nolearning"),
        (AddTunnel("m", Encap(0, "::", "fd00::1", 8472, learning=True, ttl="inherit", tos="0x4"), "02:00:00:00:00:01"),
         "ip link add name m address 02:00:00:00:00:01 type vxlan id 0 remote :: local fd00::1 dstport 8472 "
         "learning ttl inherit tos 0x4"),
        (AddTunnel("g1", Encap(None, "192.0.2.2", ttl="64", kind="gretap")),
         "ip link add name g1 type gretap remote 192.0.2.2 ttl 64"),
        (AddTunnel("g1", Encap(7, "192.0.2.2", "192.0.2.1", ttl="inherit", kind="gretap", df=False, csum=True)),
         "ip link add name g1 type gretap key 7 remote 192.0.2.2 local 192.0.2.1 nopmtudisc csum ttl inherit"),
        (AddTunnel("g1", new_encap("gre", 7, "2001:db8::2")),
         "ip link add name g1 type ip6gretap key 7 remote 2001:db8::2 encaplimit none ttl 64"),
        (SetVlans("p0", "10 pvid untagged", on=True), "bridge vlan add vid 10 pvid untagged dev p0"),
        (SetVlans("br0", "2-4094", on=False, itself=True), "bridge vlan del vid 2-4094 dev br0 self"),
        (SetRemote("vx1", "192.0.2.3"), "ip link set dev vx1 type vxlan remote 192.0.2.3"),
        (SetFlood("m", "192.0.2.3", on=True), "bridge fdb append 00:00:00:00:00:00 dev m dst 192.0.2.3"),
        (SetFlood("m", "192.0.2.3", on=False), "bridge fdb del 00:00:00:00:00:00 dev m dst 192.0.2.3"),
        (SetSecondName("m", "a@192.0.2.3", on=True), "ip link property add dev m altname a@192.0.2.3"),
        (SetSecondName("m", "a@192.0.2.3", on=False), "ip link property del dev m altname a@192.0.2.3"),
    ],
)  # fmt: skip
def test_steps_as_somebody_would_type_them(step: Step, typed: str) -> None:
    assert f"{program_of(step)} {line(step)}" == typed


@pytest.mark.parametrize(
    ("vlans", "sentence"),
    [
        (USUAL, (None, None)),
        (EVERY, (1, tuple(range(2, 4095)))),
        (("10 pvid untagged",), (10, None)),
        (("10", "20-22"), (None, (10, 20, 21, 22))),
        (("5", "10 pvid untagged", "20"), (10, (5, 20))),
        ((), None),
        (("1 pvid untagged", "5 untagged"), None),
        (("1", "5"), None),
        (("1 untagged", "5 pvid untagged"), None),
        (("5 pvid",), None),
    ],
)
def test_tables_of_vlans_and_what_sentences_say(vlans: Vlans, sentence: tuple[Value, Value] | None) -> None:
    assert said(vlans) == sentence
    if sentence:
        assert table_of(*sentence) == vlans


def test_what_goes_of_vlans_goes_first_and_filtering_comes_last() -> None:
    have = {
        "br0": Link("br0", "bridge", up=True),
        "p0": Link("p0", "veth", master="br0", up=True, static=("02:00:00:00:00:01",)),
    }
    want = {
        "br0": replace(have["br0"], filters_vlans=True),
        "p0": replace(have["p0"], vlans=("10 pvid untagged", "20-30")),
    }
    off, *on = (
        SetVlans("p0", "1", on=False),
        SetVlans("p0", "10 pvid untagged", on=True),
        SetVlans("p0", "20-30", on=True),
    )
    address = SetStatic("p0", "02:00:00:00:00:01", on=True)
    assert steps(have, want) == [
        replace(address, on=False), off, *on, SetOptions("br0", {"vlan_filtering": 1}), address,
    ]  # fmt: skip
    assert steps(want, have)[0] == SetOptions("br0", {"vlan_filtering": 0})
    new = {name: replace(link, static=()) for name, link in want.items()}
    assert steps({"p0": Link("p0", "veth")}, new) == [
        AddBridge("br0", options={"vlan_filtering": 1}),
        SetLink("br0", up=True),
        SetLink("p0", master="br0"),
        off,
        *on,
        SetLink("p0", up=True),
    ]


def test_the_device_of_a_mesh_has_a_name_that_the_kernel_takes() -> None:
    assert device_of("overlay") == "overlay"
    long = [device_of(f"a-mesh-of-many-{name}") for name in ("hosts", "guests")]
    assert len(set(long)) == 2
    assert all(len(name) <= 15 for name in long)


def test_what_routers_tell_a_link_is_none_of_its_addresses() -> None:
    told = {"local": "2001:db8::5", "prefixlen": 64, "scope": "global", "dynamic": True, "mngtmpaddr": True}
    leased = {"local": "192.0.2.5", "prefixlen": 24, "scope": "global", "dynamic": True}
    near = {"local": "fe80::5", "prefixlen": 64, "scope": "link"}
    entry = {"ifname": "br0", "flags": ["UP"], "mtu": 1500, "addr_info": [told, leased, near]}
    assert links_of([entry])["br0"].addresses == ("192.0.2.5/24",)
