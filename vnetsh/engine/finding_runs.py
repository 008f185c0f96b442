"""The runs that words name, and which of them can be taken back: `12`, or another's, `alice@desk:12`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vnetsh import journal
from vnetsh.errors import UsageError
from vnetsh.journal import Run

NUMBER = (
    "its number, as `vnetsh history` shows it, or another's as `vnetsh history all` does: `alice@desk:12`"
)


def named(folder: Path, word: str) -> Run:
    """The run that a word names, as far as this machine knows of it. Raises `UsageError`."""
    if word.isdecimal() and len(word) < 10:
        found = next((run for run in journal.runs(folder) if run.number == int(word)), None)
        if found is None:
            raise UsageError(f"there is no run {word}", help="`vnetsh history` lists them")
        return found
    if ":" not in word:
        raise UsageError(f"`{word}` is no run", help=NUMBER)
    called = [run for run in journal.of_others(folder) if run.name == word]
    if len(called) > 1:
        raise UsageError(
            f"{len(called)} runs are called {word}: of journals of the same user on machines of the same name",
            help="only the one that made it can take it back: give these machines names of their own",
        )
    if not called:
        raise UsageError(
            f"there is no run {word}", help="`vnetsh history all` asks the hosts which there are"
        )
    return called[0]


def last_made(runs: Iterable[Run]) -> Run:
    """Of runs, the newest first, the last that can be undone. Raises `UsageError`."""
    last = next((run for run in runs if stands(run) and not run.takes_back), None)
    if last is None:
        raise UsageError("there is nothing to undo", help="`vnetsh history` lists what was done")
    return last


def stands(run: Run) -> bool:
    """Whether it has ended, and something of it stands."""
    return run.readable and not run.alive and not run.taken_back_by and bool(run.standing())


def refuse_undoing(run: Run) -> None:
    """Raise `UsageError` where a run cannot be taken back, or nothing of it is left to be."""
    if run.taken_back_by not in (0, run.number):
        raise UsageError(f"run {run.name} was taken back by run {run.taker} already")
    if not run.readable or run.alive:
        why = "is still under way" if run.alive else "was written by another version of vnetsh"
        leads = "where it was cut off, `vnetsh recover` finds that out" if run.alive and run.book else ""
        raise UsageError(f"run {run.name} {why}", help=leads)
    if run.taken_back_by or (run.outcome and not run.standing() and not run.takes_back):
        raise UsageError(
            f"nothing of run {run.name} stands",
            help="it left everything as it was: there is nothing to undo",
        )
