"""Apply on hosts in memory that fail in every way: all is taken back, and what resists is said."""

from __future__ import annotations

import signal
import threading

import pytest
from conftest import apply

from vnetsh.diagnostics import Source
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.engine.report import Outcome, Report
from vnetsh.model import Fleet
from vnetsh.session import Session

BASE = "bridge b0 on kvm1, kvm2\nvm web on kvm1 disk tiny.qcow2 port vswitch01 name web_port1"
SCRIPT = """
bridge b1 on kvm1, kvm2, kvm3
tunnel t12 kvm1<->kvm2 on b1
vm a on kvm2 disk tiny.qcow2 port b1 name a_port1
vm web port b1 name web_port2
migrate web to kvm3
"""


def run(session: Session, script: str) -> Report:
    return session.apply(session.prepare(Source("<test>", script)))


def state(session: Session) -> dict[object, object]:
    fleet: Fleet = session.observe()
    return {key: dict(resource.attributes) for key, resource in fleet.resources.items()}


def backend(session: Session) -> object:
    return session.plugins.backends["demo"]


def test_all_is_done_and_a_second_run_finds_nothing(demo: Session) -> None:
    apply(demo, BASE)
    report = run(demo, SCRIPT)
    assert report.ok
    assert {outcome for _, outcome in report.outcomes} == {Outcome.DONE}
    assert demo.prepare(Source("<test>", SCRIPT)).plan.changes == ()


@pytest.mark.parametrize(("host", "after"), [("kvm1", 0), ("kvm1", 1), ("kvm2", 0), ("kvm2", 1), ("kvm3", 0)])
def test_a_failure_anywhere_leaves_everything_as_it_was(demo: Session, host: str, after: int) -> None:
    apply(demo, BASE)
    before = state(demo)
    backend(demo).host(host).fail_next("No space left on device", after=after)  # type: ignore[attr-defined]
    report = run(demo, SCRIPT)
    assert report.exit_code == 1
    assert [(f.place, f.message) for f in report.failures] == [(host, report.failures[0].message)]
    assert "No space left on device" in report.failures[0].message
    assert not report.leftovers
    assert Outcome.DONE not in {outcome for _, outcome in report.outcomes}
    assert state(demo) == before


def test_hosts_in_memory_are_never_called(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr("vnetsh.hosts.ssh.SshTransport.open", lambda way: called.append(way._target))
    assert demo.apply(demo.prepare(Source("<test>", SCRIPT.split("vm web")[0]), lock=True)).ok
    assert not called


def test_what_is_accepted_but_not_realised_is_a_failure_and_undone(demo: Session) -> None:
    before = state(demo)
    report = run(demo, "bridge b on kvm1, kvm2\nbridge b on kvm2 port nosuch0")
    assert "could not open network device nosuch0" in report.failures[0].message
    assert state(demo) == before


def test_a_failed_migration_undoes_the_segments_before_it(demo: Session) -> None:
    apply(demo, BASE)
    before = state(demo)
    kvm1 = backend(demo).host("kvm1")  # type: ignore[attr-defined]
    prepared = demo.prepare(Source("<test>", "bridge b0 on kvm3\nvm web port b0\nmigrate web to kvm3"))
    real = demo.planner.plan_segment
    calls = []

    def arm(segment, fleet):  # type: ignore[no-untyped-def]
        if segment.action:
            kvm1.fail_next("migration was refused")
        calls.append(segment)
        return real(segment, fleet)

    demo.planner.plan_segment = arm  # type: ignore[method-assign]
    report = demo.apply(prepared)
    assert calls
    assert "migration was refused" in report.failures[0].message
    assert state(demo) == before


def test_a_host_that_is_down_stops_all_before_anything_is_touched(demo: Session) -> None:
    before = state(demo)
    backend(demo).host("kvm2").powered = False  # type: ignore[attr-defined]
    with pytest.raises(HostsDown, match="kvm2"):
        demo.prepare(Source("<test>", "bridge b on kvm1, kvm2"))
    backend(demo).host("kvm2").powered = True  # type: ignore[attr-defined]
    assert state(demo) == before


def test_a_host_that_is_down_does_not_matter_to_a_script_that_does_not_name_it(demo: Session) -> None:
    backend(demo).host("kvm2").powered = False  # type: ignore[attr-defined]
    assert run(demo, "bridge b on kvm1, kvm3").ok


def test_keep_going_does_the_others(demo: Session) -> None:
    with Session(demo.plugins, demo.inventory, keep_going=True) as session:
        backend(demo).host("kvm2").powered = False  # type: ignore[attr-defined]
        report = run(session, "bridge b on kvm1, kvm2, kvm3")
        assert report.exit_code == 1
        assert [failure.place for failure in report.failures] == ["kvm2"]
        assert {change.place for change, outcome in report.outcomes if outcome is Outcome.DONE} == {
            "kvm1",
            "kvm3",
        }


def test_keep_going_keeps_what_succeeded_beside_a_failure(demo: Session) -> None:
    with Session(demo.plugins, demo.inventory, keep_going=True) as session:
        backend(demo).host("kvm2").fail_next("disk full", after=1)  # type: ignore[attr-defined]
        report = run(session, "bridge b on kvm1, kvm2\nbridge c on kvm1, kvm2")
        assert [failure.place for failure in report.failures] == ["kvm2"]
        assert {(r.place, r.name) for r in session.observe().of_kind("bridge")} >= {
            ("kvm1", "b"),
            ("kvm1", "c"),
        }
        assert not [r for r in session.observe().of_kind("bridge", "kvm2") if r.name in "bc"]


def test_a_host_lost_in_the_middle_is_undone_elsewhere_and_said(demo: Session) -> None:
    kvm2 = backend(demo).host("kvm2")  # type: ignore[attr-defined]
    prepared = demo.prepare(Source("<test>", "bridge b on kvm1, kvm2"))
    kvm2.powered = False
    report = demo.apply(prepared)
    assert [failure.place for failure in report.failures] == ["kvm2"]
    assert any("kvm2" in leftover for leftover in report.leftovers)
    kvm2.powered = True
    assert not [bridge for bridge in demo.observe().of_kind("bridge") if bridge.name == "b"]


def test_ctrl_c_takes_everything_back(demo: Session) -> None:
    before = state(demo)

    def interrupt(host: str, text: str, fraction: float | None) -> None:
        if not fired.is_set():
            fired.set()
            signal.raise_signal(signal.SIGINT)

    fired = threading.Event()
    demo.progress = interrupt
    report = run(demo, "bridge b on kvm1, kvm2\nvm a on kvm1 disk tiny.qcow2 port b")
    assert fired.is_set()
    assert report.interrupted
    assert report.exit_code == 130
    assert state(demo) == before


def test_a_name_taken_meanwhile_is_refused_with_exit_1(demo: Session) -> None:
    apply(demo, BASE)
    with pytest.raises(PlanRefused) as refused:
        demo.prepare(Source("<test>", "vm b on kvm2 port vswitch01 name web_port1"))
    assert refused.value.problems[0].code == "E203"
