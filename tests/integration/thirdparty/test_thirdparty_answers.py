"""Verbs of a third party that answer, at their place in a script; what they find may end the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from conftest import Run, apply

from vnetsh import journal
from vnetsh.diagnostics import Source
from vnetsh.engine.report import Outcome
from vnetsh.errors import PluginBroken
from vnetsh.registry import Plugins
from vnetsh.schema import Answer
from vnetsh.session import Session

VM = "vm web1 on kvm1 disk tiny.qcow2"
COUNTED = f"count vms; {VM}; count vms on kvm1; bridge br0 on kvm2; count vms web1"

Script = Callable[..., CompletedProcess[str]]


@pytest.fixture
def run(vnetsh: Run, site: Path) -> Script:
    """Runs a script on demo hosts, with the installed distribution."""
    return lambda script, *options: vnetsh("--demo", *options, "-c", script, PYTHONPATH=str(site))


@pytest.fixture
def rented(thirdparty: Callable[..., Plugins]) -> Plugins:
    return thirdparty("vnetsh_rent")


@pytest.fixture
def session(rented: Plugins) -> Iterator[Session]:
    with Session(rented, rented.worlds["demo"].hosts("3")) as session:
        yield session


def breaks(session: Session) -> None:
    """Let `count` raise."""

    def fails(*_: object) -> Answer:
        raise ZeroDivisionError("out of order")

    session.vocabulary.verbs["count"] = replace(session.vocabulary.verbs["count"], answer=fails)


def test_each_is_answered_at_its_place(run: Script) -> None:
    done = run(COUNTED)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if "of kind" in line] == [
        "0 of kind vm",
        "1 of kind vm",
        "1 of kind vm",
    ]


def test_as_json(run: Script) -> None:
    text = run(COUNTED, "-o", "json").stdout
    found, decoder = [], json.JSONDecoder()
    while text.strip():
        value, end = decoder.raw_decode(text.strip())
        found.append(value)
        text = text.strip()[end:]
    *answers, document = found
    assert answers == [0, 1, 1]
    assert document["report"]["ok"]
    assert json.loads(run("count bridges", "-o", "json").stdout) == 3


def test_planning_asks_nothing(run: Script, vnetsh: Run, site: Path) -> None:
    done = vnetsh("--demo", "plan", "-c", COUNTED, PYTHONPATH=str(site))
    assert "of kind" not in done.stdout
    assert "plan: 2 to add" in done.stdout


def test_what_is_expected_and_not_so_ends_the_run(run: Script) -> None:
    done = run(f"{VM}; assure ping web1 -> web2; bridge br0 on kvm2")
    assert done.returncode == 1
    assert "error: there is no vm web2" in done.stderr
    assert "failed: 1 done, 1 skipped" in done.stderr
    assert "`undo` takes it back" in done.stderr
    back = run(f"{VM}; assure ping web1 -> web2; count vms", "--undo-on-failure")
    assert "failed: 1 undone, 1 question not asked" in back.stderr


def test_it_ends_a_run_that_changes_nothing(run: Script) -> None:
    done = run("assure ping web1 -> web2")
    assert done.returncode == 1
    assert "there is no vm web1; there is no vm web2" in done.stderr
    report = run(f"{VM}; assure ping web1 -> web2", "-o", "json")
    assert report.returncode == 1
    assert '"there is no vm web2"' in report.stdout


def test_what_was_done_before_stands_or_is_taken_back(session: Session) -> None:
    script = f"{VM}; assure vm web1 on kvm2; bridge b on kvm1"
    report = session.apply(session.prepare(Source("x", script)))
    assert [outcome for _, outcome in report.outcomes] == [Outcome.DONE, Outcome.SKIPPED]
    assert session.observe().named("vm", "web1")
    session.undo_on_failure = True
    session.apply(session.prepare(Source("x", "delete vm web1")))
    report = session.apply(session.prepare(Source("x", f"{VM}; assure vm web1 on kvm2; bridge b on kvm1")))
    assert report.exit_code == 1
    assert [failure.message for failure in report.failures] == ["vm web1 is on kvm1"]
    assert [outcome for _, outcome in report.outcomes] == [Outcome.UNDONE, Outcome.SKIPPED]
    assert not session.observe().named("vm", "web1")


def test_an_exception_is_said_with_its_verb(session: Session) -> None:
    breaks(session)
    report = session.apply(session.prepare(Source("x", f"{VM}; count vms")))
    assert [failure.message for failure in report.failures] == [
        "verb count failed: ZeroDivisionError: out of order"
    ]
    assert not session.observe().named("vm", "web1")
    with pytest.raises(PluginBroken, match="verb count failed: ZeroDivisionError: out of order"):
        session.apply(session.prepare(Source("x", "count vms")))


def test_a_list_without_order_keeps_its_values(session: Session) -> None:
    """Said in another order it is the same; observed, written down and taken back its values keep their type."""
    script = "lan web on kvm1 servers 192.0.2.2, 192.0.2.10 trunk 20, 10, 30-32"
    apply(session, script)
    for same in (script, script.replace("192.0.2.2, 192.0.2.10", "192.0.2.10, 192.0.2.2, 192.0.2.2")):
        assert session.prepare(Source("x", same)).plan.changes == ()
    apply(session, "lan web on kvm1 trunk 7 servers 192.0.2.3")
    [run, *_] = journal.runs(session.runs)
    [step] = run.standing()
    assert step.changes[0].before
    assert step.changes[0].before.get("trunk") == (10, 20, 30, 31, 32)
    assert session.apply(session.take_back(run)).ok
    assert session.prepare(Source("x", script)).plan.changes == ()
