"""Plans, reports, diagnostics and tables as text for a terminal and as stable JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff
from typing import TextIO

from vnetsh.planning.by_hand import Commands, prompts, shell_lines
from vnetsh.diagnostics import Diagnostic, Source
from vnetsh.model import Attributes, Value
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.planning.plan import Plan
from vnetsh.engine.report import Outcome, Report
from vnetsh.schema import Vocabulary

_SIGNS = {ActionKind.ADD: "+", ActionKind.CHANGE: "~", ActionKind.REMOVE: "-", ActionKind.MOVE: ">"}
_COLOURS = {
    ActionKind.ADD: "32",
    ActionKind.CHANGE: "33",
    ActionKind.REMOVE: "31",
    ActionKind.MOVE: "36",
}
_IMPACT_COLOURS = {Impact.BRIEF: "33", Impact.RESTART: "31", Impact.DESTROY: "1;31"}


class Style:
    """ANSI colours, or none: not on a terminal, or `NO_COLOR` is set."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self.on = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def __call__(self, text: str, code: str) -> str:
        """The text in a colour."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text and code else text


def diagnostic_text(problem: Diagnostic, style: Style) -> str:
    """One diagnostic, with its line and carets under the place."""
    lines = [f"{style(f'error[{problem.code}]', '1;31')}: {problem.message}"]
    if problem.span:
        source = problem.span.source
        line, column = source.position(problem.span.start)
        end_line, end_column = source.position(problem.span.end)
        text, shift = _clipped(source.line(line), column)
        width = (end_column if end_line == line else len(source.line(line)) + 1) - column
        width = min(width, len(text) + 1 - (column - shift))
        # A tab in the line stands in the padding too, so that the carets are under their place.
        padding = "".join("\t" if char == "\t" else " " for char in text[: column - shift - 1])
        margin = len(str(line)) + 3
        lines += [
            f"{' ' * (margin - 2)}--> {source.name}:{line}:{column}",
            f"{line:>{margin}} | {text}",
            f"{' ' * margin} | {padding}{style('^' * max(1, width), '1;31')} {problem.label}".rstrip(),
        ]
        for via in problem.span.chain():
            line, column = via.span.source.position(via.span.start)
            lines.append(f"{' ' * margin} = {via.note}: {via.span.source.name}:{line}:{column}")
    if problem.help:
        lines.append(f"{style('help', '36')}: {problem.help}")
    return "\n".join(lines)


_WIDEST = 200
"""Characters of a line that are shown around a place."""


def _clipped(text: str, column: int) -> tuple[str, int]:
    """The part of a very long line that holds a column, and how many characters are left out before it."""
    if len(text) <= _WIDEST:
        return text, 0
    start = max(0, column - 1 - _WIDEST // 4)
    return text[start : start + _WIDEST], start


def difference(source: Source, text: str, style: Style) -> str:
    """What changes from a source to another text of it, as `diff -u` says it."""
    lines = unified_diff(
        source.text.splitlines(), text.splitlines(), source.name, source.name, "now", "formatted", lineterm=""
    )
    return "\n".join(style(line, {"+": "32", "-": "31", "@": "36"}.get(line[:1], "")) for line in lines)


def shown(vocabulary: Vocabulary, kind: str, name: str, value: Value) -> str:
    """An attribute's value as a user would write it."""
    if value is None:
        return "none"
    attribute = vocabulary.kinds[kind].attribute(name) if kind in vocabulary.kinds else None
    return attribute.type.show(value) if attribute else str(value)


_DRIFT = {
    ActionKind.ADD: "is missing",
    ActionKind.CHANGE: "differs",
    ActionKind.REMOVE: "is not said any longer",
    ActionKind.MOVE: "has moved",
}


