"""Which places wait for which: clusters and their hosts for each other's earlier stages, hosts for nobody."""

from __future__ import annotations

import pytest

from vnetsh.engine.steps import Group
from vnetsh.engine.ways import Ways
from vnetsh.model import Host, Place

INVENTORY = {
    **{name: Host(name) for name in ("kvm1", "kvm2", "kvm3")},
    "ha1": Place("ha1", sort="pacemaker", noun="cluster", hosts=("kvm1", "kvm2")),
}


def group(place: str) -> Group:
    return Group(place, "any", ())


@pytest.mark.parametrize("stages", [("ha1", "kvm1", "ha1"), ("kvm1", "ha1", "kvm1", "kvm2", "ha1")])
def test_a_cluster_and_its_hosts_wait_for_each_other(stages: tuple[str, ...]) -> None:
    groups = [group(place) for place in stages]
    other = group("kvm3")
    ways = Ways(INVENTORY, [(1, [other]), *((n, [one]) for n, one in enumerate(groups, 1))])
    order = []
    begun = list(ways.begun())
    assert other in [one for _, one in begun], "what is of no cluster waits for nobody"
    while begun:
        stage, one = begun.pop(0)
        order.append((stage, one.place))
        ways.ended(one)
        begun += ways.begun()
    theirs = [place for _, place in order if place != "kvm3"]
    assert len(theirs) == len(stages)
    waits = [(stage, place) for stage, place in order if place != "kvm3"]
    for n, (stage, place) in enumerate(waits):
        later = [s for s, at in waits[:n] if s > stage and "ha1" in (place, at)]
        assert not later, f"{place} was to come before"


def test_hosts_of_no_common_cluster_do_not_wait() -> None:
    ways = Ways(INVENTORY, [(1, [group("kvm1")]), (2, [group("kvm3")])])
    assert len(list(ways.begun())) == 2


def test_whoever_is_left_out_keeps_nobody_waiting() -> None:
    first, second, third = group("kvm1"), group("kvm1"), group("ha1")
    ways = Ways(INVENTORY, [(1, [first]), (2, [second]), (3, [third])])
    assert [one for _, one in ways.begun()] == [first]
    ways.leave("kvm1")
    ways.ended(first)
    assert [one for _, one in ways.begun()] == [third]


def test_what_a_cluster_is_asked_at_once_it_is_asked_at_once() -> None:
    both = [group("ha1"), group("ha1")]
    ways = Ways(INVENTORY, [(1, both), (2, [group("kvm1")])])
    assert [one for _, one in ways.begun()] == both
    ways.ended(both[0])
    assert not list(ways.begun()), "one is under way still"
    ways.ended(both[1])
    assert [stage for stage, _ in ways.begun()] == [2]
