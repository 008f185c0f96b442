"""Who reaches whom, over bridges, VLANs, tunnels and uplinks of all hosts: fleets as tables."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from vnetsh.model import End, Fleet, Host, LinkFacts, Plug, Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.planning.deciding import with_flows
from vnetsh.planning.loops import closing, loops
from vnetsh.reach import Reach, lost
from vnetsh.reach.deciding import between
from vnetsh.reach.gaps import Gaps
from vnetsh.testing.fleet import bridge, nic, port, tunnel, vm

ADDRESSES = {"kvm1": "192.0.2.1", "kvm2": "192.0.2.2", "kvm3": "192.0.2.3"}


def fleet(*lines: str, underlay: str = "") -> Fleet:
    """A fleet by lines such as `kvm1: b[eth0] t>kvm2@b a@b:10`.

    Those are a bridge with an uplink, a tunnel to a host, a vm with a NIC in a VLAN; `p~q@b` is a patch port to
    q, `v~~w@b` an end of a veth pair; with `:q5` a link wraps into VLAN 5. Of a tunnel or patch port VLANs are those of
    its own port. `underlay` names the bridge that carries the hosts' addresses.
    """
    found: list[Resource] = []
    plugs: dict[str, dict[str, Plug]] = {}
    pairs: dict[str, dict[str, str]] = {}
    for line in lines:
        host, _, things = line.partition(": ")
        for thing in things.split():
            what, _, on = thing.partition("@")
            on, _, tags = on.partition(":")
            values = {"vlan": int(tags)} if tags.isdecimal() else {}
            if tags.startswith("q"):
                values = {"vlan": int(tags[1:]), "qinq": ("all",)}
            if tags and not values:
                values = {"trunk": tuple(map(int, tags.split("+")))}
            if ">" in what:
                name, _, there = what.partition(">")
                there, _, key = there.partition("#")
                more = {"key": int(key)} if key else {}
                found.append(tunnel(name, on, ADDRESSES[there], host, **more))
                plugs.setdefault(host, {})[name] = Plug({on: values})
            elif "~~" in what:
                name, _, peer = what.partition("~~")
                found.append(port(name, on, host, type="system", **values))
                pairs.setdefault(host, {})[name] = peer
            elif "~" in what:
                name, _, peer = what.partition("~")
                found.append(port(name, on, host, peer=peer, **values))
            elif on:
                found += [
                    vm(what, host, state="running"),
                    nic(f"{what}_{on}{tags}", on, what, host, **values),
                ]
            else:
                name, _, uplink = what.rstrip("]").partition("[")
                found.append(bridge(name, host, **({"uplink": uplink} if uplink else {})))
    facts = {
        (host, "ovs"): LinkFacts(
            addresses={underlay: (f"{address}/24",)} if underlay else {},
            plugs=plugs.get(host, {}),
            pairs=pairs.get(host, {}),
        )
        for host, address in ADDRESSES.items()
    }
    places = {name: Host(name, address) for name, address in ADDRESSES.items()}
    return Fleet(places, {r.key: r for r in found}, facts)


def together(found: Fleet) -> set[str]:
    """The groups of vms that reach one another."""
    reach = Reach(found)
    nics = [p for p in found.of_kind("port") if p.parent and p.parent[0] == "vm"]
    return {
        " ".join(
            sorted({str(other.parent and other.parent[1]) for other in nics if reach.reaches(one, other)})
        )
        for one in nics
    }


TABLE = {
    "one bridge": (["kvm1: b a@b c@b"], {"a c"}),
    "two bridges": (["kvm1: b c a@b d@c"], {"a", "d"}),
    "one name on two hosts": (["kvm1: b a@b", "kvm2: b c@b"], {"a", "c"}),
    "a tunnel": (["kvm1: b a@b t>kvm2@b", "kvm2: b c@b t>kvm1@b"], {"a c"}),
    "half a tunnel": (["kvm1: b a@b t>kvm2@b", "kvm2: b c@b"], {"a", "c"}),
    "a tunnel into another bridge": (["kvm1: b a@b t>kvm2@b", "kvm2: b x c@b t>kvm1@x"], {"a", "c"}),
    "ends of other names": (["kvm1: b a@b t>kvm2@b", "kvm2: x c@x u>kvm1@x"], {"a c"}),
    "ends of other keys": (["kvm1: b a@b t>kvm2#1@b", "kvm2: b c@b t>kvm1#2@b"], {"a", "c"}),
    "two tunnels told apart by keys": (
        ["kvm1: b x a@b d@x t>kvm2#1@b u>kvm2#2@x", "kvm2: b x c@b e@x t>kvm1#1@b u>kvm1#2@x"],
        {"a c", "d e"},
    ),
    "over a third host": (
        ["kvm1: b a@b t>kvm2@b", "kvm2: b t>kvm1@b u>kvm3@b", "kvm3: b c@b u>kvm2@b"],
        {"a c"},
    ),
    "VLANs": (["kvm1: b a@b:10 c@b:20 d@b e@b:10", "kvm2: b f@b:10"], {"a e", "c", "d", "f"}),
    "VLANs through a tunnel": (
        ["kvm1: b a@b:10 d@b t>kvm2@b", "kvm2: b c@b:10 e@b t>kvm1@b"],
        {"a c", "d e"},
    ),
    "a trunk": (["kvm1: b a@b:10+20 c@b:20 d@b:30 e@b"], {"a c", "d", "e"}),
    "uplinks of one name": (["kvm1: b[eth1] a@b", "kvm2: b[eth7] c@b"], {"a c"}),
    "uplinks of other names": (["kvm1: b[eth1] a@b", "kvm2: x[eth1] c@x"], {"a", "c"}),
    "patch ports": (["kvm1: b x a@b c@x p~q@b q~p@x"], {"a c"}),
    "one patch port": (["kvm1: b x a@b c@x p~q@b"], {"a", "c"}),
    "a tunnel of one VLAN": (
        ["kvm1: b a@b d@b:7 t>kvm2@b:7", "kvm2: b c@b e@b:7 t>kvm1@b:7"],
        {"a", "c", "d e"},
    ),
    "a tunnel from one VLAN to another": (
        ["kvm1: b a@b d@b:7 t>kvm2@b:7", "kvm2: b c@b e@b:9 t>kvm1@b:9"],
        {"a", "c", "d e"},
    ),
    "a tunnel of a VLAN at one end": (["kvm1: b a@b d@b:7 t>kvm2@b:7", "kvm2: b c@b t>kvm1@b"], {"a", "c d"}),
    "a tunnel of some VLANs": (
        ["kvm1: b a@b d@b:7 f@b:8 t>kvm2@b:7+9", "kvm2: b c@b e@b:7 g@b:8 t>kvm1@b"],
        {"a", "c", "d e", "f", "g"},
    ),
    "patch ports of a VLAN": (["kvm1: b x a@b d@b:9 c@x p~q@b:9 q~p@x"], {"a", "c d"}),
    "a veth pair": (["kvm1: b x a@b c@x v~~w@b w~~v@x"], {"a c"}),
    "a veth pair to a VLAN": (["kvm1: b x a@b d@b:5 c@x v~~w@b:5 w~~v@x"], {"a", "c d"}),
    "one end of a veth pair": (["kvm1: b x a@b c@x v~~w@b"], {"a", "c"}),
    "customers, wrapped": (
        [
            "kvm1: b c d a@c:10 e@c f@d:10 p~q@b:q5 q~p@c v~w@b:q6 w~v@d t>kvm2@b",
            "kvm2: b c d g@c:10 h@c i@d:10 p~q@b:q5 q~p@c v~w@b:q6 w~v@d t>kvm1@b",
        ],
        {"a g", "e h", "f i"},
    ),
    "a customer beside the VLAN itself": (
        ["kvm1: b c a@b:5 d@c e@c:5 f@b p~q@b:q5 q~p@c"],
        {"a d", "e", "f"},
    ),
    "wrapped, and unwrapped nowhere": (["kvm1: b c a@b:10 d@c:10 p~q@b:q5 q~p@c"], {"a", "d"}),
    "wrapped at one end, and taken by a trunk": (
        ["kvm1: b c a@c:10 d@c t>kvm2@b p~q@b:q5 q~p@c", "kvm2: b e@b:10 f@b:5 t>kvm1@b:5+10"],
        {"a", "d f", "e"},
    ),
    "patch ports and a tunnel": (["kvm1: b x a@b p~q@b q~p@x t>kvm2@x", "kvm2: x c@x t>kvm1@x"], {"a c"}),
}


@pytest.mark.parametrize("name", TABLE)
def test_who_reaches_whom(name: str) -> None:
    lines, groups = TABLE[name]
    assert together(fleet(*lines)) == groups


def test_uplinks_that_carry_the_hosts_own_addresses_are_one_network_whatever_the_bridges_are_called() -> None:
    lines = ["kvm1: b[eth0] a@b", "kvm2: x[eth0] c@x"]
    assert together(fleet(*lines, underlay="b")) == {"a", "c"}
    found = fleet(*lines, underlay="eth0")
    assert together(found) == {"a c"}
    far = {**found.facts, ("kvm2", "ovs"): LinkFacts(addresses={"eth0": ("192.0.2.2/31",)})}
    assert together(replace(found, facts=far)) == {"a", "c"}


def test_a_vxlan_without_a_key_has_key_0() -> None:
    found = fleet("kvm1: b a@b", "kvm2: b c@b")
    ends = [
        tunnel("t", "b", "192.0.2.2", "kvm1", type="vxlan"),
        tunnel("t", "b", "192.0.2.1", "kvm2", type="vxlan", key=0),
    ]
    assert together(replace(found, resources={**found.resources, **{e.key: e for e in ends}})) == {"a c"}


LOSSES = {
    "a tunnel goes": (
        ["kvm1: b a@b c@b t>kvm2@b", "kvm2: b d@b t>kvm1@b"],
        ["kvm1: b a@b c@b", "kvm2: b d@b"],
        {"a c | d"},
    ),
    "a tunnel that nobody uses goes": (
        ["kvm1: b a@b c@b t>kvm2@b", "kvm2: b t>kvm1@b"],
        ["kvm1: b a@b c@b", "kvm2: b"],
        set(),
    ),
    "another way is left": (
        ["kvm1: b[eth1] a@b t>kvm2@b", "kvm2: b[eth1] d@b t>kvm1@b"],
        ["kvm1: b[eth1] a@b", "kvm2: b[eth1] d@b"],
        set(),
    ),
    "a VLAN": (["kvm1: b a@b c@b d@b"], ["kvm1: b a@b:7 c@b d@b"], {"a | c d"}),
    "both change their VLAN": (["kvm1: b a@b c@b"], ["kvm1: b a@b:7 c@b:7"], set()),
    "a vm that goes is no loss of the others": (["kvm1: b a@b c@b"], ["kvm1: b a@b"], set()),
    "an uplink goes": (["kvm1: b[eth0] a@b"], ["kvm1: b a@b"], {"a | what is behind eth0 of kvm1"}),
    "nobody is there": (["kvm1: b[eth0]"], ["kvm1: b"], set()),
    "a NIC of two": (["kvm1: b x a@b a@x c@b c@x"], ["kvm1: b x a@b c@b c@x"], set()),
    "a customer is wrapped at one end no longer": (
        ["kvm1: b c a@c:10 p~q@b:q5 q~p@c t>kvm2@b", "kvm2: b c d@c:10 e@b:10 p~q@b:q5 q~p@c t>kvm1@b"],
        ["kvm1: b c a@c:10 p~q@b q~p@c t>kvm2@b", "kvm2: b c d@c:10 e@b:10 p~q@b:q5 q~p@c t>kvm1@b"],
        {"a | d"},
    ),
    "three apart": (["kvm1: b a@b c@b d@b"], ["kvm1: b a@b:1 c@b:2 d@b"], {"a | c", "a | d", "c | d"}),
    "the untagged network behind the uplink": (
        ["kvm1: b[eth0] a@b c@b:7"],
        ["kvm1: b[eth0] a@b:7 c@b:7"],
        {"a | what is behind eth0 of kvm1"},
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_who_loses_whom(name: str) -> None:
    before, after, losses = LOSSES[name]
    found = lost(fleet(*before), fleet(*after), {})
    assert {f"{' '.join(loss.ones)} | {' '.join(loss.others)}" for loss in found} == losses


def test_a_vm_that_moves_is_the_same_one() -> None:
    before = fleet("kvm1: b a@b c@b", "kvm2: b d@b")
    after = fleet("kvm1: b c@b", "kvm2: b a@b d@b")
    [loss] = lost(before, after, {("kvm1", "a"): "kvm2"})
    assert (loss.ones, loss.others) == (("a",), ("c",))


def test_who_is_off_loses_nothing() -> None:
    before, after = fleet("kvm1: b a@b c@b"), fleet("kvm1: b a@b:7 c@b")
    off = {
        key: r.with_attributes(state="stopped") if r.name == "c" else r for key, r in before.resources.items()
    }
    assert lost(replace(before, resources=off), after, {}) == []


def test_a_thousand_ports_take_a_moment() -> None:
    many = [f"v{n}@b:{n % 50 + 1}" for n in range(500)]
    before = fleet(
        f"kvm1: b t>kvm2@b {' '.join(many)}", f"kvm2: b t>kvm1@b {' '.join('w' + m for m in many)}"
    )
    after = fleet(f"kvm1: b {' '.join(many)}", f"kvm2: b {' '.join('w' + m for m in many)}")
    started = time.process_time()
    found = lost(before, after, {})
    assert time.process_time() - started < 0.2
    assert len(found) == 50


def test_what_is_behind_uplinks_of_one_network_is_one() -> None:
    before = fleet("kvm1: b[eth0] a@b", "kvm2: b[eth0] c@b", underlay="b")
    after = fleet("kvm1: b a@b", "kvm2: b[eth0] c@b", underlay="b")
    assert {(loss.ones, loss.others) for loss in lost(before, after, {})} == {
        (("a", "kvm1 at 192.0.2.1"), ("c", "kvm2 at 192.0.2.2", "kvm3 at 192.0.2.3")),
        (("a", "kvm1 at 192.0.2.1"), ("what is behind eth0 of kvm1",)),
    }
    moved = fleet("kvm1: b[eth0]", "kvm2: b[eth0] c@b a@b", underlay="b")
    assert lost(before, moved, {("kvm1", "a"): "kvm2"}) == []


def test_two_physical_networks_that_a_tunnel_joins_stay_two() -> None:
    before = fleet("kvm1: b[eth0] a@b t>kvm2@b", "kvm2: x[eth0] c@x t>kvm1@x")
    after = fleet("kvm1: b[eth0] a@b", "kvm2: x[eth0] c@x")
    assert {(loss.ones, loss.others) for loss in lost(before, after, {})} == {
        (("a",), ("c",)),
        (("a",), ("what is behind eth0 of kvm2",)),
        (("c",), ("what is behind eth0 of kvm1",)),
    }


def test_a_fake_bridge_is_a_vlan_of_its_parent() -> None:
    found = fleet("kvm1: b a@b:10 c@b d@f t>kvm2@b", "kvm2: b e@b:10 t>kvm1@b")
    fake = bridge("f", "kvm1", parent="b", vlan=10)
    assert together(replace(found, resources={**found.resources, fake.key: fake})) == {"a d e", "c"}


def filtering(found: Fleet, *hosts: str) -> Fleet:
    """The same fleet, all bridges of these hosts such as filter VLANs."""
    more = {
        key: one.with_attributes(**{"vlan-filtering": "yes"})
        for key, one in found.resources.items()
        if one.kind == "bridge" and one.place in hosts
    }
    return replace(found, resources={**found.resources, **more})


FILTERED = {
    "untagged is VLAN 1": (["kvm1: b a@b c@b:1 d@b:1+10 e@b:10"], {"a c", "d e"}),
    "a port of which nothing is said": (
        ["kvm1: b x a@b c@b:10 d@x e@x:10 v~~w@b w~~v@x"],
        {"a d", "c", "e"},
    ),
    "a trunk beside what is untagged": (
        ["kvm1: b x a@b c@b:10 d@x e@x:10 v~~w@b:10 w~~v@x:10"],
        {"a", "c e", "d"},
    ),
    "tunnels carry all": (["kvm1: b a@b c@b:10 t>kvm2@b", "kvm2: b d@b e@b:10 t>kvm1@b"], {"a d", "c e"}),
    "others' tunnels may not": (
        ["kvm1: b a@b c@b:10 t>kvm2@b:1", "kvm2: b d@b e@b:10 t>kvm1@b"],
        {"a d", "c", "e"},
    ),
    "uplinks carry all": (["kvm1: b[eth1] a@b c@b:10", "kvm2: b[eth1] d@b e@b:10"], {"a d", "c e"}),
}


@pytest.mark.parametrize("name", FILTERED)
def test_who_reaches_whom_by_bridges_that_filter_vlans(name: str) -> None:
    lines, groups = FILTERED[name]
    assert together(filtering(fleet(*lines), "kvm1", "kvm2")) == groups


def test_filtering_parts_those_who_talk_in_tags_through_a_port() -> None:
    before = fleet("kvm1: b x a@b:10 c@x:10 v~~w@b w~~v@x")
    assert together(before) == {"a c"}
    assert {(loss.ones, loss.others) for loss in lost(before, filtering(before, "kvm1"), {})} == {
        (("a",), ("c",))
    }


JOINED = ("kvm1: b t>kvm2@b a@b", "kvm2: b t>kvm1@b c@b", "kvm3: b d@b")


def with_link(found: Fleet, link: str) -> Fleet:
    """The same fleet, all tunnels of the one host so."""
    down = {
        key: one.with_attributes(link=link)
        for key, one in found.resources.items()
        if one.kind == "tunnel" and one.place == "kvm1"
    }
    return replace(found, resources={**found.resources, **down})


def test_a_tunnel_that_is_down_joins_nothing_and_may_come_up() -> None:
    up, down = fleet(*JOINED), with_link(fleet(*JOINED), "down")
    assert together(down) == {"a", "c", "d"}
    assert [(loss.ones, loss.others) for loss in lost(up, down, {})] == [(("a",), ("c",))]
    assert next(gap.finding.at for gap in Gaps(down).all()) == ("tunnel", "kvm1", "t")
    ends = (
        tunnel("u", "b", ADDRESSES["kvm2"], "kvm1", key=2),
        tunnel("u", "b", ADDRESSES["kvm1"], "kvm2", key=2),
    )
    changes = [Change(ActionKind.ADD, None, one) for one in ends]
    assert list(closing(changes, down, down.after(changes))), "a second one would be a loop then"


def test_what_is_wrapped_may_go_round_where_no_vlan_does() -> None:
    found = fleet("kvm1: b c p~q@b:10 q~p@c:5+7 r~s@b:10 s~r@c:5+7", "kvm2: b")
    customer = port("cust", "b", "kvm1", type="internal", vlan=10, qinq=("all",))
    changes = [Change(ActionKind.ADD, None, customer)]
    (problem,) = loops(closing(changes, found, found.after(changes)))
    assert problem.code == "E211"
    assert "what it wraps would go round" in problem.message
    plain = [Change(ActionKind.ADD, None, port("cust", "b", "kvm1", type="internal", vlan=10))]
    assert not list(closing(plain, found, found.after(plain)))


def test_where_flows_decide_nobody_knows() -> None:
    found = fleet(*JOINED)
    ends = {
        name: End(name, "vm", host, tuple(found.parts(found.resources["vm", host, name])))
        for name, host in (("a", "kvm1"), ("c", "kvm2"), ("d", "kvm3"))
    }
    assert between(ends["a"], ends["c"], found) == ""
    flow = Resource("flow", "f", "kvm2", {"bridge": "b"})
    flowing = replace(found, resources={**found.resources, flow.key: flow})
    assert between(ends["a"], ends["c"], flowing) == "flows on b of kvm2"
    assert between(ends["a"], ends["d"], flowing) == "", "no network joins them"
    taken_down = with_link(flowing, "down")
    change = Change(
        ActionKind.CHANGE,
        flowing.resources["tunnel", "kvm1", "t"],
        taken_down.resources["tunnel", "kvm1", "t"],
    )
    said = "flows on b of kvm2: who reaches whom is not known there"
    assert [[one.how for one in stage] for stage in with_flows([(change,)], flowing, taken_down)] == [[said]]
    assert with_flows([(change,)], found, with_link(found, "down")) == [(change,)]