def drift_text(plan: Plan, vocabulary: Vocabulary, style: Style) -> str:
    """What hosts have changed since a script: a line for each object, what was found and what was said."""
    lines = []
    for change in plan.changes:
        resource = change.resource
        values = [
            f"{name} is {shown(vocabulary, resource.kind, name, found)}, "
            f"said {shown(vocabulary, resource.kind, name, said)}"
            for name, (found, said) in change.differing().items()
        ]
        what = f"{resource.kind} {resource.name} on {resource.host} {_DRIFT[change.action]}"
        details = f": {'; '.join(values)}" if change.action is ActionKind.CHANGE else ""
        lines.append(style(what, _COLOURS[change.action]) + details)
    return "\n".join(lines) or "no drift"


def drift_json(plan: Plan) -> list[Mapping[str, object]]:
    """The stable JSON form of a drift."""
    return [
        {
            "kind": change.resource.kind,
            "name": change.resource.name,
            "host": change.resource.host,
            "drift": {"add": "missing", "change": "differs", "remove": "extra", "move": "moved"}[
                change.action
            ],
            "found": dict(change.before.attributes) if change.before else None,
            "said": dict(change.after.attributes) if change.after else None,
        }
        for change in plan.changes
    ]


def change_text(change: Change, vocabulary: Vocabulary, style: Style) -> str:
    """One line of a plan."""
    resource = change.resource
    kind = resource.kind
    place = f"on {resource.host}"
    if change.action is ActionKind.MOVE and change.before:
        place = f"from {change.before.host} to {resource.host}"
    elif resource.parent:
        place = f"on {resource.host}, {' '.join(resource.parent)}"
    details = []
    if change.action in (ActionKind.ADD, ActionKind.CHANGE):
        for name, (before, after) in change.differing().items():
            if resource.parent and name == resource.parent[0]:
                continue
            old = shown(vocabulary, kind, name, before) + " → " if change.action is ActionKind.CHANGE else ""
            details.append(f"{name} {old}{shown(vocabulary, kind, name, after)}")
    notes = [*details, *([change.because] if change.because else [])]
    how = f"({change.how})" if change.how else ""
    if change.impact is not Impact.NONE:
        hits = [vm for vm in change.hits if vm != resource.name]
        cost = f"{change.impact} for {', '.join(hits)}" if hits else str(change.impact)
        how = f"{style(cost, _IMPACT_COLOURS.get(change.impact, ''))} {how}".rstrip()
    if how:
        notes.append(how)
    sign = style(_SIGNS[change.action], _COLOURS[change.action])
    return f"  {sign} {kind:<7} {resource.name:<16} {place:<24} {'  '.join(notes)}".rstrip()


def plan_text(plan: Plan, vocabulary: Vocabulary, style: Style, by_hand: Sequence[Commands] = ()) -> str:
    """A whole plan for a terminal; with the commands of each change, where they are given."""
    if not plan.changes:
        return "no changes"
    lines = []
    commands = iter(by_hand)
    steps = [segment for segment in plan.segments if segment.changes]
    for number, segment in enumerate(steps, 1):
        if len(steps) > 1:
            lines.append(style(f"step {number}", "1"))
        for change in segment.changes:
            lines.append(change_text(change, vocabulary, style))
            lines += [style(line, "2") for line in prompts(change, next(commands, ()))]
    counts = ", ".join(f"{count} to {action}" for action, count in plan.summary().items() if count)
    lines.append(f"plan: {counts}; impact: {style(str(plan.impact), _IMPACT_COLOURS.get(plan.impact, ''))}")
    return "\n".join(lines)


