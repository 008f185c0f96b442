"""What is printed and written down is as the schemas of the manual say, of every golden plan, run and taken back."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, apply
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.export.exporting import export
from vnetsh.interface.render_json import drift_json, plan_json, report_json
from vnetsh.journal import Journal, runs
from vnetsh.model import Host, Resource as Thing
from vnetsh.model.change import ActionKind, Change
from vnetsh.pictures.drawing import picture_of
from vnetsh.session import Session

SCHEMAS = {path.name: json.loads(path.read_text()) for path in (ROOT / "docs" / "schema").glob("*.json")}
REGISTRY: Registry[Any] = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)


PLANS = [
    one
    for one in sorted((ROOT / "tests/golden/plans").glob("*.vnet"))
    if ".given" not in one.name and not one.with_suffix(".want").read_text().startswith("error")
]
"""Those that are not refused."""


def sound(name: str, data: object) -> None:
    """See that data are as a schema says, as a program reads them."""
    schema = SCHEMAS[f"{name}.schema.json"]
    read = json.loads(json.dumps(data))
    found = sorted(Draft202012Validator(schema, registry=REGISTRY).iter_errors(read), key=str)
    assert [(list(error.absolute_path), error.message) for error in found] == []


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_they_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_what_is_printed(path: Path, demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    given = path.with_suffix(".given.vnet")
    if given.exists():
        apply(demo, given.read_text())
    source = Source(path.name, path.read_text())
    prepared = demo.prepare(source)
    sound("plan", plan_json(prepared.plan))
    after = prepared.after
    sound("graph", picture_of(prepared.fleet, demo.vocabulary, path.name, after).as_json())
    report = demo.apply(prepared)
    sound("report", report_json(report, demo.inventory))
    sound("run", {"plan": plan_json(prepared.plan), "report": report_json(report, demo.inventory)})
    sound("export", export(demo, ()).as_json())
    sound("drift", drift_json(demo.drift(source).plan))
    if report.ok and report.run:
        with suppress(PlanRefused):  # what was rebooted is no more as it was
            demo.apply(demo.take_back(next(runs(demo.runs))))
    for run in runs(demo.runs):
        for record in run.records:
            sound("journal", record)


def test_every_record_of_the_journal(tmp_path: Path) -> None:
    """Also those that no golden plan leads to: of failures, of blocks to be confirmed, of runs that were cut off."""
    host = Host("kvm1", "192.0.2.1", attributes={"ssh": "root@kvm1"})
    bridge = Thing(
        "bridge", "br0", "kvm1", {"vlan": (1, 2), "mtu": None}, parent=("vm", "a"), record={"x": [1]}
    )
    change = Change(ActionKind.ADD, None, bridge, made=({"file": "/a"},), wishes={"bandwidth": 5})
    book = Journal(
        "a.vnet", "bridge br0\n", tmp_path, undoes=[1], about={"who": "a@b", "at": ["kvm1"], "typed": "x"}
    )
    book.segment(1)
    book.unconfirmed({"kvm1": "1f"}, 60.0)
    one = book.intend(host, "ovs", [change], 1)
    book.made(one, 0, {"what": "/a"})
    book.failed(one, [0])
    book.done(book.intend(host, "ovs", [change.inverse()], 1, undoes=one))
    book.answered("vm a has port lan", ok=False)
    book.confirming()
    book.confirmed(["kvm1"])
    book.gone_back(["kvm1"], [one])
    book.settled(one, [])
    book.intend(host, "ovs", [change.inverse()], 0, mends=one)
    book.end("failed", 1.5)
    (run,) = runs(tmp_path)
    run.note({"taken back by": 7, "end": "taken back by alice@desk:7", "by": 7, "name": "alice@desk"})
    run.note({"end": "finished by 9"})
    run.note({"taken back by": 0})
    run.note({"unkept": "kvm1"})
    (run,) = runs(tmp_path)
    for record in run.records:
        sound("journal", record)
    forms = SCHEMAS["journal.schema.json"]["oneOf"]
    left = [
        form["title"]
        for form in forms
        if not any(
            Draft202012Validator({**SCHEMAS["journal.schema.json"], "oneOf": [form]}).is_valid(
                json.loads(json.dumps(record))
            )
            for record in run.records
        )
    ]
    assert not left


def test_what_is_not_so_is_found() -> None:
    """The schemas are strict: a word that they do not know is an error."""
    counts = {"add": 0, "change": 0, "remove": 0, "move": 0}
    plan: dict[str, object] = {
        "segments": [],
        "expectations": [],
        "notes": [],
        "summary": counts,
        "impact": "none",
    }
    sound("plan", plan)
    for wrong in ({"colour": "red"}, {"impact": "huge"}, {"notes": None}):
        with pytest.raises(AssertionError):
            sound("plan", {**plan, **wrong})
