"""Plans, reports and drift as stable JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from vnetsh.diagnostics import Diagnostic
from vnetsh.engine.report import Outcome, Report
from vnetsh.model import Attributes, Inventory, where_key
from vnetsh.model.change import ActionKind, Change
from vnetsh.planning.by_hand import Commands, shell_lines
from vnetsh.planning.plan import Plan, PlannedSegment
from vnetsh.planning.unconfirmed import places_in, seconds_of


def drift_json(plan: Plan, others: Sequence[Diagnostic] = ()) -> list[Mapping[str, object]]:
    """The stable JSON form of a drift; `others` are differences that are no object's."""
    said: list[Mapping[str, object]] = [
        {"kind": None, "name": None, "host": None, "drift": "differs", "found": None, "said": problem.message}
        for problem in others
    ]
    return said + [
        {
            "kind": change.resource.kind,
            "name": change.resource.name,
            where_key(change.resource.place, plan.inventory): change.resource.place,
            "drift": {"add": "missing", "change": "differs", "remove": "extra", "move": "moved"}[
                change.action
            ],
            "found": dict(change.before.attributes) if change.before else None,
            "said": dict(change.after.attributes) if change.after else None,
        }
        for change in plan.changes
    ]


def _plain(attributes: Attributes) -> dict[str, object]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in attributes.items()
        if value is not None
    }


def change_json(change: Change, inventory: Inventory) -> dict[str, object]:
    """The stable JSON form of a change: of a `change` only what differs, else the whole."""
    resource = change.resource
    if change.action is ActionKind.CHANGE:
        differing = change.differing()
        before: object = {name: old for name, (old, _) in differing.items()}
        after: object = {name: new for name, (_, new) in differing.items()}
    elif change.action is ActionKind.MOVE:
        before, after = {"host": change.place}, {"host": resource.place}
    else:
        before = _plain(change.before.attributes) if change.before else None
        after = _plain(change.after.attributes) if change.after else None
    return {
        "action": change.action.value,
        "kind": resource.kind,
        "name": resource.name,
        where_key(change.place, inventory): change.place,
        "parent": list(resource.parent) if resource.parent else None,
        "impact": str(change.impact),
        "hits": list(change.hits),
        "how": change.how,
        "survives_reboot": not change.until_reboot,
        **({"estimate": asdict(change.estimate)} if change.estimate else {}),
        "before": before,
        "after": after,
        "because": change.because,
    }


def run_json(name: str) -> int | str:
    """A run of one's own by its number, another's by its name."""
    return int(name) if name.isdecimal() else name


def plan_json(plan: Plan, by_hand: Sequence[Commands] | None = None) -> dict[str, object]:
    """The stable JSON form of a plan; `commands` are in each change where they are given."""
    commands = iter(by_hand or ())

    def as_json(change: Change) -> dict[str, object]:
        found = change_json(change, plan.inventory)
        if by_hand is not None:
            found["commands"] = shell_lines(change, next(commands), plan.inventory)
        return found

    return {
        "segments": [
            {**_besides(plan, s), "changes": [as_json(c) for c in s.changes]}
            for s in plan.segments
            if not s.segment.query
        ],
        "expectations": [
            {"question": one.question, "foreseen": one.holds, "because": one.why}
            for segment in plan.segments
            if (one := segment.foreseen)
        ],
        "notes": list(plan.notes),
        "summary": plan.summary(),
        "impact": str(plan.impact),
    }


def _besides(plan: Plan, segment: PlannedSegment) -> dict[str, object]:
    """What a segment is besides its changes."""
    found: dict[str, object] = {"mends": run_json(segment.mends)} if segment.mends else {}
    action = segment.segment.action
    if segment.segment.bounds and segment.segment.ended and action:
        found["confirm"] = {"within": seconds_of(action), "hosts": places_in(plan.segments, segment)}
    return found


def report_json(report: Report, inventory: Inventory) -> dict[str, object]:
    """The stable JSON form of a report."""

    def outcome_json(change: Change, outcome: Outcome) -> dict[str, object]:
        known = ("action", "kind", "name", where_key(change.place, inventory))
        return {"outcome": outcome.value, **{key: change_json(change, inventory)[key] for key in known}}

    return {
        "ok": report.ok,
        "interrupted": report.interrupted,
        "run": report.run,
        "cut_off": report.cut_off,
        "outcomes": [outcome_json(change, outcome) for change, outcome in report.outcomes],
        "failures": [
            {
                where_key(f.place, inventory): f.place,
                "message": f.message,
                "help": f.help,
                "code": f.code or None,
                "change": str(f.change) if f.change else None,
            }
            for f in report.failures
        ],
        "leftovers": list(report.leftovers),
        "measured": [
            {
                "kind": found.change.resource.kind,
                "name": found.change.resource.name,
                "from": found.change.place,
                "to": found.change.resource.place,
                **found.data,
            }
            for found in report.measured
        ],
        "warnings": list(report.warnings),
        "unasked": report.unasked,
        "seconds": round(report.seconds, 3),
    }
