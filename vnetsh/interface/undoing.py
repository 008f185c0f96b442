"""`undo`, `rollback` and `recover`: what was done is taken back, or brought to its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vnetsh import journal
from vnetsh.diagnostics import Diagnostic, ProblemsFound
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.engine.finding_runs import last_made, refuse_undoing, stands
from vnetsh.errors import UsageError, VnetshError
from vnetsh.interface.finding_runs import run_of, say_silent
from vnetsh.journal import Run
from vnetsh.plain_text import plain, said

if TYPE_CHECKING:
    from vnetsh.interface.face import Face


def undo(face: Face, words: Sequence[str]) -> int:
    """Take a run back: the one of that name, or one's own last that stands. Raises `UsageError`."""
    if _take_stock(face) and not words:  # that was the last run: who wants an earlier one taken back says so
        return 0
    if len(words) > 1:
        raise UsageError("undo which run?", help="its number, as `vnetsh history` shows it; none: the last")
    run = run_of(face, words[0]) if words else last_made(journal.runs(face.session.runs))
    refuse_undoing(run)
    return _take_back(face, run)


def _take_back(face: Face, *runs: Run) -> int:
    """Plan and make the way back of a run, and of what it brought to its end."""
    report = face.change(lambda: face.session.take_back(*runs))
    return report.exit_code if report else 1


def _begun(run: Run, known: Sequence[Run]) -> Iterator[Run]:
    """The runs that this one, which was cut off, had just brought to their end: what they began is part of it."""
    for one in known:
        if one.ended_by == run.number and stands(one) and not one.undoes:
            yield one


def rollback(face: Face, words: Sequence[str]) -> int:
    """Take back all runs of one's own after one that stand, as one run. Raises `UsageError`, `PlanRefused`."""
    words = [word for word in words if word not in ("to", "run")]
    if len(words) != 1 or not words[0].isdecimal():
        raise UsageError(
            "roll back to which run?", help="`rollback to run 12` takes back all that you did after run 12"
        )
    run = run_of(face, words[0])
    later = [one for one in journal.runs(face.session.runs) if one.number > run.number]
    chosen = to_take_back(later)
    if not chosen:
        raise UsageError(
            f"nothing stands that was done after run {run.name}", help="`vnetsh history` lists them"
        )
    what = f"rollback to run {run.name}"
    report = face.change(lambda: face.session.past.take_back(chosen, what, naming=True))
    return report.exit_code if report else 1


def to_take_back(later: Sequence[Run]) -> list[Run]:
    """Of runs, the newest first, those that must be taken back so that nothing of them stands. Raises `PlanRefused`.

    What one of them has taken back of the others needs not come again first.
    """
    problems = [
        Diagnostic("E546", f"run {run.name} cannot be taken back, and so nothing is: {why}", None, help=help)
        for run in later
        for why, help in [_against(run)]
        if why
    ]
    if problems:
        raise PlanRefused(problems)
    numbers = {run.number for run in later}
    gone = {
        run.number
        for run in later
        if run.undoes and not run.taken_back_by and {*run.undoes} <= numbers and run.outcome == "done"
    }
    gone |= {number for run in later if run.number in gone for number in run.undoes}
    gone |= {run.number for run in later if run.undoes and run.ended_by}  # what it began, that one has done
    # What another of these has taken back, which is itself taken back first, stands then.
    takers = {0, *(numbers - gone)}
    return [run for run in later if run.number in takers and run.taken_back_by in takers and run.standing()]


def _against(run: Run) -> tuple[str, str]:
    """What speaks against taking back a run together with others, and what helps."""
    if not run.readable:
        return "it was written by another version of vnetsh", ""
    if run.alive:
        return "it is still under way", f"`cancel {run.number}` takes it back, or wait for its end"
    if run.cut_off:
        return "it was cut off", "`vnetsh recover` finishes it, `vnetsh recover --undo` takes it back"
    return "", ""


def recover(face: Face, words: Sequence[str], *, back: bool) -> int:
    """Finish the runs that were cut off, the oldest first, or take them back; also those of others.

    What another's record asks for and cannot be done is said, and the others are done: its maker may be anybody.
    """
    if words:
        raise UsageError("recover takes all runs that were cut off", help="`--undo` takes them back instead")
    silent, under_way = face.session.past.find_cut_off()
    say_silent(face, silent)
    for text in under_way:
        print(f"{face.errors('note', '36')}: {said(text)}", file=sys.stderr)
    ended = _take_stock(face)
    found = _meant(journal.cut_off(face.session.runs), back=back)
    known = [run for run in journal.of_all(face.session.runs) if run.readable]
    made = {run.taken_back_by for run in known}
    if not found and not ended:
        print("no run was cut off")
    failed = 0
    for run in found[::-1] if back else found:
        if not journal.again(run).cut_off:  # what came before has ended it, too
            continue
        print(f"run {run.name} ({plain(run.what)}) was cut off")
        try:
            # An undo that was cut off when all was made has only its end to be written down: what it took back may have
            # been cut off itself, and half of it would stand again.
            code = (
                _take_back(face, run, *_begun(run, known))
                if back and run.number not in made
                else _finish(face, run)
            )
        except (VnetshError, ProblemsFound) as error:
            if not run.book:
                raise
            _say_left(face, run, error, back=back)
            code = int(isinstance(error, HostsDown))
        if code and not run.book:
            return code
        failed = failed or code
    return failed


def _finish(face: Face, run: Run) -> int:
    report = face.change(lambda: face.session.past.rest_of(run))
    return report.exit_code if report else 1


def _say_left(face: Face, run: Run, error: VnetshError | ProblemsFound, *, back: bool) -> None:
    """Say why another's run is left as it is."""
    why = error.problems[0] if isinstance(error, ProblemsFound | PlanRefused) else error
    help = why.help
    if isinstance(error, ProblemsFound) and not back:  # nobody can mend that text
        help = "`vnetsh recover --undo` takes it back, as far as something of it stands"
    face.line.clear()
    left = f"run {run.name} is left as it was cut off: {said(why.message)}"
    print(f"{face.errors('warning', '1;33')}: {left}", file=sys.stderr)
    if help:
        print(f"{face.errors('help', '36')}: {said(help)}", file=sys.stderr)


def _meant(cut_off: Sequence[Run], *, back: bool) -> Sequence[Run]:
    """The runs to be finished, or taken back, where one was to take back another and both were cut off.

    Finished, the taking back comes to its end; taken back, what it was to take back is.
    """
    numbers = {run.number for run in cut_off}
    if back:
        return [run for run in cut_off if not numbers & {*run.undoes}]
    return [run for run in cut_off if all(run.number not in other.undoes for other in cut_off)]


def _take_stock(face: Face) -> bool:
    """Say what became of runs that were cut off while they had to be confirmed; whether there were any."""
    found = face.session.take_stock()
    for note in found:
        print(plain(note))
    return bool(found)
