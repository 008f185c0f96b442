"""What changes of several runs come to, for each object; and what is taken back at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from vnetsh.journal import Step
from vnetsh.model import Change
from vnetsh.planning.comparing import by_others
from vnetsh.planning.folding import folded, left_by, net
from vnetsh.registry import Plugins
from vnetsh.testing.fleet import add, bridge, change, fleet_of, move, nic, port, remove, vm

WEB, BR = vm("web"), bridge("br0")
P = port("p", "br0", vlan=10)
NIC = nic("web_a", "br0", "web")
MOVED = replace(WEB, place="kvm2")


def said(changes: Sequence[Change]) -> list[str]:
    values = [dict(one.differing()) if one.before and one.after else {} for one in changes]
    return [f"{one} {values or ''}".rstrip() for one, values in zip(changes, values, strict=True)]


@pytest.mark.parametrize(
    ("changes", "come_to"),
    [
        ([change(P, vlan=20), change(P.with_attributes(vlan=20), vlan=30)], ["~ 10 → 30"]),
        ([change(P, vlan=20), change(P.with_attributes(vlan=20), vlan=10)], []),
        ([add(P), change(P, vlan=20)], ["+ 20"]),
        ([add(P), remove(P)], []),
        ([remove(P), add(P.with_attributes(vlan=30))], ["~ 10 → 30"]),
        ([change(P, vlan=20), remove(P.with_attributes(vlan=20))], ["- 10"]),
    ],
)
def test_changes_of_one_object_are_one(changes: list[Change], come_to: list[str]) -> None:
    def shown(one: Change) -> str:
        old, new = (side and side.get("vlan") for side in (one.before, one.after))
        return f"~ {old} → {new}" if old and new else f"+ {new}" if new else f"- {old}"

    assert [shown(one) for one in net(changes)] == come_to


def test_what_moves_is_followed_with_its_parts() -> None:
    there = replace(NIC, place="kvm2")
    assert said(net([move(WEB, "kvm2"), change(MOVED, vcpus=2)])) == [
        "move vm web from kvm1 to kvm2 {'vcpus': (1, 2)}"
    ]
    assert net([move(WEB, "kvm2"), move(MOVED, "kvm1")]) == []
    assert net([add(WEB), add(NIC), move(WEB, "kvm2"), remove(there), remove(MOVED)]) == []
    left, gone = left_by([add(WEB), add(NIC), move(WEB, "kvm2"), add(BR), remove(BR)])
    assert left == [MOVED, there]
    assert gone == [BR]


def step(number: int, *changes: Change) -> Step:
    return Step(number, "kvm1", "some", changes, number, tuple(range(len(changes))))


def test_what_was_changed_twice_is_taken_back_once_where_nothing_came_in_between() -> None:
    later = change(P.with_attributes(vlan=20), vlan=30)
    (one,) = folded([step(2, later), step(1, change(P, vlan=20))])
    assert (one.number, said(one.changes)) == (2, ["change port p on kvm1 {'vlan': (10, 30)}"])

    between = [step(3, later), step(2, add(BR)), step(1, change(P, vlan=20))]
    assert folded(between) == between
    elsewhere = [between[0], step(2, add(bridge("br0", "kvm2"))), between[2]]
    assert [one.number for one in folded(elsewhere)] == [3, 2]
    made = [step(2, later), step(1, replace(change(P, vlan=20), made=({"file": "/a"},)))]
    assert folded(made) == made
    assert folded([step(2, change(P.with_attributes(vlan=20), vlan=10)), between[2]]) == []


def test_what_was_added_and_changed_is_removed_at_once() -> None:
    """Its bridge comes back with it as it was at last: as it was at first it would not fit beside that."""
    later = change(P, vlan=20)
    first = [step(2, add(port("q", "br0"))), step(1, add(P))]
    found = folded([step(3, later), *first])
    assert [one.number for one in found] == [2, 1]
    assert found[1].changes[0].after == P.with_attributes(vlan=20)
    between = [step(3, later), step(2, remove(port("q", "br0"))), step(1, add(P))]
    assert folded(between) == between, "it may have had the new value"
    made = [step(2, later), step(1, replace(add(P), made=({"file": "/a"},)))]
    assert folded(made) == made


def test_what_was_added_and_removed_is_left_as_it_is_where_nothing_came_in_between() -> None:
    """What takes a rollback back and rolls back to a later run need not bring again what would go at once."""
    q = port("q", "br0")
    assert folded([step(3, remove(q), remove(P)), step(2, add(q)), step(1, add(P))]) == []
    both = [step(3, remove(BR)), step(2, remove(P)), step(1, add(P))]
    assert [one.number for one in folded(both)] == [3]
    between = [step(3, remove(P)), step(2, change(WEB, vcpus=2)), step(1, add(P))]
    assert folded(between) == between
    made = [step(2, remove(P)), step(1, replace(add(P), made=({"file": "/a"},)))]
    assert folded(made) == made


def test_what_others_changed_of_what_runs_left(plugins: Plugins) -> None:
    def seen(*there: object) -> list[str]:
        return said(by_others([WEB, P], [BR], fleet_of(*there), plugins.vocabulary))  # type: ignore[arg-type]

    assert seen(WEB, P) == []
    assert seen(WEB, P.with_attributes(vlan=20, error="x")) == ["change port p on kvm1 {'vlan': (10, 20)}"]
    assert seen(MOVED, P) == ["move vm web from kvm1 to kvm2"]
    assert seen(WEB, BR) == ["remove port p on kvm1", "add bridge br0 on kvm1"]
