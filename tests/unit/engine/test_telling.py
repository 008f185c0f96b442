"""What places tell of themselves: one that hangs does not hold the others up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from math import inf

import pytest

from vnetsh.backend import Assessment, Backend, Connection, Context, Counters, Observation, Progress
from vnetsh.engine.connections import Connections
from vnetsh.engine.observe import observe
from vnetsh.engine.telling import about, counters
from vnetsh.errors import HostUnreachable, ServiceAbsent
from vnetsh.hosts.workers import in_time
from vnetsh.model import Attributes, Change, Fleet, Host, Key, Place, Resource


class Hall(Backend):
    """Places in memory: `slow` ones hang until the test is over, `down` ones do not answer."""

    name = "hall"
    kinds = frozenset({"lamp"})

    def __init__(self) -> None:
        self.over = threading.Event()

    def serves(self, place: Place) -> bool:
        return True

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        return Assessment()

    def connect(self, place: Place, context: Context) -> Connection:
        if place.name == "slow":
            self.over.wait(20)
        if place.name == "down":
            raise HostUnreachable("down: no route")
        return Door(place)


class Bare(Hall):
    """A backend that no place has."""

    name = "bare"

    def connect(self, place: Place, context: Context) -> Connection:
        raise ServiceAbsent(f"{place.name}: nobody there")


class Door(Connection):
    def __init__(self, place: Place) -> None:
        self._place = place

    def observe(self, progress: Progress) -> Observation:
        return Observation([Resource("lamp", "one", self._place.name, {}, backend="hall")])

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        raise NotImplementedError

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        raise NotImplementedError

    def about(self) -> Attributes:
        return {"kernel": f"of {self._place.name}"}

    def counters(self, resources: Sequence[Resource]) -> Mapping[Key, Counters]:
        return {one.key: Counters(1, 2, 3, 4) for one in resources}


PLACES = {name: Host(name) for name in ("good", "down", "slow")}


@pytest.fixture
def connections() -> Iterator[Connections]:
    hall = Hall()
    found = Connections({"hall": hall, "bare": Bare()})
    yield found
    hall.over.set()


def test_each_tells_what_it_knows_and_who_does_not_answer_is_said(connections: Connections) -> None:
    began = time.monotonic()
    at = [(place, backend) for place in PLACES for backend in ("hall", "bare")]
    told = about(at, PLACES, connections, 0.3)
    assert time.monotonic() - began < 5
    assert told["good"] == {"kernel": "of good", "reachable": "yes"}
    assert told["down"] == {"reachable": "no", "error": "no route"}
    assert told["slow"]["reachable"] == "no"
    assert str(told["slow"]["error"]).startswith("no answer in ")


def test_a_fleet_is_seen_without_one_that_hangs(connections: Connections) -> None:
    at = [(place, "hall") for place in PLACES]
    fleet = observe(PLACES, at, connections, patience=0.3)
    assert [one.place for one in fleet.resources.values()] == ["good"]
    assert sorted(fleet.unreachable) == ["down", "slow"]
    assert "no answer in" in fleet.unreachable["slow"].message
    began = time.monotonic()
    again = observe(PLACES, at, connections)  # without any patience it is not waited for once more
    assert time.monotonic() - began < 5
    assert sorted(again.unreachable) == ["down", "slow"]


def test_counters_are_of_those_that_answer(connections: Connections) -> None:
    lamps = [Resource("lamp", "one", place, {}, backend="hall") for place in PLACES]
    told = counters(lamps, PLACES, connections, 0.3)
    assert told == {("lamp", "good", "one"): Counters(1, 2, 3, 4)}


def test_all_are_waited_for_where_there_is_no_end_of_patience() -> None:
    found, _ = in_time("t", lambda seconds: (time.sleep(seconds), seconds)[1], [0.0, 0.4], inf)
    assert found == {0.0: 0.0, 0.4: 0.4}


def test_who_is_as_slow_as_the_others_is_waited_for() -> None:
    """Twice as long as the slowest that answers, whatever the patience is."""
    found, _ = in_time("t", lambda seconds: (time.sleep(seconds), seconds)[1], [0.4, 0.6], 0.01)
    assert found == {0.4: 0.4, 0.6: 0.6}


def test_nobody_is_given_up_while_nobody_has_answered() -> None:
    found, _ = in_time("t", lambda seconds: (time.sleep(seconds), seconds)[1], [0.3], 0.01)
    assert found == {0.3: 0.3}
