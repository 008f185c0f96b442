"""Bonds that bring the host's addresses to their bridge: what a plan says, what is refused, what goes together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vnetsh.backend import Assessment
from vnetsh.model import ActionKind, Change, Fleet, Host, Impact, Resource
from vnetsh_ovs.backend import OvsBackend
from vnetsh_ovs.observing import OvsFacts
from vnetsh_ovs.rows import Index
from vnetsh_ovs.uplink.addresses import Addresses
from vnetsh_ovs.uplink.at_start import came_along
from vnetsh_ovs.uplink.steps import step
from vnetsh_ovs.uplink.swaps import Swap, Way, swaps
from vnetsh_ovsdb.layout import Layout
from vnetsh_ovsdb.transaction import Transaction

BACKEND = OvsBackend()
BR0 = Resource("bridge", "br0", "kvm1", {"uplink": "eth0"}, backend="ovs")
BR1 = Resource("bridge", "br1", "kvm1", {}, backend="ovs")
FACTS = OvsFacts(
    addresses={"eth1": ["192.0.2.1/24"], "eth4": ["192.0.2.4/24"], "br0": ["198.51.100.1/24"]},
    moves_addresses=True,
)


def bond(*nics: str, on: str = "br1") -> Resource:
    attributes = {"bridge": on, "type": "bond", "nics": nics}
    return Resource("port", "bond0", "kvm1", attributes, ("bridge", on), "ovs", marked=True)


def fleet(*more: Resource, facts: OvsFacts = FACTS) -> Fleet:
    hosts = {"kvm1": Host("kvm1")}
    return Fleet(hosts, {one.key: one for one in (BR0, BR1, *more)}, {("kvm1", "ovs"): facts})


def changed(before: Resource | None, after: Resource | None) -> Change:
    both = ActionKind.CHANGE if before and after else ActionKind.ADD if after else ActionKind.REMOVE
    return Change(both, before, after)


def assess(before: Resource | None, after: Resource | None, on: Fleet) -> Assessment:
    return BACKEND.assess(changed(before, after), on)


BROUGHT = replace(FACTS, addresses={"br1": ["192.0.2.1/24"]}, brought={"bond0": "eth1"})
BOTH = replace(FACTS, brought={"bond0": "eth1"})
THERE = bond("eth1", "eth2")


def test_a_plan_says_what_moves_and_whereto() -> None:
    new = assess(None, THERE, fleet())
    assert new.impact is Impact.BRIEF
    assert "192.0.2.1/24 and routes move from eth1 to br1; taken back after 30 s" in new.how
    assert assess(None, bond("eth2", "eth3"), fleet()).impact is Impact.NONE

    on = fleet(THERE, facts=BROUGHT)
    for other in (bond("eth2", "eth3"), THERE.with_attributes(lacp="active")):
        assert "taken back after 30 s" in assess(THERE, other, on).how
    assert "move from br1 to eth1" in assess(THERE, None, on).how
    assert "in place of uplink eth0" in assess(None, bond("eth0", "eth2", on="br0"), fleet()).how


def test_the_next_sentence_finds_them_where_they_are() -> None:
    after = fleet().after([changed(None, THERE)])
    assert after.addresses("kvm1")["br1"] == ["192.0.2.1/24"]
    gone = fleet(THERE, facts=BROUGHT).after([changed(THERE, None)])
    assert gone.addresses("kvm1")["eth1"] == ["192.0.2.1/24"]


@pytest.mark.parametrize(
    ("before", "after", "on", "code"),
    [
        (None, bond("eth1", "eth4"), fleet(), "E530"),
        (None, bond("eth1", "eth2", on="br0"), fleet(), "E530"),
        (THERE, bond("eth1", "eth2", "eth4"), fleet(THERE, facts=BOTH), "E530"),
        (BR1, BR1.with_attributes(uplink="eth4"), fleet(THERE, facts=BOTH), "E530"),
        (THERE, THERE.with_attributes(bridge="br0"), fleet(THERE, facts=BROUGHT), "E531"),
        (BR1, BR1.with_attributes(uplink="eth2"), fleet(THERE), "E402"),
        (None, bond("eth0", "eth2"), fleet(), "E402"),
    ],
)  # fmt: skip
def test_refused(before: Resource, after: Resource, on: Fleet, code: str) -> None:
    problem = assess(before, after, on).problem
    assert problem
    assert problem.code == code


def test_the_uplink_stays_unless_it_goes_in_the_same_step() -> None:
    new = changed(None, bond("eth0", "eth2", on="br0"))
    assert BACKEND.assess(new, fleet()).problem is None
    problem = BACKEND.foresee(new, fleet().after([new])).problem
    assert problem
    assert problem.code == "E402"
    without = changed(BR0, BR0.with_attributes(uplink=None))
    assert BACKEND.foresee(new, fleet().after([without, new])).problem is None


def test_an_uplink_that_becomes_a_bond_is_one_swap() -> None:
    tables = {
        "Bridge": {"b": {"name": "br0", "ports": ["uuid", "p"]}},
        "Port": {"p": {"name": "eth0", "interfaces": ["uuid", "i"], "external_ids": ["map", [["vnetsh-uplink", "1"]]]}},
        "Interface": {"i": {"name": "eth0"}},
    }  # fmt: skip
    index = Index(Layout("", {}, {}, {}, {}), tables, "")
    changes = [
        changed(BR0, BR0.with_attributes(uplink=None)),
        changed(None, bond("eth2", "eth0", on="br0")),
    ]
    for order in (changes, changes[::-1]):
        [found] = swaps(order, index)
        assert found == Swap(changes[1], "br0", Way("bond0", ("eth0", "eth2")), Way("eth0", ("eth0",)))
        assert found.new == ("eth2",)


def test_what_a_bridge_has_by_a_sentence_came_by_no_nic_and_goes_to_none() -> None:
    note = ["map", [["vnetsh-moved", '{"stay":["10.4.0.1/24"]}']]]
    tables = {
        "Bridge": {"b": {"name": "br0", "ports": ["uuid", "p"]}},
        "Port": {"p": {"name": "eth0", "interfaces": ["uuid", "i"], "external_ids": note}},
        "Interface": {"i": {"name": "eth0"}},
    }
    index = Index(Layout("", {}, {}, {}, {}), tables, "")
    names, given = ["10.4.0.1/24", "10.5.0.1/24", "192.0.2.1/24"], ["10.5.0.1/24"]
    assert came_along(index, "eth0", names, given) == ["192.0.2.1/24"]
    there = [{"family": "inet", "local": name[:-3], "prefixlen": 24, "scope": "global"} for name in names]
    swap = Swap(changed(BR0, BR0.with_attributes(uplink=None)), "br0", dropped=Way("eth0", ("eth0",)))
    addresses = Addresses([{"ifname": "br0", "addr_info": there}], {4: [], 6: []}, {4: [], 6: []})
    done = step(swap, Transaction(None), index, addresses, {}, False, given)
    assert [line for line in done.move.arrive if "addr" in line] == ["-4 addr add 192.0.2.1/24 dev eth0"]
