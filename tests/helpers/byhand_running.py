"""What the tests of `--explain` share: plan a script, do it by the printed commands, see that nothing is left to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vnetsh.backend import HostCommand
from vnetsh.diagnostics import Source
from vnetsh.engine.prepared import Prepared
from vnetsh.model.change import Change
from vnetsh.planning.by_hand import by_hand
from vnetsh.session import Session

Run = Callable[[str, HostCommand], None]


def make_by_hand(session: Session, script: str, run: Run) -> Sequence[Change]:
    """Run the commands of a script's plan, each on its host; the changes that they made."""
    return type_in(session, session.prepare(Source("<test>", script)), run)


def type_in(session: Session, prepared: Prepared, run: Run) -> Sequence[Change]:
    """Run the commands of a plan, each on its host; the changes that they made."""
    session.release()
    explained = by_hand(prepared.plan, prepared.fleet, session.plugins.backends)
    changes = prepared.plan.changes
    assert changes
    assert len(explained) == len(changes)
    for change, commands in zip(changes, explained, strict=True):
        for command in commands:
            run(command.host or change.place, command)
    return changes


def left(session: Session, script: str) -> list[str]:
    """What vnetsh itself would still do for a script."""
    return [str(change) for change in session.prepare(Source("<test>", script)).plan.changes]
