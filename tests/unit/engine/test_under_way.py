"""Runs beside each other: what is under way is seen, and taken back by whoever makes it when somebody asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from vnetsh import journal
from vnetsh.backend import Progress
from vnetsh.diagnostics import Source
from vnetsh.engine.report import Report
from vnetsh.engine.under_way import jobs
from vnetsh.errors import VnetshError
from vnetsh.model import Change, UnderWay
from vnetsh.model.change import ActionKind
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_demo.backend import DemoConnection


@pytest.fixture
def session() -> Iterator[Session]:
    plugins = load_plugins()
    with Session(plugins, plugins.worlds["demo"].hosts("2")) as found:
        assert found.apply(found.prepare(Source("<1>", "vm web on kvm1\nvm other on kvm1"))).ok
        yield found


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves of this world take ten seconds, unless somebody breaks them off."""
    make = DemoConnection.apply

    def apply(self: DemoConnection, changes: Sequence[Change], progress: Progress) -> None:
        if any(change.action is ActionKind.MOVE and not change.undo for change in changes):
            until = time.monotonic() + 10
            while time.monotonic() < until:
                progress("moving")
                time.sleep(0.01)
        make(self, changes, progress)

    monkeypatch.setattr(DemoConnection, "apply", apply)


def test_a_job_is_seen_and_taken_back_by_its_owner(session: Session, slow: None) -> None:
    begun, reports = threading.Event(), list[Report]()

    def run() -> None:
        with session.beside(lambda *told: None) as other:
            prepared = other.prepare(Source("<2>", "migrate web to kvm2"), lock=True)
            reports.append(other.apply(prepared, begun=lambda number: begun.set()))

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(5)
    while not (found := session.look("job")) or not found[0].text("vm"):
        assert thread.is_alive()
    (job,) = found
    assert (job.name, job.text("vm"), job.text("from"), job.text("to")) == ("2", "web", "kvm1", "kvm2")
    assert session.look("job", ["kvm2"]) == [job]
    # What is done meanwhile is done.
    assert session.apply(session.prepare(Source("<3>", "stop other"), lock=True)).ok
    assert session.cancel(2) == ("job 2 is broken off, and nothing of it stands", True)
    thread.join()
    (report,) = reports
    assert report.interrupted
    assert "process" in report.warnings[0]
    assert [vm.place for vm in session.look("vm")] == ["kvm1", "kvm1"]
    assert not session.look("job")
    assert not list(session.runs.glob("*.cancel"))
    with pytest.raises(VnetshError, match="no job 2 is under way"):
        session.cancel(2)


def test_a_move_in_memory_is_taken_back_in_its_own_run(session: Session) -> None:
    """It goes back from its other host, though it is taken back where it began."""
    session.undo_on_failure = True
    report = session.apply(session.prepare(Source("<2>", "migrate web to kvm2; expect vm web on kvm1")))
    assert not report.ok
    assert not report.leftovers
    assert [vm.place for vm in session.look("vm") if vm.name == "web"] == ["kvm1"]


def test_who_asks_to_end_what_is_over_asks_nobody_later(session: Session) -> None:
    run = next(journal.runs(session.runs))
    journal.ask_to_end(run, "somebody")
    run.path.with_suffix(".cancel").rename(session.runs / "000002.cancel")  # of a run that was killed
    report = session.apply(session.prepare(Source("<2>", "migrate web to kvm2")))
    assert (report.run, report.ok) == (2, True)


def test_moves_that_no_run_is_known_of(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    told = UnderWay("web", 3.0, sent=70 * 2**20, left=30 * 2**20, rate=20 * 2**20, written=5 * 2**20)
    monkeypatch.setattr(
        DemoConnection, "under_way", lambda self: [told] if self._host.name == "kvm1" else [], raising=False
    )
    (job,) = session.look("job")
    assert job.name == "-"
    assert job.attributes == {
        "vm": "web",
        "from": "kvm1",
        "sent": 70 * 2**20,
        "left": 30 * 2**20,
        "rate": 167 * 10**6,
        "writes": 41 * 10**6,
        "ends": 2000,
    }
    never = jobs([], session.inventory, [], session.connections)
    assert never == ([], {})
    assert UnderWay("web", left=1, rate=1, written=1).to_go is None
