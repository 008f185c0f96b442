"""A fleet that is kept true: each connection is asked once to tell, and what fails at one place is that place's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from vnetsh.backend import Assessment, Backend, Connection, Context, Observation, Progress
from vnetsh.engine.watching import Watching
from vnetsh.errors import HostUnreachable
from vnetsh.model import Change, Fleet, Host, Place, Resource


class Hall(Backend):
    """A backend whose places are in memory: `lamps` by place. `slow` and `odd` are places that misbehave, `cut` are
    connections that do.
    """

    name = "hall"
    kinds = frozenset({"lamp"})

    def __init__(self) -> None:
        self.lamps: dict[str, list[str]] = {"kvm1": ["one"], "kvm2": ["two"]}
        self.watches = 0
        self.connections = 0
        self.tells: list[Callable[[], None]] = []
        self.lost: set[str] = set()
        self.cut: set[int] = set()
        self.doors: list[Door] = []
        self.slow: set[str] = set()
        self.odd: set[str] = set()

    def serves(self, place: Place) -> bool:
        return True

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        return Assessment()

    def connect(self, place: Place, context: Context) -> Connection:
        self.connections += 1
        if place.name in self.slow:
            time.sleep(0.5)
            raise HostUnreachable(f"{place.name} does not answer")
        return Door(self, place)


class Door(Connection):
    told: Callable[[], None] | None = None

    def __init__(self, hall: Hall, place: Place) -> None:
        self.hall, self.place = hall, place
        hall.doors.append(self)

    def observe(self, progress: Progress) -> Observation:
        if self.place.name in self.hall.lost or id(self) in self.hall.cut:
            raise HostUnreachable("gone")
        if self.place.name in self.hall.odd:
            return None  # type: ignore[return-value]
        lamps = self.hall.lamps[self.place.name]
        return Observation([Resource("lamp", name, self.place.name, {}, backend="hall") for name in lamps])

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        raise NotImplementedError

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        raise NotImplementedError

    def watch(self, tell: Callable[[], None]) -> bool:
        if not self.told:
            self.told = tell
            self.hall.watches += 1
            self.hall.tells.append(tell)
        return True


@pytest.fixture
def hall() -> Hall:
    return Hall()


@pytest.fixture
def watching(hall: Hall) -> Iterator[Callable[[], Watching]]:
    begun: list[Watching] = []

    def watch() -> Watching:
        begun.append(Watching({name: Host(name) for name in hall.lamps}, {"hall": hall}))
        begun[-1].start()
        return begun[-1]

    yield watch
    for one in begun:
        one.close()


def until(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_a_connection_is_asked_once_however_often_it_tells(
    hall: Hall, watching: Callable[[], Watching]
) -> None:
    watched = watching()
    assert watched.seen.wait(3)
    for name in ("three", "four", "five"):
        hall.lamps["kvm1"].append(name)
        for tell in hall.tells:
            tell()
        assert until(lambda name=name: watched.fleet.get("lamp", "kvm1", name))  # type: ignore[misc]
    assert hall.watches == 2


def test_one_that_can_tell_no_longer_is_made_anew(hall: Hall, watching: Callable[[], Watching]) -> None:
    watched = watching()
    assert watched.seen.wait(3)
    hall.lost.add("kvm1")
    for tell in hall.tells:
        tell()
    assert until(lambda: "kvm1" in watched.fleet.unreachable)
    hall.lost.clear()
    watched.look_again()
    assert until(lambda: not watched.fleet.unreachable and hall.watches == 3)


def test_one_that_was_lost_and_made_anew_at_once_tells_too(
    hall: Hall, watching: Callable[[], Watching]
) -> None:
    watched = watching()
    assert watched.seen.wait(3)
    for name in ("three", "four"):
        (lost,) = (door for door in hall.doors if door.place.name == "kvm1" and id(door) not in hall.cut)
        hall.cut.add(id(lost))
        assert lost.told
        lost.told()
        assert until(lambda lost=lost: hall.doors[-1] is not lost and hall.doors[-1].told)  # type: ignore[misc]
        assert not watched.fleet.unreachable
        hall.lamps["kvm1"].append(name)
        hall.doors[-1].told()  # type: ignore[misc]
        assert until(lambda name=name: watched.fleet.get("lamp", "kvm1", name))  # type: ignore[misc]


def test_places_that_do_not_answer_cost_their_time_once_and_together(
    hall: Hall, watching: Callable[[], Watching]
) -> None:
    hall.lamps |= {f"kvm{n}": [] for n in range(3, 13)}
    hall.slow = {f"kvm{n}" for n in range(3, 13)}
    begun = time.monotonic()
    watched = watching()
    assert watched.seen.wait(5)
    assert time.monotonic() - begun < 1.5
    assert hall.connections == 12
    assert watched.fleet.get("lamp", "kvm1", "one")


def test_a_backend_that_is_not_reached_hides_no_other_of_its_place() -> None:
    hall, shed = Hall(), Hall()
    shed.name, shed.slow = "shed", {"kvm1"}
    watched = Watching({"kvm1": Host("kvm1")}, {"hall": hall, "shed": shed})
    watched.start()
    assert watched.seen.wait(5)
    assert watched.fleet.get("lamp", "kvm1", "one")
    assert "does not answer" in watched.fleet.unreachable["kvm1"].message
    assert shed.connections == 1
    watched.close()


def test_what_a_plugin_gives_for_an_observation_ends_nothing(
    hall: Hall, watching: Callable[[], Watching]
) -> None:
    hall.odd = {"kvm2"}
    watched = watching()
    assert watched.seen.wait(3)
    assert watched.fleet.get("lamp", "kvm1", "one")
    assert "backend hall failed: TypeError" in watched.fleet.unreachable["kvm2"].message
    hall.odd.clear()
    watched.look_again()
    assert until(lambda: watched.fleet.get("lamp", "kvm2", "two"))


def test_it_ends(hall: Hall, watching: Callable[[], Watching]) -> None:
    watched = watching()
    assert watched.seen.wait(3)
    watched.close()
    assert until(lambda: all(thread.name != "watch" for thread in threading.enumerate()))


def test_it_ends_whenever_it_is_closed(hall: Hall) -> None:
    for delay in (0.0, 0.01, 0.02, 0.03, 0.045, 0.06):
        watched = Watching({"kvm1": Host("kvm1")}, {"hall": hall})
        watched.start()
        time.sleep(delay)
        watched.close()
    assert until(lambda: all(thread.name != "watch" for thread in threading.enumerate()))


def test_one_that_does_not_answer_is_asked_again_by_and_by(
    hall: Hall, watching: Callable[[], Watching], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vnetsh.engine.watching._AGAIN", 0.1)
    hall.slow.add("kvm2")
    watched = watching()
    assert watched.seen.wait(3)
    assert watched.silent["kvm2"].why == "kvm2 does not answer"
    since = watched.silent["kvm2"].since
    asked = hall.connections
    assert until(lambda: hall.connections > asked + 1)
    assert watched.silent["kvm2"].since == since
    hall.slow.clear()
    assert until(lambda: not watched.silent and watched.fleet.get("lamp", "kvm2", "two"))
    asked = hall.connections
    time.sleep(0.3)
    assert hall.connections == asked, "who answers is not asked again"
