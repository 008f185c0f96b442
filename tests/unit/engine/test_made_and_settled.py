"""What a step makes is written down, and a step that went silent is settled before it is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from vnetsh import backend, journal
from vnetsh.backend import Assessment, Context, Observation, Progress
from vnetsh.engine.apply import Applier
from vnetsh.engine.connections import Connections
from vnetsh.engine.report import Outcome
from vnetsh.errors import HostUnreachable, VerificationFailed
from vnetsh.journal import Journal
from vnetsh.model import Fleet, Host, Place, Resource, Thing
from vnetsh.model.change import ActionKind, Change

HOSTS = {"h1": Host("h1")}
FILE: Thing = {"what": "/a on h1", "file": "/a", "id": "17"}
FURTHER: Thing = {"what": "/b on h1", "file": "/b", "id": "18"}


class Connection(backend.Connection):
    """Makes a file for each thing; then the call goes wrong as the test says."""

    def __init__(self, error: Exception | None, stands: Sequence[str] | Exception | None) -> None:
        self.error, self.stands = error, stands
        self.taken_back: list[Change] = []
        self.asked = 0

    def observe(self, progress: Progress) -> Observation:
        return Observation()

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        if changes[0].undo:
            self.taken_back += changes
            return
        for change in changes:
            if change.resource.name != "bare":
                self.keep(change, FILE)
        if isinstance(self.error, HostUnreachable):
            raise self.error

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        if self.error and not changes[0].undo and not self.asked:
            raise self.error

    def settle(self, changes: Sequence[Change], progress: Progress) -> Sequence[Change] | None:
        self.asked += 1
        if isinstance(self.stands, Exception):
            raise self.stands
        return None if self.stands is None else [c for c in changes if c.resource.name in self.stands]


class Backend(backend.Backend):
    name, kinds = "a", frozenset({"thing"})

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def serves(self, place: Place) -> bool:
        return True

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        return Assessment()

    def connect(self, place: Place, context: Context) -> Connection:
        return self.connection


def add(*names: str) -> tuple[Change, ...]:
    return tuple(
        Change(ActionKind.ADD, None, Resource("thing", name, "h1", {}, backend="a")) for name in names
    )


def applied(folder: Path, connection: Connection, *names: str) -> Applier:
    book = Journal("test", "", folder)
    found = Applier(HOSTS, Connections({"a": Backend(connection)}), lambda *_: None, book)
    found.run([add(*names)])
    book.leave() if found.unknown else book.end("failed" if found.failures else "done")
    return found


def outcomes(found: Applier) -> dict[str, Outcome]:
    return {c.resource.name: outcome for c, outcome in found.outcomes.values()}


def test_what_was_made_is_given_to_whoever_takes_it_back(tmp_path: Path) -> None:
    connection = Connection(VerificationFailed("no"), None)
    applied(tmp_path, connection, "x", "bare")
    assert {c.resource.name: c.made for c in connection.taken_back} == {"x": (FILE,), "bare": ()}


def test_what_was_made_is_in_the_journal(tmp_path: Path) -> None:
    applied(tmp_path, Connection(None, None), "bare", "x")
    (run,) = journal.runs(tmp_path)
    (step,) = run.standing()
    assert {c.resource.name: c.made for c in step.changes} == {"x": (FILE,), "bare": ()}
    assert step.changes[1].inverse().made == (FILE,)


def test_a_taking_back_knows_what_was_made_before_it(tmp_path: Path) -> None:
    (change,) = add("x")
    book = Journal("undo 1", "", tmp_path, back=True)
    step = book.intend(HOSTS["h1"], "a", [Change(ActionKind.REMOVE, change.after, None, made=(FILE,))], 1)
    book.made(step, 0, FURTHER)
    book.leave()
    (run,) = journal.cut_off(tmp_path)
    assert run.half_made()[0].changes[0].made == (FILE, FURTHER)


LOST = HostUnreachable("h1: lost")


def test_what_came_about_all_the_same_is_taken_as_it_is(tmp_path: Path) -> None:
    connection = Connection(LOST, ["x", "bare"])
    found = applied(tmp_path, connection, "x", "bare")
    assert outcomes(found) == {"x": Outcome.DONE, "bare": Outcome.DONE}
    assert not connection.taken_back


@pytest.mark.parametrize(
    ("stands", "back"), [(["bare"], {"x", "bare"}), (["x"], {"x"}), ([], {"x"}), (None, {"x", "bare"})]
)
def test_what_stands_or_left_something_is_taken_back(
    tmp_path: Path, stands: Sequence[str] | None, back: set[str]
) -> None:
    connection = Connection(LOST, stands)
    found = applied(tmp_path, connection, "x", "bare")
    assert {change.resource.name for change in connection.taken_back} == back
    assert not found.unknown
    assert not journal.cut_off(tmp_path)


def test_what_may_be_under_way_is_not_taken_back(tmp_path: Path) -> None:
    connection = Connection(LOST, HostUnreachable("h1: still nothing"))
    found = applied(tmp_path, connection, "x", "bare")
    assert connection.asked == 1
    assert not connection.taken_back
    assert found.unknown
    (run,) = journal.cut_off(tmp_path)
    assert [change.made for change in run.half_made()[0].changes] == [(FILE,), ()]


def test_a_taking_back_knows_what_it_has_made_itself(tmp_path: Path) -> None:
    """A disk that was moved back is another file than the one that was made first, and goes with it."""

    class Moving(Connection):
        def apply(self, changes: Sequence[Change], progress: Progress) -> None:
            self.taken_back += changes
            if changes[0].action is ActionKind.MOVE:
                self.keep(changes[0], FURTHER)

    connection = Moving(None, None)
    thing = Resource("thing", "x", "h1", {}, backend="a")
    back = (
        Change(ActionKind.MOVE, thing, thing, undo=True),
        Change(ActionKind.REMOVE, thing, None, undo=True, made=(FILE,)),
    )
    book = Journal("undo 1", "", tmp_path, back=True)
    found = Applier(HOSTS, Connections({"a": Backend(connection)}), lambda *_: None, book)
    assert found.run([back[:1], back[1:]])
    assert [change.made for change in connection.taken_back] == [(), (FILE, FURTHER)]
    book.end("done")
