"""Who reaches whom, and what would go round, against a simulation of each frame in random networks."""

from __future__ import annotations

import time
from itertools import permutations

import pytest
from flooding import Network, network

from vnetsh.reach import Reach, joints
from vnetsh.reach.floods import Islands, doubles, without_doubles
from vnetsh.reach.joints import wrapping
from vnetsh.reach.points import of_port
from vnetsh.reach.segments import vlans_of_joints
from vnetsh.reach.walk import Walker

MODELLED = 4
"""The tags of which the model knows."""


def agrees(found: Network, seed: int) -> None:
    """See that the model and the simulation say the same of a network."""
    fleet = found.fleet()
    joined = [*wrapping(fleet), *joints(fleet)]
    doubled = doubles(joined, vlans_of_joints(joined))
    assert doubled or not found.doubles, seed
    # Of more tags the model knows less, and errs to the safe side.
    assert found.doubles or not doubled or found.deepest > MODELLED, seed
    if found.doubles:
        kept, closing = without_doubles([], joined, vlans_of_joints(joined))
        assert closing, seed
        assert len(kept) + len(closing) == len(joined), seed
        assert not doubles(kept, vlans_of_joints(joined)), seed
    if Islands(joined, vlans_of_joints(joined), ()).ring:
        return  # what goes round comes back by links that a tree has not: nobody relies on that
    reach = Reach(fleet)
    nics = [fleet.resources["port", f"kvm{found.hosts[g.at]}", f"n{n}"] for n, g in enumerate(found.guests)]
    for one in range(len(nics)):
        for other in range(len(nics)):
            if one != other:
                assert reach.reaches(nics[one], nics[other]) == found.hears(one, other), (seed, one, other)


@pytest.mark.parametrize("part", range(4))
def test_random_networks(part: int) -> None:
    both = set()
    for seed in range(part * 150, part * 150 + 150):
        found = network(seed)
        agrees(found, seed)
        both.add(found.doubles)
    assert both == {False, True}


def test_a_way_is_told_where_there_is_one() -> None:
    told = set()
    for seed in range(120, 180):
        found = network(seed)
        if found.doubles:
            continue
        fleet = found.fleet()
        walker = Walker(fleet)
        guests = [
            (fleet.resources["port", f"kvm{found.hosts[g.at]}", f"n{n}"]) for n, g in enumerate(found.guests)
        ]
        for one, other in permutations(range(len(guests)), 2):
            walk = walker.walk([of_port(guests[one], fleet)], [of_port(guests[other], fleet)])
            arrives = walk is not None and walk.arrives
            assert arrives == found.hears(one, other), (seed, one, other)
            told.add(arrives)
    assert told == {False, True}


def mesh(hosts: int) -> Network:
    """A whole mesh, with a guest at each bridge."""
    from flooding import End

    found = Network([*range(hosts)])
    found.links = [(End(a, isolated=True), End(b, isolated=True)) for a in range(hosts) for b in range(a)]
    found.guests = [End(at) for at in range(hosts)]
    return found


def test_a_mesh_of_any_size_is_one_network_without_a_ring() -> None:
    for hosts in (2, 3, 4, 9):
        found = mesh(hosts)
        agrees(found, hosts)
        assert not found.doubles
        assert len({Reach(found.fleet()).at((f"kvm{n}", f"b{n}"), 0) for n in range(hosts)}) == 1


def test_a_large_one_is_judged_at_once() -> None:
    found = mesh(50)
    began = time.process_time()
    joined = joints(found.fleet())
    assert not doubles(joined, vlans_of_joints(joined))
    assert time.process_time() - began < 5  # were it cubic in its hosts, it took minutes
