"""Runs of others: brought together from what several hosts keep, called by who made them, told in both journals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from vnetsh import journal
from vnetsh.journal import Journal, books
from vnetsh.journal.merging import Part, believed, bring_home, bring_together
from vnetsh.journal.record_file import read, records_of
from vnetsh.testing.fleet import add, bridge, local_host

ALICE = 77
NUMBER = books.whole(12, ALICE)


def record(n: int, **said: Any) -> Mapping[str, Any]:
    return {"n": n, **said}


HEAD = record(
    0,
    journal=3,
    time="2026-11-24T10:43:50+00:00",
    what="a.vnet",
    script="",
    back=False,
    who="alice@desk",
    at=["kvm1", "kvm2"],
)


def own(runs: Path, *, undoes: list[int] | None = None) -> int:
    book = Journal(
        "a.vnet", "bridge br0\n", runs, undoes=undoes or (), back=bool(undoes), about={"at": ["kvm1"]}
    )
    book.done(book.intend(local_host(), "some", [add(bridge("br0"))], 1))
    book.end("done", 1.25)
    return book.number


@pytest.fixture
def others(tmp_path: Path) -> Path:
    (tmp_path / books.OTHERS).mkdir()
    books.book_of(tmp_path)
    return tmp_path / books.OTHERS


def test_a_run_is_the_union_of_what_its_hosts_keep(tmp_path: Path, others: Path) -> None:
    first, second = [HEAD, record(1, segment=0), record(4, unkept="kvm2")], [HEAD, record(3, unkept="kvm3")]
    bring_together(others, NUMBER, [Part(False, False, first), Part(False, False, second)])
    (run,) = journal.of_others(tmp_path)
    assert (run.name, run.alive, run.unkept) == ("alice@desk:12", True, ["kvm3", "kvm2"])
    assert journal.cut_off(tmp_path) == []
    assert list(journal.runs(tmp_path)) == []

    bring_together(others, NUMBER, [Part(False, True, first)])  # whoever has its lock made it no more
    assert [one.name for one in journal.cut_off(tmp_path)] == ["alice@desk:12"]
    assert journal.cut_off(tmp_path, others=False) == []

    bring_together(others, NUMBER, [Part(True, False, [HEAD, record(5, end="done")])])
    (run,) = journal.of_others(tmp_path)
    assert (run.outcome, run.alive, [r["n"] for r in run.records]) == ("done", False, [0, 1, 3, 4, 5])


def test_a_part_without_its_beginning_is_no_run(tmp_path: Path, others: Path) -> None:
    bring_together(others, NUMBER, [Part(True, False, [record(5, end="done")])])
    assert journal.of_others(tmp_path) == []


def test_numbers_in_anothers_record_are_of_its_journal(tmp_path: Path, others: Path) -> None:
    mine = own(tmp_path)
    whole = books.whole(mine, books.book_of(tmp_path))
    told = record(1, **{"taken back by": 13})
    bring_together(others, NUMBER, [Part(True, False, [{**HEAD, "undoes": [whole, 11]}, told])])
    (run,) = journal.of_others(tmp_path)
    assert run.undoes == (mine, books.whole(11, ALICE))
    assert (run.taken_back_by, run.taker) == (books.whole(13, ALICE), "alice@desk:13")
    ours = record(2, **{"taken back by": whole, "name": "me@here"})
    bring_together(others, NUMBER, [Part(True, False, [ours])])
    (run,) = journal.of_others(tmp_path)
    assert (run.taken_back_by, run.taker) == (mine, str(mine))


def test_what_others_tell_of_a_run_comes_home_once(tmp_path: Path) -> None:
    number = own(tmp_path)
    told = record(9, **{"taken back by": NUMBER, "by": NUMBER, "name": "alice@desk"})
    for _ in range(2):
        bring_home(tmp_path, number, [HEAD, told])
    (run,) = journal.runs(tmp_path)
    assert [r.get("taken back by") for r in run.records].count(NUMBER) == 1
    assert (run.taken_back_by, run.taker) == (NUMBER, "alice@desk:12")
    assert (run.seconds, run.outcome) == (1.25, "done")


def test_a_run_that_another_finished_is_cut_off_no_more(tmp_path: Path) -> None:
    book = Journal("a.vnet", "bridge br0\n", tmp_path, about={"at": ["kvm1"]})
    book.intend(local_host(), "some", [add(bridge("br0"))], 1)
    book.leave()
    assert [run.number for run in journal.cut_off(tmp_path)] == [1]
    bring_home(tmp_path, 1, [record(3, end="finished by alice@desk:12", by=NUMBER)])
    assert journal.cut_off(tmp_path) == []
    (run,) = journal.runs(tmp_path)
    assert (run.outcome, run.ended_by) == ("finished by alice@desk:12", NUMBER)
    assert len(read(run.path)[0]) == 3


def test_what_came_of_each_change(tmp_path: Path) -> None:
    book = Journal("a.vnet", "", tmp_path)
    place, changes = local_host(), [add(bridge("br0")), add(bridge("br1"))]
    book.done(book.intend(place, "some", changes[:1], 1))
    book.failed(book.intend(place, "some", changes, 2), [0])
    book.done(book.intend(place, "some", changes[:1], 0, undoes=1))
    book.intend(place, "some", changes[1:], 3)
    book.leave()
    (run,) = journal.runs(tmp_path)
    assert [outcome for _, outcome in run.came()] == ["undone", "done", "failed", "unknown"]


def test_a_host_is_believed_about_itself_only(tmp_path: Path) -> None:
    book = Journal("a.vnet", "", tmp_path)
    elsewhere = bridge("br0", "kvm2")
    book.intend(local_host("kvm1"), "some", [add(bridge("br0"))], 1)
    book.intend(local_host("kvm2"), "some", [add(elsewhere)], 1)
    book.leave()
    (run,) = journal.runs(tmp_path)
    assert [r["step"] for r in believed(run.records, "kvm1") if "step" in r] == [1]
    assert [r["step"] for r in believed(run.records, "kvm2") if "step" in r] == [2]
    assert believed([{"step": 3}, {"done": 3}], "kvm1") == [{"done": 3}]


@pytest.mark.parametrize(
    "record",
    [
        {"n": float("inf")},
        {"n": "1"},
        {"n": True},
        {"who": ["a"]},
        {"time": 7},
        {"at": {"kvm1": 1}},
        {"seconds": "long"},
        {"undoes": "7"},
        {"undoes": [[7]]},
        {"unconfirmed": {"kvm2": "../../../tmp/mine"}, "block": 0, "seconds": 5.0},
    ],
)
def test_what_no_journal_says_is_not_taken_from_a_host(record: dict[str, object]) -> None:
    assert believed([record, {"n": 3, "done": 3}], "kvm1") == [{"n": 3, "done": 3}]


def test_a_record_of_endless_depth_is_passed_over() -> None:
    assert records_of('{"n": 1}\n' + "[" * 200_000 + '\n{"n": 2}\n') == [{"n": 1}, {"n": 2}]
