"""Hosts do not wait for each other, and nobody waits for a call that hangs once the user has had enough."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from vnetsh import backend, journal
from vnetsh.backend import Assessment, Context, Observation, Progress
from vnetsh.engine.apply import Applier
from vnetsh.engine.report import Outcome
from vnetsh.errors import HostHung, HostUnreachable
from vnetsh.journal import Journal
from vnetsh.model import Fleet, Host, Place, Resource
from vnetsh.model.change import ActionKind, Change

HOSTS = {name: Host(name) for name in ("h1", "h2")}


class Backend(backend.Backend):
    """Does at each call what it is told; `calls` are those that came."""

    kinds = frozenset({"thing"})

    def __init__(self, name: str, what: Callable[[str, Sequence[Change]], None]) -> None:
        self.name = name
        self.calls: list[str] = []
        self._what = what

    def serves(self, place: Place) -> bool:
        return True

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        return Assessment()

    def connect(self, place: Place, context: Context) -> Connection:
        return Connection(self, place.name)

    def apply(self, host: str, changes: Sequence[Change]) -> None:
        self.calls.append(f"{changes[0].action} {host}")
        self._what(host, changes)


class Connection(backend.Connection):
    def __init__(self, backend: Backend, place: str) -> None:
        self._backend = backend
        self._place = place

    def observe(self, progress: Progress) -> Observation:
        return Observation()

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        self._backend.apply(self._place, changes)

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        pass


def added(backend: str) -> tuple[Change, ...]:
    """A thing of a backend on each host."""
    things = (Resource("thing", backend, host, {}, backend=backend) for host in HOSTS)
    return tuple(Change(ActionKind.ADD, None, thing) for thing in things)


def applier(
    folder: Path,
    *backends: Backend,
    keep_going: bool = False,
    report: Callable[[str, str, float | None], None] = lambda *_: None,
) -> tuple[Applier, Journal]:
    from vnetsh.engine.connections import Connections

    book = Journal("test", "", folder)
    connections = Connections({b.name: b for b in backends})
    return Applier(HOSTS, connections, report, book, keep_going=keep_going), book


def outcomes(found: Applier) -> dict[str, Outcome]:
    return {f"{c.resource.name} {c.place}": outcome for c, outcome in found.outcomes.values()}


def test_a_host_goes_on_to_its_next_stage_while_another_is_in_its_first(tmp_path: Path) -> None:
    second_stage = threading.Event()

    def first(host: str, changes: Sequence[Change]) -> None:
        if host == "h2":
            assert second_stage.wait(10), "h1 waits for h2"

    a, b = Backend("a", first), Backend("b", lambda host, _: second_stage.set())
    found, _ = applier(tmp_path, a, b)
    assert found.run([added("a"), added("b")]), found.failures
    assert set(outcomes(found).values()) == {Outcome.DONE}
    assert b.calls == ["add h1", "add h2"]


@pytest.mark.parametrize("keep_going", [False, True])
def test_a_host_that_hangs_is_asked_once_and_the_run_counts_as_cut_off(
    tmp_path: Path, keep_going: bool
) -> None:
    def hangs(host: str, changes: Sequence[Change]) -> None:
        if host == "h2":
            raise HostHung("h2: no answer")

    a, b = Backend("a", hangs), Backend("b", lambda *_: None)
    found, book = applier(tmp_path, a, b, keep_going=keep_going)
    assert found.run([added("a"), added("b")]) is keep_going
    assert found.unknown
    book.leave()
    assert a.calls.count("add h2") == 1
    assert "remove h2" not in a.calls
    h1 = Outcome.DONE if keep_going else Outcome.UNDONE
    expected = {"a h1": h1, "a h2": Outcome.LEFT}
    if keep_going:
        expected["b h1"] = h1
    assert {k: v for k, v in outcomes(found).items() if k != "b h1" or keep_going} == expected
    assert found.leftovers == ["add thing a on h2: may have been made, and cannot be taken back now"]
    run = journal.cut_off(tmp_path)[0]
    assert [step.place for step in run.half_made()] == ["h2"]


def test_what_was_made_is_not_called_doubtful_when_its_host_hangs_later(tmp_path: Path) -> None:
    def hangs(host: str, changes: Sequence[Change]) -> None:
        if host == "h2":
            raise HostHung("h2: no answer")

    a, b = Backend("a", lambda *_: None), Backend("b", hangs)
    found, book = applier(tmp_path, a, b)
    assert not found.run([added("a"), added("b")])
    book.leave()
    assert sorted(found.leftovers) == [
        "add thing a on h2: was made, and may still stand",
        "add thing b on h2: may have been made, and cannot be taken back now",
    ]


def test_a_host_that_answers_again_at_once_is_taken_back(tmp_path: Path) -> None:
    def lost_once(host: str, changes: Sequence[Change]) -> None:
        if host == "h2" and changes[0].action is ActionKind.ADD:
            raise HostUnreachable("h2: the connection was lost")

    a = Backend("a", lost_once)
    found, book = applier(tmp_path, a)
    assert not found.run([added("a")])
    assert not found.unknown
    assert outcomes(found) == {"a h1": Outcome.UNDONE, "a h2": Outcome.FAILED}
    book.end("failed")
    assert not journal.cut_off(tmp_path)
    assert not next(journal.runs(tmp_path)).standing()


def test_a_call_that_never_comes_back_is_given_up_when_ctrl_c_is_pressed_twice(tmp_path: Path) -> None:
    begun, told, never = threading.Event(), threading.Event(), threading.Event()

    def report(host: str, text: str, fraction: float | None) -> None:
        if "Ctrl-C again" in text:
            told.set()

    def hangs(host: str, changes: Sequence[Change]) -> None:
        if host == "h2":
            begun.set()
            never.wait(60)

    a = Backend("a", hangs)
    found, book = applier(tmp_path, a, report=report)

    def interrupt() -> None:
        assert begun.wait(10)
        found.cancel()
        told.wait(10)
        found.cancel()

    thread = threading.Thread(target=interrupt)
    thread.start()
    assert not found.run([added("a")])
    thread.join()
    assert told.is_set()
    assert outcomes(found) == {"a h1": Outcome.UNDONE, "a h2": Outcome.LEFT}
    assert "nobody waits for it any longer" in found.failures[0].message
    book.leave()
    never.set()
    assert [step.place for step in journal.cut_off(tmp_path)[0].half_made()] == ["h2"]


def test_where_something_moves_all_hosts_wait(tmp_path: Path) -> None:
    """A bridge goes after the vm has left it, also when the bridge's host is not the one that does the move."""
    b_is_made = threading.Event()

    def first(host: str, changes: Sequence[Change]) -> None:
        if changes[0].action is ActionKind.MOVE:
            assert not b_is_made.wait(0.3), "h2 did not wait for the move"

    here, there = (Resource("thing", "m", host, {}, backend="a") for host in HOSTS)
    move = (Change(ActionKind.MOVE, here, there),)
    a, b = Backend("a", first), Backend("b", lambda host, _: b_is_made.set())
    found, _ = applier(tmp_path, a, b)
    assert found.run([added("a"), move, added("b")]), found.failures
    assert sorted(a.calls[:2]) == ["add h1", "add h2"]
    assert a.calls[2:] == ["move h1"]
    assert sorted(b.calls) == ["add h1", "add h2"]
