"""Ctrl-C while places are looked at; connections and jobs that raise where they never should."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence

import pytest

from vnetsh.backend import Assessment, Backend, Connection, Context, JobState, Observation, Progress
from vnetsh.engine.connections import Connections
from vnetsh.engine.jobs import see_through
from vnetsh.engine.observe import observe
from vnetsh.model import Change, Fleet, Host, Place


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """Ctrl-C as at a terminal, also where a script runs the tests in its background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Slow(Backend):
    """A backend that does not come back from `slow` until it is let."""

    name = "hall"
    kinds = frozenset({"lamp"})

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.opened: list[str] = []
        self.closed: list[str] = []

    def serves(self, place: Place) -> bool:
        return True

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        return Assessment()

    def connect(self, place: Place, context: Context) -> Connection:
        self.opened.append(place.name)
        return Door(self, place.name)


class Door(Connection):
    def __init__(self, hall: Slow, place: str) -> None:
        self.hall, self.place = hall, place

    def observe(self, progress: Progress) -> Observation:
        if self.place == "slow" and not self.hall.gate.is_set():
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
            self.hall.gate.wait(5)
        return Observation()

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        raise NotImplementedError

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.hall.closed.append(self.place)
        raise RuntimeError("it should never raise")


def test_a_connection_that_a_thread_still_uses_is_nobody_elses() -> None:
    hall = Slow()
    inventory = {name: Host(name) for name in ("quick", "slow")}
    connections = Connections({"hall": hall})
    at = [("quick", "hall"), ("slow", "hall")]
    with pytest.raises(KeyboardInterrupt):
        observe(inventory, at, connections)
    hall.gate.set()
    assert not observe(inventory, at, connections).unreachable
    assert hall.opened == ["quick", "slow", "slow"]
    connections.close()
    assert sorted(hall.closed) == ["quick", "slow"]


class Stubborn:
    """A job whose `cancel` raises: it goes on to its end."""

    looks = 0

    def look(self) -> JobState:
        self.looks += 1
        return JobState("at work", ended=self.looks > 2)

    def cancel(self) -> None:
        raise RuntimeError("it should never raise")


def test_a_job_that_cannot_be_broken_off_is_seen_to_its_end() -> None:
    def progress(text: str, fraction: float | None = None) -> None:
        raise KeyboardInterrupt

    job = Stubborn()
    with pytest.raises(KeyboardInterrupt):
        see_through(job, progress)
    assert job.looks == 3
