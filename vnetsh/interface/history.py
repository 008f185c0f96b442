"""`history`, `undo` and `recover`: the runs of the past, for the command line and the shell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh import journal
from vnetsh.errors import UsageError
from vnetsh.interface.render import table
from vnetsh.journal import Run
from vnetsh.model.change import ActionKind
from vnetsh.plain_text import plain

if TYPE_CHECKING:
    from vnetsh.interface.face import Face

SHOWN = 20
"""Runs that `history` shows unless it is asked for JSON."""


def history(face: Face) -> int:
    """Print the runs, the newest first."""
    found = journal.runs(face.session.runs)
    if face.options.json:
        print(json.dumps([_as_json(run) for run in found], indent=2))
        return 0
    rows = [_row(run) for run, _ in zip(found, range(SHOWN), strict=False)]
    print(table(rows, face.style) if rows else "no runs yet")
    return 0


def undo(face: Face, words: Sequence[str]) -> int:
    """Take a run back: the one with that number, or the last that stands. Raises `UsageError`."""
    runs = journal.runs(face.session.runs)
    if len(words) > 1 or not all(word.isdecimal() and len(word) < 20 for word in words):
        raise UsageError("undo which run?", help="its number, as `vnetsh history` shows it; none: the last")
    if words:
        run = next((run for run in runs if run.number == int(words[0])), None)
        if run is None:
            raise UsageError(f"there is no run {words[0]}", help="`vnetsh history` lists them")
    else:
        run = next((run for run in runs if _can_be_undone(run) and not run.takes_back), None)
        if run is None:
            raise UsageError("there is nothing to undo", help="`vnetsh history` lists what was done")
    if run.taken_back_by not in (0, run.number):
        raise UsageError(f"run {run.number} was taken back by run {run.taken_back_by} already")
    if not run.readable or run.alive:
        why = "is still under way" if run.alive else "was written by another version of vnetsh"
        raise UsageError(f"run {run.number} {why}")
    if run.taken_back_by or (run.outcome and not run.standing() and not run.takes_back):
        raise UsageError(
            f"nothing of run {run.number} stands",
            help="it left everything as it was: there is nothing to undo",
        )
    return take_back(face, run)


def take_back(face: Face, run: Run) -> int:
    """Plan and make the way back of a run."""
    report = face.change(lambda: face.session.take_back(run))
    return report.exit_code if report else 1


def recover(face: Face, words: Sequence[str], *, back: bool) -> int:
    """Finish the runs that were cut off, the oldest first, or take them back."""
    if words:
        raise UsageError("recover takes all runs that were cut off", help="`--undo` takes them back instead")
    found = _meant(journal.cut_off(face.session.runs), back=back)
    if not found:
        print("no run was cut off")
    for run in found[::-1] if back else found:
        if not journal.again(run).cut_off:  # what came before has ended it, too
            continue
        print(f"run {run.number} ({plain(run.what)}) was cut off")
        if back:
            code = take_back(face, run)
        else:
            report = face.change(lambda run=run: face.session.rest_of(run))  # type: ignore[misc]
            code = report.exit_code if report else 1
            if code == 0 and report and not face.options.arguments.only_plan:
                run.note({"end": f"finished by {report.run}" if report.run else "finished"})
        if code:
            return code
    return 0


def _meant(cut_off: Sequence[Run], *, back: bool) -> Sequence[Run]:
    """The runs to be finished, or taken back, where one was to take back another and both were cut off.

    Finished, the taking back comes to its end; taken back, what it was to take back is.
    """
    numbers = {run.number for run in cut_off}
    if back:
        return [run for run in cut_off if run.undoes not in numbers]
    return [run for run in cut_off if all(other.undoes != run.number for other in cut_off)]


def _can_be_undone(run: Run) -> bool:
    return run.readable and not run.alive and not run.taken_back_by and bool(run.standing())


def _outcome(run: Run) -> str:
    if not run.readable:
        return "unknown format"
    if run.taken_back_by:
        by_itself = run.taken_back_by == run.number
        return "nothing of it stands" if by_itself else f"taken back by {run.taken_back_by}"
    return run.outcome or ("under way" if run.alive else "cut off: `vnetsh recover`")


def _changes(run: Run) -> dict[str, int]:
    changes = [change for step in run.standing() for change in step.changes] if run.readable else []
    counts = {str(action): sum(change.action is action for change in changes) for action in ActionKind}
    return {action: count for action, count in counts.items() if count}


def _row(run: Run) -> dict[str, str]:
    if not run.readable:
        return {"run": str(run.number), "time": "", "what": "", "changes": "", "outcome": _outcome(run)}
    return {
        "run": str(run.number),
        "time": f"{run.time.astimezone():%Y-%m-%d %H:%M:%S}",
        "what": run.what,
        "changes": ", ".join(f"{count} {action}" for action, count in _changes(run).items()),
        "outcome": _outcome(run),
    }


def _as_json(run: Run) -> dict[str, object]:
    if not run.readable:
        return {"run": run.number, "outcome": _outcome(run)}
    return {
        "run": run.number,
        "time": run.time.isoformat(),
        "what": run.what,
        "changes": _changes(run),
        "hosts": sorted(run.places),
        "outcome": run.outcome or ("under way" if run.alive else "cut off"),
        "taken_back_by": run.taken_back_by or None,
        "measured": run.measured,
        "answered": run.answered,
    }
