"""The order of changes by which links become isolated, or no longer are. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vnetsh.model import ActionKind, Change


def one_way_at_most(changes: Sequence[Change]) -> list[Change]:
    """The same changes, in turns in which at no moment two ways lead from one bridge to another.

    What becomes isolated is so on all hosts before something is added, and what no longer is becomes so when all that
    is to go has gone: the hosts do not do it in the same instant.
    """
    isolated = [change for change in changes if _isolates(change) is True]
    joined = [change for change in changes if _isolates(change) is False]
    if not isolated and not joined:
        return list(changes)
    return [replace(change, turn=_turn(change, bool(isolated))) for change in changes]


def _turn(change: Change, isolating: bool) -> int:
    if _isolates(change) is False:
        return 2
    return 1 if isolating and change.action is ActionKind.ADD else 0


def _isolates(change: Change) -> bool | None:
    """Whether a link becomes isolated, or (False) is so no longer; None: neither."""
    if change.action is not ActionKind.CHANGE or "isolated" not in change.differing():
        return None
    return change.after is not None and change.after.get("isolated") is not None
