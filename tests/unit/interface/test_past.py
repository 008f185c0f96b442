"""Runs of the past by their names, and what refuses to roll back over one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import apply
from faces import face_of

from vnetsh import journal
from vnetsh.engine.failures import PlanRefused
from vnetsh.errors import UsageError
from vnetsh.interface.finding_runs import run_of
from vnetsh.interface.history import history
from vnetsh.interface.undoing import recover, rollback, to_take_back, undo
from vnetsh.journal import Journal, books
from vnetsh.journal.record_file import whole_file
from vnetsh.session import Session
from vnetsh.testing.fleet import add, bridge, local_host


def test_a_run_that_was_cut_off_is_named_and_nothing_is_touched(demo: Session) -> None:
    apply(demo, "bridge br1 on kvm1")
    Journal("bridge br2 on kvm1", "bridge br2 on kvm1\n", demo.runs).leave()
    apply(demo, "bridge br3 on kvm1")
    with pytest.raises(PlanRefused) as refused:
        rollback(face_of(demo), ["to", "run", "1"])
    (problem,) = refused.value.problems
    assert (problem.code, problem.message) == (
        "E546",
        "run 2 cannot be taken back, and so nothing is: it was cut off",
    )
    assert recover(face_of(demo), [], back=True) == 0
    assert rollback(face_of(demo), ["to", "run", "1"]) == 0
    assert [bridge.name for bridge in demo.look("bridge", ["kvm1"]) if bridge.name.startswith("br")] == [
        "br1"
    ]


def test_json_is_whole(demo: Session, capsys: pytest.CaptureFixture[str]) -> None:
    apply(demo, "bridge br1 on kvm1; bridge br2 on kvm2")
    history(face_of(demo, "json"), ["1"])
    found = json.loads(capsys.readouterr().out)
    assert found["typed"] == "bridge br1 on kvm1; bridge br2 on kvm2"
    assert found["script"] == "bridge br1 on kvm1\nbridge br2 on kvm2\n"
    assert [(one["action"], one["name"], one["outcome"]) for one in found["changed"]] == [
        ("add", "br1", "done"),
        ("add", "br2", "done"),
    ]


def test_names_of_others(demo: Session) -> None:
    (demo.runs / books.OTHERS).mkdir()
    head = {"journal": 3, "time": "2026-11-24T10:43:50+00:00", "what": "a", "script": "", "back": False}
    for book in (5, 6):
        for number in (12, 13)[: 7 - book]:
            path = demo.runs / books.OTHERS / f"{books.whole(number, book)}.live"
            whole_file(path, [{**head, "who": "alice@desk"}])
    face = face_of(demo)
    assert run_of(face, "alice@desk:13").book == 5
    for word, said in (
        ("alice@desk:12", "2 runs are called alice@desk:12"),
        ("alice@desk:14", "there is no run alice@desk:14"),
        ("soon", "`soon` is no run"),
        ("9" * 30, "is no run"),
    ):
        with pytest.raises(UsageError) as refused:
            run_of(face, word)
        assert said in refused.value.message
    with pytest.raises(UsageError, match="is still under way"):
        undo(face, ["alice@desk:13"])


def made(runs: Path, number: int, *undoes: int, by: int = 0, end: str = "done") -> None:
    """A run that changed something; `by` took it back."""
    book = Journal("a", "", runs, back=bool(undoes), undoes=undoes)
    assert book.number == number
    book.done(book.intend(local_host(), "some", [add(bridge(f"br{number}"))], 1))
    book.end(end)
    if by:
        next(iter(journal.runs(runs))).note({"taken back by": by})


def test_what_a_rollback_has_to_take_back(tmp_path: Path) -> None:
    made(tmp_path, 1)
    made(tmp_path, 2)
    made(tmp_path, 3, by=4)
    made(tmp_path, 4, 3, by=5)  # taken back by 5: so 3 stands again
    made(tmp_path, 5, 4)
    next(run for run in journal.runs(tmp_path) if run.number == 3).note({"taken back by": 0})
    made(
        tmp_path, 6, 3, 2, end="finished by 7"
    )  # a rollback that was cut off, what ended it, and what took that back
    made(tmp_path, 7, 3, 2, by=8)
    made(tmp_path, 8, 7)

    def chosen(after: int) -> list[int]:
        later = [run for run in journal.runs(tmp_path) if run.number > after]
        return [run.number for run in to_take_back(later)]

    assert chosen(1) == [3, 2]
    assert chosen(2) == [3]
    assert chosen(3) == [], "what took it back was itself taken back"