def report_text(report: Report, style: Style) -> str:
    """What came of a plan."""
    lines = []
    for failure in report.failures:
        lines.append(f"{style('error', '1;31')}: {failure.host}: {_without(failure.host, failure.message)}")
        if failure.change:
            lines.append(f"  while: {failure.change}")
        if failure.help:
            lines.append(f"{style('help', '36')}: {failure.help}")
    lines += [f"{style('left', '1;31')}: {leftover}" for leftover in report.leftovers]
    lines += [f"{style('warning', '1;33')}: {warning}" for warning in report.warnings]
    if report.cut_off:
        lines.append(
            f"{style('help', '36')}: when it answers again, `vnetsh recover` finishes run {report.run}, "
            "`vnetsh recover --undo` takes back all of it; any other run there first takes back what is half-made"
        )
    counts = {outcome: report.count(outcome) for outcome in Outcome}
    done = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    if report.interrupted:
        lines.append(f"interrupted: {done or 'nothing was changed'}")
    elif report.failures:
        lines.append(f"failed: {done}")
    elif done:
        made = _count(report.count(Outcome.DONE), "change")
        lines.append(f"{style('done', '32')}: {made}, verified, in {report.seconds:.1f} s")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _without(host: str, message: str) -> str:
    return message.removeprefix(f"{host}: ")


def table(rows: Sequence[Mapping[str, str]], style: Style) -> str:
    """Rows under their headings, each column as wide as needed; columns without any value are left out."""
    headings = [name for name in (rows[0] if rows else ()) if any(row[name] for row in rows)]
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in headings}
    lines = [style("  ".join(name.upper().ljust(widths[name]) for name in headings).rstrip(), "1")]
    lines += ["  ".join((row[name] or "-").ljust(widths[name]) for name in headings).rstrip() for row in rows]
    return "\n".join(lines) if rows else ""


def _plain(attributes: Attributes) -> dict[str, object]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in attributes.items()
        if value is not None
    }


def change_json(change: Change) -> dict[str, object]:
    """The stable JSON form of a change: of a `change` only what differs, else the whole."""
    resource = change.resource
    if change.action is ActionKind.CHANGE:
        differing = change.differing()
        before: object = {name: old for name, (old, _) in differing.items()}
        after: object = {name: new for name, (_, new) in differing.items()}
    elif change.action is ActionKind.MOVE:
        before, after = {"host": change.host}, {"host": resource.host}
    else:
        before = _plain(change.before.attributes) if change.before else None
        after = _plain(change.after.attributes) if change.after else None
    return {
        "action": change.action.value,
        "kind": resource.kind,
        "name": resource.name,
        "host": change.host,
        "parent": list(resource.parent) if resource.parent else None,
        "impact": str(change.impact),
        "hits": list(change.hits),
        "how": change.how,
        "before": before,
        "after": after,
        "because": change.because,
    }


def plan_json(plan: Plan, by_hand: Sequence[Commands] | None = None) -> dict[str, object]:
    """The stable JSON form of a plan; `commands` are in each change where they are given."""
    commands = iter(by_hand or ())

    def as_json(change: Change) -> dict[str, object]:
        found = change_json(change)
        if by_hand is not None:
            found["commands"] = shell_lines(change, next(commands), plan.inventory)
        return found

    return {
        "segments": [
            {"changes": [as_json(c) for c in s.changes]} for s in plan.segments if not s.segment.query
        ],
        "summary": plan.summary(),
        "impact": str(plan.impact),
    }


def report_json(report: Report) -> dict[str, object]:
    """The stable JSON form of a report."""
    return {
        "ok": report.ok,
        "interrupted": report.interrupted,
        "run": report.run,
        "cut_off": report.cut_off,
        "outcomes": [
            {
                "outcome": outcome.value,
                **{k: change_json(change)[k] for k in ("action", "kind", "name", "host")},
            }
            for change, outcome in report.outcomes
        ],
        "failures": [
            {
                "host": f.host,
                "message": f.message,
                "help": f.help,
                "change": str(f.change) if f.change else None,
            }
            for f in report.failures
        ],
        "leftovers": list(report.leftovers),
        "warnings": list(report.warnings),
        "seconds": round(report.seconds, 3),
    }


def diagnostics_text(problems: Iterable[Diagnostic], style: Style) -> str:
    """All problems, in the order of their places."""
    return "\n\n".join(diagnostic_text(problem, style) for problem in problems)
