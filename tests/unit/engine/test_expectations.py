"""Runs with expectations: what is not so ends them; what was made stands, or is taken back where that is wished."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from conftest import Run

from vnetsh import journal
from vnetsh.diagnostics import Source
from vnetsh.engine.report import Outcome, Report
from vnetsh.model import Fleet, Trial, Tried, Watching
from vnetsh.registry import Plugins
from vnetsh.session import Session
from vnetsh_demo.backend import DemoBackend, DemoConnection

LAN = "bridge lan on kvm1, kvm2; vm a on kvm1 port lan name a1; vm b on kvm2 port lan name b1"
APART = f"{LAN}; expect ping a -> b; bridge more on kvm1; expect vm a on kvm1"


@pytest.fixture
def strict(plugins: Plugins) -> Iterator[Session]:
    with Session(plugins, plugins.worlds["demo"].hosts("3"), undo_on_failure=True) as session:
        yield session


def run(session: Session, script: str) -> tuple[Report, list[str]]:
    told: list[str] = []
    prepared = session.prepare(Source("t.vnet", script), lock=True)
    return session.apply(prepared, lambda answer: told.append(answer.text)), told


def names(session: Session, kind: str) -> set[str]:
    return {resource.name for resource in session.look(kind)}


def test_what_is_not_so_ends_the_run_and_what_was_made_stands(demo: Session) -> None:
    report, _ = run(demo, APART)
    assert (report.exit_code, report.unasked) == (1, 1)
    [failure] = report.failures
    assert failure.code == "E475"
    assert "a and b are in no network together" in failure.message
    assert "`undo` takes it back" in failure.help
    assert {outcome for _, outcome in report.outcomes} == {Outcome.DONE, Outcome.SKIPPED}
    assert names(demo, "vm") == {"a", "b"}
    assert demo.apply(demo.take_back(next(iter(journal.runs(demo.runs))))).ok
    assert not names(demo, "vm")


def test_with_undo_on_failure_all_of_it_is_taken_back(strict: Session) -> None:
    report, _ = run(strict, APART)
    assert report.exit_code == 1
    assert [outcome for _, outcome in report.outcomes].count(Outcome.UNDONE) == 6
    assert not names(strict, "vm")
    assert names(strict, "bridge") == {"vswitch01"}
    [of_it] = journal.runs(strict.runs)
    assert (of_it.outcome, of_it.standing()) == ("failed", [])
    assert [text.partition(": ")[0] for text in of_it.answered] == ["ping a -> b"]


def test_what_resists_is_said(strict: Session) -> None:
    host = strict.backends["demo"]
    assert isinstance(host, DemoBackend)

    def off(self: DemoConnection, trial: Trial, fleet: Fleet, progress: object) -> Tried:
        host.host("kvm2").fail_next("no more")
        return Tried(False, "nobody answers")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DemoConnection, "try_way", off)
        report, _ = run(strict, APART)
    assert Outcome.LEFT in {outcome for _, outcome in report.outcomes}
    assert any("no more" in said for said in report.leftovers)


def test_an_outage_over_its_limit_is_taken_back_too(strict: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = {"what": "the gap", "measured": "{}", "says": "a: gap 9 ms", "unmet": "a: its outage was 9 ms"}
    monkeypatch.setattr("vnetsh_demo.backend.measured", lambda change: None if change.undo else measured)
    assert run(strict, LAN)[0].ok
    report, _ = run(strict, "migrate a to kvm2 outage 1ms; expect vm a on kvm2")
    assert (report.exit_code, report.unasked) == (1, 1)
    assert [failure.message for failure in report.failures] == ["a: its outage was 9 ms"]
    assert [outcome for _, outcome in report.outcomes] == [Outcome.UNDONE], report.leftovers
    assert [vm.place for vm in strict.look("vm") if vm.name == "a"] == ["kvm1"]


def test_who_cannot_be_seen_ends_it_as_well(demo: Session) -> None:
    report, _ = run(demo, f"{LAN}; expect ping a -> 192.0.2.200; expect vm a on kvm1")
    assert [failure.code for failure in report.failures] == ["E476"]
    assert report.unasked == 1
    assert names(demo, "vm") == {"a", "b"}


def test_one_that_breaks_off_is_taken_back(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: DemoConnection, trial: Trial, fleet: Fleet, progress: object) -> Tried:
        raise KeyboardInterrupt

    monkeypatch.setattr(DemoConnection, "try_way", interrupted)
    report, _ = run(demo, APART)
    assert report.exit_code == 130
    assert not names(demo, "vm")


def test_answers_in_their_order(demo: Session) -> None:
    report, told = run(
        demo, f"{LAN}; expect vm a on kvm1; tunnel gre1 kvm1<->kvm2 on lan; expect ping a -> b"
    )
    assert report.ok
    assert [text.partition(": ")[0] for text in told] == ["vm a on kvm1", "ping a -> b"]


def test_a_network_that_is_only_looked_at(demo: Session) -> None:
    assert run(demo, LAN)[0].ok
    report, told = run(
        demo, "expect no ping a -> b; expect port a1 bridge lan vlan none vm a; expect tcp a -> b port 80"
    )
    assert (report.exit_code, len(told)) == (1, 3)
    assert not run(demo, "expect vm a on kvm2; expect vm a on kvm1")[0].ok


def test_the_two_options_that_contradict_each_other(vnetsh: Run) -> None:
    done = vnetsh("--demo", "--undo-on-failure", "--keep-going", "-c", "show hosts")
    assert done.returncode == 2
    assert "contradict" in done.stderr


def test_as_json(vnetsh: Run) -> None:
    done = vnetsh("--demo", "-o", "json", "plan", "-c", APART)
    [first, second] = json.loads(done.stdout)["expectations"]
    assert (first["question"], first["foreseen"]) == ("ping a -> b", False)
    assert second == {"question": "vm a on kvm1", "foreseen": True, "because": ""}
    done = vnetsh("--demo", "-o", "json", "-c", APART)
    assert done.returncode == 1
    answer, end = json.JSONDecoder().raw_decode(done.stdout)
    assert (answer["holds"], answer["by"]) == (False, "model")
    report = json.loads(done.stdout[end:])["report"]
    assert (report["failures"][0]["code"], report["unasked"]) == ("E475", 1)


JOINED = f"{LAN}; tunnel t kvm1<->kvm2 on lan key 3"


def test_what_is_kept_is_looked_at_in_the_end(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    def watch(self: DemoConnection, trial: Trial, fleet: Fleet, progress: object) -> Watching:
        def end() -> Tried:
            ended.append(str(trial.target))
            return Tried(trial.outage > 500, "its longest gap was 500 ms")

        return Watching("watched", end)

    monkeypatch.setattr(DemoConnection, "watch_way", watch)
    report, told = run(demo, f"{JOINED}; keep a -> b; bridge x on kvm1")
    assert report.ok
    assert told == ["keep a -> b: watched", "keep a -> b: kept: its longest gap was 500 ms"]
    report, told = run(demo, "keep a -> b outage 100ms; bridge y on kvm1")
    assert (report.exit_code, report.failures[0].code) == (1, "E479")
    assert "y" in names(demo, "bridge")
    demo.undo_on_failure = True
    report, _ = run(demo, "keep a -> b outage 100ms; bridge z on kvm1")
    assert [outcome for _, outcome in report.outcomes] == [Outcome.UNDONE]
    # Also where nothing is changed, or something else fails.
    assert run(demo, "keep a -> b outage 100ms")[0].failures[0].code == "E479"
    assert not run(demo, "keep a -> b; expect vm a on kvm2; bridge w on kvm1")[0].ok
    assert len(ended) == 5


def test_one_that_cannot_be_ended_hides_no_failure(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def end() -> Tried:
        raise ZeroDivisionError("out of order")

    monkeypatch.setattr(DemoConnection, "watch_way", lambda *told: Watching("watched", end))
    report, _ = run(demo, f"{JOINED}; keep a -> b; bridge x on kvm1")
    assert [failure.message for failure in report.failures] == [
        "what was to be kept is not known: out of order"
    ]


def test_nothing_is_kept_of_what_is_apart(demo: Session) -> None:
    assert run(demo, LAN)[0].ok
    report, _ = run(demo, "keep a -> b")
    assert report.failures[0].code == "E479"
