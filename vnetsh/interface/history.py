"""`history`: what was done, in a list, and what one run changed, before and after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh import journal
from vnetsh.engine.past_runs import changes_of, outcome_of as outcome_of
from vnetsh.errors import VnetshError
from vnetsh.interface.finding_runs import hosts_of, run_of, say_silent
from vnetsh.interface.fitting import screen_width, table
from vnetsh.interface.render import Style, change_text
from vnetsh.journal import Run
from vnetsh.model import Impact
from vnetsh.model.change import Change
from vnetsh.plain_text import plain, said
from vnetsh.schema import Vocabulary

if TYPE_CHECKING:
    from vnetsh.interface.face import Face

SHOWN = 20
"""Runs that `history` shows unless it is asked for JSON."""

_COLOURS = {"failed": "31", "unknown": "1;31", "undone": "33"}


def history(face: Face, words: Sequence[str] = ()) -> int:
    """Print the runs, the newest first, or what one has changed; `all`, `on kvm1`: also those of others there.

    Raises `UsageError`.
    """
    if len(words) == 1 and words[0] != "all":
        return _one(face, run_of(face, words[0]))
    own = journal.runs(face.session.runs)
    found: Iterator[Run] = own
    silent: Mapping[str, VnetshError] = {}
    if words:
        hosts = {*hosts_of(face, words)}
        silent = face.session.past.look(hosts)
        say_silent(face, silent)
        runs = journal.of_all(face.session.runs)
        found = (run for run in runs if not hosts or (run.readable and hosts & {*run.at}))
    if face.options.json:
        print(json.dumps([as_json(run) for run in found], indent=2))
        return int(bool(silent))
    rows = [_row(run) for run, _ in zip(found, range(SHOWN), strict=False)]
    print(table(rows, face.style, screen_width()) if rows else "no runs yet")
    return int(bool(silent))


def _one(face: Face, run: Run) -> int:
    """Print what a run changed, before and after, and what came of it."""
    if face.options.json:
        print(json.dumps({**as_json(run), **(_details(face, run) if run.readable else {})}, indent=2))
        return 0
    print("\n".join(run_lines(run, face.session.vocabulary, face.style)))
    return 0


def run_lines(run: Run, vocabulary: Vocabulary, style: Style) -> Iterator[str]:
    """What a run changed, before and after, and what came of it."""
    if not run.readable:
        yield f"run {run.number}: {outcome_of(run)}"
        return
    took = "" if run.seconds is None else f", {run.seconds:.1f} s"
    who = f", by {run.who}" if run.who and not run.book else ""
    yield style(
        f"run {run.name}{who}, {run.time.astimezone():%Y-%m-%d %H:%M:%S}{took}: {outcome_of(run)}", "1"
    )
    for line in (run.typed or run.what).splitlines():
        yield f"  {plain(line)}"
    changes = [*run.came()]
    if changes:
        yield "changes:"
    usual = "done"
    for change, outcome in changes:
        line = past_text(change, vocabulary, style)
        yield line if outcome == usual else f"{line}  {style(outcome, _COLOURS.get(outcome, ''))}"
    for name, texts in (("measured", run.measured), ("answered", run.answered)):
        yield from (f"{style(name, '36')}: {said(text)}" for text in texts)
    for place in run.unkept:
        yield f"{style('note', '36')}: {plain(place)} keeps no record of it"


def past_text(change: Change, vocabulary: Vocabulary, style: Style) -> str:
    """A line for what was changed, without what it was to cost."""
    bare = replace(change, impact=Impact.NONE, hits=(), how="", because="", until_reboot="")
    return change_text(bare, vocabulary, style, gone=True)


def _details(face: Face, run: Run) -> dict[str, object]:
    from vnetsh.interface.render_json import change_json

    inventory = {**run.places, **face.session.inventory}
    return {
        "changed": [{**change_json(change, inventory), "outcome": outcome} for change, outcome in run.came()],
        "script": run.script,
    }


def _row(run: Run) -> dict[str, str]:
    if not run.readable:
        return {**dict.fromkeys(("run", "time", "who", "what", "changes"), ""), "run": run.name} | {
            "outcome": outcome_of(run)
        }
    return {
        "run": run.name,
        "time": f"{run.time.astimezone():%Y-%m-%d %H:%M:%S}",
        "who": run.who,
        "what": run.what,
        "changes": ", ".join(f"{count} {action}" for action, count in changes_of(run).items()),
        "outcome": outcome_of(run),
    }


def name_json(run: Run) -> int | str:
    """A run of one's own by its number, another's by its name."""
    return run.name if run.book else run.number


def as_json(run: Run) -> dict[str, object]:
    """A run as stable JSON."""
    if not run.readable:
        return {"run": run.number, "outcome": outcome_of(run)}
    ended = "under way" if run.alive else "cut off"
    return {
        "run": name_json(run),
        "time": run.time.isoformat(),
        "who": run.who or None,
        "what": run.what,
        "typed": run.typed or None,
        "changes": changes_of(run),
        "hosts": sorted(run.places),
        "outcome": run.outcome or ("under way, or cut off" if run.book and run.alive else ended),
        "seconds": run.seconds,
        "taken_back_by": (int(run.taker) if run.taker.isdecimal() else run.taker) or None,
        "measured": run.measured,
        "answered": run.answered,
        "unkept": [*run.unkept],
    }
