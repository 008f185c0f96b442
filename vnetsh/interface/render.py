"""Plans, reports, diagnostics and tables as text for a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff
from typing import TYPE_CHECKING, TextIO

from vnetsh.diagnostics import Diagnostic, Source
from vnetsh.engine.report import Outcome, Report
from vnetsh.interface.output import control, dumb_terminal, lines_text, one_line
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.plain_text import plain, said
from vnetsh.planning.plan import Plan, PlannedSegment
from vnetsh.planning.unconfirmed import places_in, seconds_of
from vnetsh.schema import Foreseen, Vocabulary

if TYPE_CHECKING:
    from vnetsh.planning.by_hand import Commands

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
        self.on = stream.isatty() and not os.environ.get("NO_COLOR") and not dumb_terminal()

    @classmethod
    def plain(cls) -> Style:
        """No colours, wherever it is written."""
        style = cls()
        style.on = False
        return style

    def __call__(self, text: str, code: str) -> str:
        """The text in a colour."""
        if not (self.on and text and code):
            return text
        return control(f"\x1b[{code}m") + text + control("\x1b[0m")


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
        # What is spelled out gets longer; a tab stands in the padding too. So the carets are under their place.
        before, place = text[: column - shift - 1], text[column - shift - 1 : column - shift - 1 + width]
        text, width = one_line(text), max(width, len(one_line(place)))
        padding = "".join("\t" if char == "\t" else " " for char in one_line(before))
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
    return lines_text(lines)


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
    return lines_text(style(line, {"+": "32", "-": "31", "@": "36"}.get(line[:1], "")) for line in lines)


_DRIFT = {
    ActionKind.ADD: "is missing",
    ActionKind.CHANGE: "differs",
    ActionKind.REMOVE: "is not said any longer",
    ActionKind.MOVE: "has moved",
}


def drift_text(plan: Plan, others: Sequence[Diagnostic], vocabulary: Vocabulary, style: Style) -> str:
    """What hosts have changed since a script: a line for each object, what was found and what was said.

    `others` are differences that are no object's: what a sentence needs is gone.
    """
    lines = []
    for change in plan.changes:
        resource = change.resource
        values = [
            f"{name} is {vocabulary.shown(resource.kind, name, found)}, "
            f"said {vocabulary.shown(resource.kind, name, said)}"
            for name, (found, said) in change.differing().items()
        ]
        what = f"{resource.kind} {resource.name} on {resource.place} {_DRIFT[change.action]}"
        details = f": {'; '.join(values)}" if change.action is ActionKind.CHANGE else ""
        lines.append(style(what, _COLOURS[change.action]) + details)
    lines += [style(problem.message, _COLOURS[ActionKind.CHANGE]) for problem in others]
    return lines_text(lines) or "no drift"


def change_text(change: Change, vocabulary: Vocabulary, style: Style, *, gone: bool = False) -> str:
    """One line of a plan; `gone`: also what was there of that which goes."""
    resource = change.resource
    kind = resource.kind
    known = vocabulary.kinds.get(kind)
    unsaid = {*known.identity, *(a.name for a in known.attributes if a.passing or a.inner)} if known else ()
    place = f"on {resource.place}"
    if change.action is ActionKind.MOVE and change.before:
        place = f"from {change.before.place} to {resource.place}"
    elif resource.parent:
        place = f"on {resource.place}, {' '.join(resource.parent)}"
    details = []
    if change.action in (ActionKind.ADD, ActionKind.CHANGE) or gone:
        for name, (before, after) in change.differing().items():
            if (resource.parent and name == resource.parent[0]) or name in unsaid:
                continue
            if change.action is ActionKind.REMOVE:
                before, after = None, before
            changes = change.action in (ActionKind.CHANGE, ActionKind.MOVE)
            old = vocabulary.shown(kind, name, before) + " → " if changes else ""
            flag = not changes and after is True
            details.append(name if flag else f"{name} {old}{vocabulary.shown(kind, name, after)}")
    if change.traceless:
        details.append(next(iter(change.wishes)))
    notes = [*details, *([change.because] if change.because else [])]
    how = f"({change.how})" if change.how else ""
    if change.impact is not Impact.NONE:
        hits = [vm for vm in change.hits if vm != resource.name]
        cost = f"{change.impact} for {', '.join(hits)}" if hits else str(change.impact)
        how = f"{style(cost, _IMPACT_COLOURS.get(change.impact, ''))} {how}".rstrip()
    if how:
        notes.append(how)
    if change.until_reboot:
        notes.append(f"(does not survive a reboot: {change.until_reboot})")
    sign = style(_SIGNS[change.action], _COLOURS[change.action])
    return f"  {sign} {kind:<7} {resource.name:<16} {place:<24} {'  '.join(notes)}".rstrip()


def plan_text(plan: Plan, vocabulary: Vocabulary, style: Style, by_hand: Sequence[Commands] = ()) -> str:
    """A whole plan for a terminal; with the commands of each change, where they are given."""
    lines = [f"{style('note', '33')}: {note}" for note in plan.notes]
    asked = [segment.foreseen for segment in plan.segments if segment.foreseen]
    if not plan.changes:
        lines += [_foreseen_text(one, style) for one in asked]
        return "\n".join([*lines, f"no changes; {len(asked)} to expect" if asked else "no changes"])
    commands = iter(by_hand)
    steps = [segment for segment in plan.segments if segment.changes]
    number = 0
    for segment in plan.segments:
        if segment.foreseen:
            lines.append(_foreseen_text(segment.foreseen, style))
        if segment.segment.bounds and segment.segment.ended:
            lines += _confirmed_text(plan, segment, style)
        number += bool(segment.changes)
        if segment.changes and (len(steps) > 1 or segment.mends):
            mends = f": what run {segment.mends} left half-made is put right" if segment.mends else ""
            lines.append(style(f"step {number}{mends}", "1"))
        for change in segment.changes:
            lines.append(change_text(change, vocabulary, style))
            lines += _prompts(change, next(commands, ()), style)
    counts = ", ".join(f"{count} to {action}" for action, count in plan.summary().items() if count)
    counts += f", {len(asked)} to expect" if asked else ""
    lines.append(f"plan: {counts}; impact: {style(str(plan.impact), _IMPACT_COLOURS.get(plan.impact, ''))}")
    return lines_text(lines)


def _confirmed_text(plan: Plan, bound: PlannedSegment, style: Style) -> Iterator[str]:
    """The line at the end of a block that has to be confirmed."""
    places, action = places_in(plan.segments, bound), bound.segment.action
    if places and action:
        within = f"within {seconds_of(action):g} s over new connections"
        go = "goes" if len(places) == 1 else "go"
        itself = "itself" if len(places) == 1 else "themselves"
        yield f"  {style('!', '35')} confirmed {within}, or {', '.join(places)} {go} back by {itself}"


def _foreseen_text(foreseen: Foreseen, style: Style) -> str:
    """A line of a plan that says what will be looked for, and where it is foreseen that it is not so."""
    line = f"  {style('?', '36')} {foreseen.question}"
    if foreseen.holds is False:
        line += f"  {style('foreseen not to hold', '1;31')}: {foreseen.why}"
    elif foreseen.why:
        line += f"  ({foreseen.why})"
    return line


def _prompts(change: Change, commands: Commands, style: Style) -> list[str]:
    """The lines under a change, by which it would be made by hand."""
    if not commands:
        return []
    from vnetsh.planning.by_hand import prompts

    return [style(line, "2") for line in prompts(change, commands)]


def report_text(report: Report, style: Style) -> str:
    """What came of a plan."""
    lines = []
    for failure in report.failures:
        where = f"{failure.place}: " if failure.place else ""
        error = f"error[{failure.code}]" if failure.code else "error"
        lines.append(f"{style(error, '1;31')}: {where}{said(failure.message.removeprefix(where))}")
        if failure.change:
            lines.append(f"  while: {plain(str(failure.change))}")
        if failure.help:
            lines.append(f"{style('help', '36')}: {said(failure.help)}")
    lines += [f"{style('left', '1;31')}: {said(leftover)}" for leftover in report.leftovers]
    lines += [f"{style('measured', '36')}: {said(found.says)}" for found in report.measured]
    lines += [f"{style('warning', '1;33')}: {said(warning)}" for warning in report.warnings]
    if report.cut_off:
        lines.append(
            f"{style('help', '36')}: when it answers again, `vnetsh recover` finishes run {report.run}, "
            "`vnetsh recover --undo` takes back all of it; any other run there first settles what is half-made"
        )
    counts = {outcome: report.count(outcome) for outcome in Outcome}
    done = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    if report.unasked:
        done = f"{done or 'nothing was changed'}, {_count(report.unasked, 'question')} not asked"
    if report.interrupted:
        lines.append(f"interrupted: {done or 'nothing was changed'}")
    elif report.failures:
        lines.append(f"failed: {done or 'nothing was changed'}")
    elif done:
        made = _count(report.count(Outcome.DONE), "change")
        lines.append(f"{style('done', '32')}: {made}, verified, in {report.seconds:.1f} s")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def diagnostics_text(problems: Iterable[Diagnostic], style: Style) -> str:
    """All problems, in the order of their places."""
    return "\n\n".join(diagnostic_text(problem, style) for problem in problems)
