"""`diff run 12..15`, `diff run 12..now`: what runs have changed, all together, and what is otherwise by now."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh import journal
from vnetsh.engine.observe import observe, places
from vnetsh.errors import UsageError
from vnetsh.interface.finding_runs import run_of, say_silent
from vnetsh.interface.history import name_json, past_text
from vnetsh.journal import Run
from vnetsh.model import Change
from vnetsh.planning.comparing import by_others
from vnetsh.planning.folding import left_by, net

if TYPE_CHECKING:
    from vnetsh.interface.face import Face

_WORDS = re.compile(r"(?:run\s+)?(\S+?)\s*\.\.\s*(\S+)")


def diff(face: Face, words: Sequence[str]) -> int:
    """Print what runs have changed on the hosts, folded for each object; exit code 1 where not all could be seen.

    Raises `UsageError`.
    """
    said = _WORDS.fullmatch(" ".join(words))
    if said is None:
        raise UsageError(
            "the difference between which runs?",
            help="`diff run 12..15`: what was changed after run 12, up to run 15; `diff run 12..now`: until now",
        )
    silent = face.session.past.look()
    say_silent(face, silent)
    first = run_of(face, said[1], look=False)
    last = None if said[2] == "now" else run_of(face, said[2], look=False)
    between = _between(face, first, last)
    changes = [change for run in between for step in run.standing()[::-1] for change in step.changes]
    found = net(changes)
    others, unseen = ([], set()) if last else _others(face, changes)
    unsure = [run for run in between if run.half_made()]
    if face.options.json:
        print(json.dumps(_as_json(face, (first, last), between, found, others), indent=2))
    else:
        end = f"run {last.name}" if last else "now"
        names = ", ".join(run.name for run in between)
        lines = [face.style(f"from run {first.name} to {end}: {f'by {names}' if names else 'no runs'}", "1")]
        known = face.session.vocabulary, face.style
        lines += [past_text(change, *known) for change in found]
        lines += ["  no change"] if not found else []
        lines += [f"of run {run.name} it is not known how much of it came about" for run in unsure]
        if others:
            lines += [
                face.style("changed by others since:", "1"),
                *(past_text(change, *known) for change in others),
            ]
        print("\n".join(lines))
    return int(bool({*silent} | unseen))


def _between(face: Face, first: Run, last: Run | None) -> list[Run]:
    """The runs after one and up to another, the oldest first. Raises `UsageError`."""
    runs = [run for run in journal.of_all(face.session.runs)[::-1] if run.readable]
    numbers = [run.number for run in runs]
    begin = numbers.index(first.number) + 1
    end = numbers.index(last.number) + 1 if last else len(runs)
    if last and end < begin:
        raise UsageError(f"run {last.name} was before run {first.name}", help="say the older one first")
    return [run for run in runs[begin:end] if run.standing()]


def _others(face: Face, changes: Sequence[Change]) -> tuple[list[Change], set[str]]:
    """What others have changed of what runs had changed, as the hosts are now; the hosts that did not answer."""
    session = face.session
    at = {place for change in changes for place in change.places} & session.inventory.keys()
    fleet = observe(
        session.inventory, places(session.inventory, sorted(at), session.backends), session.connections
    )
    say_silent(face, fleet.unreachable)
    left, gone = left_by(changes)
    return by_others(left, gone, fleet, session.vocabulary), {*fleet.unreachable}


def _as_json(
    face: Face,
    ends: tuple[Run, Run | None],
    between: Sequence[Run],
    found: Sequence[Change],
    others: Sequence[Change],
) -> dict[str, object]:
    from vnetsh.interface.render_json import change_json

    first, last = ends
    inventory = face.session.inventory
    return {
        "from": name_json(first),
        "to": name_json(last) if last else "now",
        "runs": [name_json(run) for run in between],
        "changes": [change_json(change, inventory) for change in found],
        "by_others": [change_json(change, inventory) for change in others],
    }
