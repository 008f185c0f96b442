"""Acts that show in no attribute, a reboot: planned each time, never taken back, done once when a run is finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from vnetsh import journal
from vnetsh.diagnostics import Source
from vnetsh.engine.report import Outcome
from vnetsh.journal import Journal
from vnetsh.model import Change, Host, Impact
from vnetsh.model.change import ActionKind
from vnetsh.session import Session
from vnetsh.testing.fleet import vm


def run(session: Session, text: str) -> list[Change]:
    prepared = session.prepare(Source("test", text))
    report = session.apply(prepared)
    assert report.ok, report.failures
    return list(prepared.plan.changes)


def reboot(name: str) -> Change:
    one = vm(name, by="demo")
    return Change(ActionKind.CHANGE, one, one, wishes={"reboot": True})


def test_it_is_planned_each_time_and_taken_back_by_nothing(demo: Session) -> None:
    run(demo, "vm web1 on kvm1; vm web2 on kvm1")
    for _ in range(2):
        found = run(demo, "reboot web1, web2")
        assert [(str(c), c.impact, c.hits) for c in found] == [
            (f"reboot vm {name} on kvm1", Impact.RESTART, (name,)) for name in ("web1", "web2")
        ]
    last = next(journal.runs(demo.runs))
    prepared = demo.take_back(last)
    assert {(c.impact, c.how) for c in prepared.plan.changes} == {
        (Impact.NONE, "there is nothing to take back of a reboot")
    }
    report = demo.apply(prepared)
    assert report.ok
    assert "reboot vm web1 on kvm1: that was done, and nobody can take it back" in report.leftovers


def test_a_failure_that_follows_says_that_it_stays_done(demo: Session) -> None:
    run(demo, "vm web1 on kvm1")
    prepared = demo.prepare(Source("test", "reboot web1; bridge br9 on kvm1"))
    backend = demo.backends["demo"]
    backend.host("kvm1").fail_next("no", after=0)  # type: ignore[attr-defined]
    host = backend.host("kvm1")  # type: ignore[attr-defined]
    take = host.take_fault
    calls = iter((None, take()))
    host.take_fault = lambda: next(calls, None)
    report = demo.apply(prepared)
    assert not report.ok
    assert report.leftovers == ("reboot vm web1 on kvm1: that was done, and nobody can take it back",)
    assert report.count(Outcome.LEFT) == 1


@pytest.mark.parametrize(("done", "segment"), [(True, 1), (False, 0)])
def test_a_run_is_finished_behind_one_that_is_done(tmp_path: Path, done: bool, segment: int) -> None:
    book = Journal("test", "reboot web1\nvm web1 vcpus 2\n", tmp_path)
    book.segment(0)
    step = book.intend(Host("kvm1"), "demo", [reboot("web1")], 1)
    if done:
        book.done(step)
    book.leave()
    (cut,) = journal.cut_off(tmp_path)
    assert cut.segment == segment
    assert [change.traceless for one in cut.standing() for change in one.changes] == [True]
