"""`migrate … check`: every check of both sides, and nothing moves."""

from __future__ import annotations

import json

from conftest import Run, apply

from vnetsh.diagnostics import Source
from vnetsh.engine.report import Report
from vnetsh.session import Session

MADE = "bridge lan on kvm1; vm web on kvm1 port lan memory 9G; vm full on kvm2 memory 10G"


def run(session: Session, script: str) -> tuple[Report, list[str]]:
    told: list[str] = []
    prepared = session.prepare(Source("t.vnet", script), lock=True)
    return session.apply(prepared, lambda answer: told.append(answer.text)), told


def place(session: Session) -> list[str]:
    return [vm.place for vm in session.look("vm") if vm.name == "web"]


def test_all_that_fails_is_said_each_with_its_remedy(demo: Session) -> None:
    apply(demo, MADE)
    report, [text] = run(demo, "migrate web to kvm2 check")
    assert (report.exit_code, report.failures[0].code) == (1, "E477")
    assert report.failures[0].message == "migrate web to kvm2: 2 of 9 checks failed"
    lines = text.splitlines()
    assert any(line.split()[:3] == ["failed", "its", "bridges"] for line in lines)
    assert any("failed  memory" in line and "E444" in line for line in lines)
    assert "help: to make it: `bridge lan on kvm2`" in text
    assert place(demo) == ["kvm1"]
    assert not report.outcomes


def test_at_its_place_in_a_script_and_the_move_after_it(demo: Session) -> None:
    apply(demo, "bridge lan on kvm1; vm web on kvm1 port lan")
    report, [text] = run(demo, "bridge lan on kvm2; migrate web to kvm2 check; migrate web to kvm2")
    assert report.ok
    assert "0 failed, 1 warned; nothing was changed" in text
    assert place(demo) == ["kvm2"]
    report, [text] = run(demo, "migrate web to kvm2 check")
    assert report.ok
    assert "is there already" in text


def test_the_move_itself_is_not_begun_after_a_check_that_failed(demo: Session) -> None:
    apply(demo, MADE)
    prepared = demo.prepare(Source("t.vnet", "bridge x on kvm3; migrate web to kvm3 check; bridge y on kvm3"))
    report = demo.apply(prepared)
    assert not report.ok
    assert {str(outcome) for _, outcome in report.outcomes} == {"done", "skipped"}


def test_who_is_not_there(demo: Session) -> None:
    report, _ = run(demo, "migrate nobody to kvm2 check")
    assert report.failures[0].code == "E301"


def test_what_it_costs_others_is_said(demo: Session) -> None:
    apply(demo, "bridge lan on kvm1, kvm2; vm web on kvm1 port lan; vm db on kvm1 port lan")
    report, [text] = run(demo, "migrate web to kvm2 check")
    assert report.ok
    assert "warned  the same networks there" in text
    assert "no network joins `lan` of kvm1 and of kvm2; brief: live, peer to peer; web loses db" in text
    assert "0 failed, 1 warned" in text


def test_as_json(vnetsh: Run) -> None:
    script = "bridge lan on kvm1; vm web on kvm1 port lan; migrate web to kvm2 check"
    done = vnetsh("--demo", "-o", "json", "-c", script)
    assert done.returncode == 1
    answer, _ = json.JSONDecoder().raw_decode(done.stdout)
    assert (answer["move"], answer["ok"]) == ("migrate web to kvm2", False)
    [failed] = [check for check in answer["checks"] if check["result"] == "failed"]
    assert (failed["check"], failed["code"]) == ("its bridges", "E442")
    assert failed["help"]
