"""A host for each vm, the order of their moves, and the checker that watches both on random fleets."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from fleets_placed import breaches, drain_round, random_world, soak_balance, soak_drain

from vnetsh.model.change import ActionKind, Change
from vnetsh.placement import Choice, Guest, Move, Room, Seating, balance, choose, waves
from vnetsh.planning.plan import Plan, PlannedSegment
from vnetsh.script.script import Segment

GIB = 2**30


def anywhere(guest: Guest, host: str) -> bool:
    return True


def guests(*sizes: int, host: str = "a") -> list[Guest]:
    return [Guest(f"g{n}", host, size * GIB) for n, size in enumerate(sizes)]


def rooms(**sizes: int) -> list[Room]:
    return [Room(name, size * GIB, size * GIB) for name, size in sizes.items()]


def placed(choice: Choice) -> dict[str, str]:
    assert choice.stuck is None, choice.why
    return {move.guest.name: move.to for move in choice.moves}


def test_the_least_loaded_host_is_the_first():
    going = guests(4, 2, 1)
    seating = Seating(rooms(a=8, b=8, c=16), going)
    assert placed(choose(seating, going, ["b", "c"], anywhere)) == {"g0": "c", "g1": "b", "g2": "c"}
    assert seating.used("b") == seating.used("c") == 0  # it was only tried


def test_what_fits_in_one_way_only_is_found():
    going = guests(5, 4, 4, 3)
    found = placed(choose(Seating(rooms(a=32, b=9, c=7), going), going, ["b", "c"], anywhere))
    assert sum(one.memory for one in going if found[one.name] == "b") == 9 * GIB


def test_none_is_found_where_there_is_none():
    going = guests(4, 4, 4)
    found = choose(Seating(rooms(a=32, b=4, c=4), going), going, ["b", "c"], anywhere)
    assert found.stuck
    left = "0 MiB of memory would be left for it, and it has 4096 MiB"
    assert found.why == {"b": left, "c": left}


def test_those_apart_are_apart_and_those_together_together():
    one, two, three = guests(1, 1, 1)
    going = [replace(one, apart=frozenset({"g1"})), two, replace(three, together=frozenset({"g0"}))]
    found = placed(choose(Seating(rooms(a=8, b=8, c=8), going), going, ["b", "c"], anywhere))
    assert found["g0"] == found["g2"] != found["g1"]
    assert choose(Seating(rooms(a=8, b=8), going), going, ["b"], anywhere).stuck


def test_those_apart_by_zones_are_in_no_zone_of_each_other_nor_on_one_host():
    one, two, three = guests(1, 1, 1)
    going = [
        one,
        replace(two, apart_zones=frozenset({"g0"})),
        replace(three, apart_zones=frozenset({"g0", "g1"})),
    ]
    zones = {"b": {"z1"}, "c": {"z1", "z2"}, "d": {"z2"}, "e": set[str]()}
    known = [Room(name, 8 * GIB, None, frozenset(of)) for name, of in zones.items()]
    seating = Seating([Room("a", 8 * GIB), *known], going)
    found = placed(choose(seating, going, [*zones], anywhere))
    assert set(found.values()) == {"b", "d", "e"}, "who is on c is in the zones of all others but e"
    assert choose(seating, going, ["b", "c", "d"], anywhere).stuck
    assert choose(seating, going[:2], ["e"], anywhere).stuck, "a host of no zone is one for itself"


def test_who_is_to_be_with_one_that_stays_goes_there():
    going = [replace(guests(1)[0], together=frozenset({"x"}))]
    seating = Seating(rooms(a=8, b=8, c=8), [*going, Guest("x", "b", 6 * GIB)])
    assert placed(choose(seating, going, ["b", "c"], anywhere)) == {"g0": "b"}


def test_a_wave_waits_for_what_must_leave_first():
    all = [*guests(6, host="a"), Guest("x", "b", 6 * GIB)]
    seating = Seating([Room("a", 8 * GIB), Room("b", 8 * GIB), Room("c", 8 * GIB)], all)
    found, stuck = waves(seating, [Move(all[0], "b"), Move(all[1], "c")])
    assert [[move.guest.name for move in wave] for wave in found] == [["x"], ["g0"]]
    assert not stuck


def test_two_that_wait_for_one_another_are_told():
    all = [*guests(6, host="a"), Guest("x", "b", 6 * GIB)]
    seating = Seating([Room("a", 8 * GIB), Room("b", 8 * GIB)], all)
    found, stuck = waves(seating, [Move(all[0], "b"), Move(all[1], "a")])
    assert not found
    assert len(stuck) == 2


def test_four_hundred_guests_of_one_host():
    going = guests(*[1] * 400)
    found = placed(choose(Seating(rooms(a=400, b=200, c=200), going), going, ["b", "c"], anywhere))
    assert list(found.values()).count("b") == 200


def test_the_checker_sees_a_host_that_is_full():
    world = random_world(random.Random(1), 4, 40)
    vms = [vm for vm in world.fleet.of_kind("vm") if vm.place != "kvm1"]
    moves = tuple(Change(ActionKind.MOVE, vm, replace(vm, place="kvm1")) for vm in vms)
    plan = Plan((PlannedSegment(Segment(), (moves,)),), world.fleet.places)
    assert any("kvm1 would have" in one for one in breaches(world, plan))


def test_a_small_fleet_is_drained_and_back():
    wrong, _ = drain_round(7, hosts=5, vms=30)
    assert not wrong


def test_random_fleets():
    soak_drain(6).check()


def test_as_few_moves_as_can_be():
    all = [*guests(4, 3, 1, 1), Guest("x", "b", 2 * GIB)]
    seating = Seating(rooms(a=10, b=10), all)
    found = balance(seating, ["a", "b"], 0.6, anywhere)
    assert found
    assert [(move.guest.name, move.to) for move in found] == [("g1", "b")]
    assert seating.used("a") == 9 * GIB  # it was only tried


def test_what_is_under_the_limit_is_left_alone():
    assert balance(Seating(rooms(a=10, b=10), guests(4, 4)), ["a", "b"], 0.8, anywhere) == ()


def test_no_moves_where_there_are_none():
    assert balance(Seating(rooms(a=10, b=10), guests(9)), ["a", "b"], 0.8, anywhere) is None
    assert balance(Seating(rooms(a=10, b=10), guests(5, 4)), ["a", "b"], 0.8, lambda *_: False) is None


def test_a_great_many_moves():
    found = balance(Seating(rooms(a=1000, b=1000), guests(*[1] * 1000)), ["a", "b"], 0.6, anywhere)
    assert found
    assert len(found) == 400


def test_balanced_fleets_against_a_solver():
    pytest.importorskip("scipy")
    soak_balance(10).check()
