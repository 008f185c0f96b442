"""Flows as keys of a bridge, as text of ovs-ofctl, and what is said of those that it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from vnetsh.hosts.transport import Completed
from vnetsh.model import ActionKind, Change, Fleet, Host, Resource
from vnetsh_ovs import flow_asking, switching
from vnetsh_ovs.flow_judging import cost_of_flow, foresee, problem_of_flow, still_named
from vnetsh_ovs.flows import (
    FLOW_KEY,
    OWNER_KEY,
    SHOWN_KEY,
    cookie_of,
    dumped,
    flows_of,
    keys_for,
    numbered,
    ports_in,
    shown_of,
    text_of,
    version_of,
)
from vnetsh_ovs.observing import OvsFacts
from vnetsh_ovsdb.operations import as_pairs, as_set

SAID = {
    "bridge": "br0",
    "table": 3,
    "priority": 7,
    "match": "tcp,tp_dst=23",
    "actions": "mod_vlan_vid:5,normal",
}


def flow(name: str = "one", **values: object) -> Resource:
    return Resource("flow", name, "kvm1", {**SAID, **values}, None, "ovs", owner="lab.vnet")  # type: ignore[dict-item]


def test_a_flow_comes_back_from_its_keys_as_it_was_said() -> None:
    for one in (flow(), flow("all", match=None), flow("a-b.c", match='in_port="a b",arp')):
        keys = {key: value for key, value in keys_for(one, one.name).items() if value is not None}
        row = {"name": "br0", "external_ids": as_pairs({"vnetsh": "1", **keys})}
        said = {name: value for name, value in one.attributes.items() if value is not None}
        assert list(flows_of(row)) == [(one.name, said, "lab.vnet")]
        assert keys[FLOW_KEY + one.name] == text_of(one)
        assert shown_of(row, one.name) == ""
    assert keys_for(flow(), "one")[SHOWN_KEY + "one"] is None, "that is seen anew"
    assert set(keys_for(None, "one")) == {FLOW_KEY + "one", OWNER_KEY + "one", SHOWN_KEY + "one"}
    others = {FLOW_KEY + "broken": "whatever", "vnetsh-flow": "x"}
    assert list(flows_of({"name": "br0", "external_ids": as_pairs(others)})) == []


def test_its_cookie_begins_as_all_of_vnetsh_do() -> None:
    assert cookie_of("no_telnet") == "0x766e657413c4566d"
    assert (
        text_of(flow())
        == f"cookie={cookie_of('one')},table=3,priority=7,tcp,tp_dst=23,actions=mod_vlan_vid:5,normal"
    )


def test_what_a_dump_says() -> None:
    lines = (
        " cookie=0x7, table=7, priority=2,arp actions=drop",
        " cookie=0x7, actions=NORMAL",
        " actions=NORMAL",
    )
    assert dumped("\n".join(lines)) == {"0x7": ["table=7, priority=2,arp actions=drop", "actions=NORMAL"]}


@pytest.mark.parametrize(
    ("spoken", "version"),
    [
        ([], "OpenFlow14"),
        (["OpenFlow10"], ""),
        (["OpenFlow10", "OpenFlow13"], "OpenFlow13"),
        (["OpenFlow15", "OpenFlow13"], "OpenFlow15"),
    ],
)
def test_the_version_in_which_flows_are_written(spoken: list[str], version: str) -> None:
    assert version_of({"protocols": as_set(spoken)}) == version


def test_the_ports_that_a_flow_names() -> None:
    said = flow(
        match="in_port=web_port1,arp",
        actions='output:gre12,output:"a b",output:3,output:NXM_NX_REG0[],output:LOCAL',
    )
    assert ports_in(said) == ["web_port1", "gre12", "a b"]
    assert numbered("in_port=p1,arp,actions=output:gre12,output:LOCAL") == (
        "in_port=1,arp,actions=output:1,output:LOCAL"
    )


BRIDGE = Resource(
    "bridge",
    "br0",
    "kvm1",
    {},
    None,
    "ovs",
    record={"Bridge": {"u": {"name": "br0", "protocols": as_set([])}}},
)
PORT = Resource("port", "p1", "kvm1", {"bridge": "br0"}, ("bridge", "br0"), "ovs")


def fleet(*more: Resource) -> Fleet:
    return Fleet({"kvm1": Host("kvm1")}, {one.key: one for one in (BRIDGE, PORT, *more)})


def judged(*flows: Resource, out: str = "", err: str = "", code: int = 2) -> list[str]:
    """The codes of what speaks against new flows, where ovs-ofctl answers so."""

    def ask(argv: Sequence[str]) -> Completed:
        return Completed(code, out, err)

    changes = [Change(ActionKind.ADD, None, one) for one in flows]
    found = flow_asking.judged(changes, fleet(), ask)
    return [one.problem.code if one.problem else "" for one in found]


MINE = "+table=3 priority=7,tcp,tp_dst=23 cookie=0x766e6574feedfeed actions=mod_vlan_vid:5,NORMAL\n"


def test_what_ovs_ofctl_says_of_a_new_flow() -> None:
    assert judged(flow(), out=MINE) == [""]
    assert judged(flow(), out=f"-priority=7,tcp,tp_dst=23 actions=drop\n{MINE}") == [""], "another table"
    assert judged(flow(), out=f"-table=3 priority=7,tcp,tp_dst=23 cookie=0x5 actions=drop\n{MINE}") == [
        "E522"
    ]
    assert judged(flow(), out=f"-table=3 priority=7,tcp,tp_dst=23 idle_timeout=9 actions=drop\n{MINE}") == [
        "E522"
    ]
    own = cookie_of("one")
    assert judged(flow(), out=f"-table=3 priority=7,tcp,tp_dst=23 cookie={own} actions=drop\n{MINE}") == [""]
    assert judged(flow(), flow("two"), out=MINE) == ["", "E522"]
    there = f"-table=3 priority=7,tcp,tp_dst=23 cookie={cookie_of('two')} actions=drop\n{MINE}"
    assert judged(flow(), out=there) == ["E522"]
    moved = Change(ActionKind.CHANGE, flow("two"), flow("two", priority=8))
    assert not next(
        flow_asking.judged(
            [Change(ActionKind.ADD, None, flow()), moved], fleet(), lambda argv: Completed(2, there, "")
        )
    ).problem
    assert judged(flow(), err="ovs-ofctl: /dev/stdin:1: unknown keyword foo\n", code=1) == ["E521"]
    assert judged(flow(), err="ovs-ofctl: br0 is not a bridge or a socket\n", code=1) == ["E523"]
    unknown = "ovs-ofctl: /dev/stdin:1: p9: invalid or unknown port for in_port\n"
    assert judged(flow(match="in_port=p9"), err=unknown, code=1) == [""], "it comes with the same plan"
    assert judged(flow(actions="p9"), err=unknown, code=1) == ["E521"]
    left_out = "…|ofp_match|INFO| pre: in_port=1,tp_dst=23\n…|ofp_match|INFO|post: in_port=1\n"
    assert judged(flow(), out=MINE, err=left_out) == ["E521"]


def test_the_ports_that_it_names_must_be_there() -> None:
    change = Change(ActionKind.ADD, None, flow(match="in_port=p1"))
    assert foresee(change, fleet()).problem is None
    missing = foresee(Change(ActionKind.ADD, None, flow(match="in_port=p2")), fleet()).problem
    assert missing
    assert (missing.code, missing.help == "its ports: br0, p1") == ("E524", True)


def test_a_port_that_a_flow_names_stays_on_its_bridge() -> None:
    named = flow(match="in_port=p1")
    gone = Change(ActionKind.REMOVE, PORT, None)
    without = Fleet({"kvm1": Host("kvm1")}, {one.key: one for one in (BRIDGE, named)})
    found = still_named(gone, without)
    assert found
    assert (found[0], "`one` names `p1`" in found[1]) == ("E524", True)
    assert still_named(gone, fleet(named)) is None, "another sentence has it there"
    assert still_named(gone, Fleet(without.hosts, {BRIDGE.key: BRIDGE})) is None, "the flow goes, too"
    uplinked = replace(BRIDGE, attributes={"uplink": "p1"})
    assert still_named(Change(ActionKind.CHANGE, uplinked, BRIDGE), without)
    as_uplink = Fleet(without.hosts, {one.key: one for one in (uplinked, named)})
    assert still_named(gone, as_uplink) is None, "a port that becomes the uplink is there still"
    assert still_named(replace(gone, undo=True), without) is None


def test_a_flow_where_the_host_is_reached_says_so() -> None:
    facts = {("kvm1", "ovs"): OvsFacts(addresses={"br0": ["192.0.2.1/24"]})}
    reached = Fleet({"kvm1": Host("kvm1")}, {BRIDGE.key: BRIDGE}, facts)
    change = Change(ActionKind.ADD, None, flow(state="active"))
    assert "192.0.2.1/24 is there" in cost_of_flow(change, reached).how
    assert "is there" not in cost_of_flow(change, fleet()).how


def test_bridges_that_have_no_flows() -> None:
    change = Change(ActionKind.ADD, None, flow())
    assert problem_of_flow(change, fleet()) is None
    linux = Resource("bridge", "br0", "kvm1", {"backend": "linux"}, None, "linux", record={"alias": ""})
    vlan = Resource("bridge", "br0", "kvm1", {"parent": "br1", "vlan": 5}, None, "ovs")
    old = {"Bridge": {"u": {"name": "br0", "protocols": "OpenFlow10"}}}
    speaks = Resource("bridge", "br0", "kvm1", {}, None, "ovs", record=old)
    for bridge in (linux, vlan, speaks):
        found = problem_of_flow(change, fleet(bridge))
        assert found
        assert found[0] == "E523"


def test_a_link_is_down_only_where_the_switch_lets_nothing_pass() -> None:
    ends = [
        Resource("tunnel", name, "kvm1", {"bridge": "br0", "link": "down"}) for name in ("t1", "t2", "t3")
    ]
    said = (
        " 1(t1): addr:fe:bb:ac:98:f7:fe\n     config:     NO_RECV NO_FWD\n     state:      LIVE\n"
        " 2(t2): addr:fe:bb:ac:98:f7:ff\n     config:     NO_RECV\n     state:      LIVE\n"
    )
    found = switching.with_links(ends, lambda argv: Completed(0, said, ""))
    assert [one.get("link") for one in found] == ["down", None, None]
    assert [one.get("link") for one in switching.with_links(ends, None)] == [None] * 3
