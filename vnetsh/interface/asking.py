"""What a person at a terminal is asked before something is done, and the answers that count."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable

from vnetsh.by_hash import question_of
from vnetsh.interface.output import answered, asked_yes, control, dumb_terminal
from vnetsh.model.change import Impact
from vnetsh.planning.plan import Plan

_ANEW = control("\r\x1b[K")


def allowed(plan: Plan) -> bool:
    """Whether a person wants a plan made in spite of its cost. Where data is lost they say of what, not just yes."""
    question = question_of(plan)
    if question and plan.impact is Impact.DESTROY:
        return answered(f"{question.text}: ") == question.answer
    return asked_yes(f"impact {plan.impact}: do it? [y/N] ")


def asked_to_confirm(run: int, left: float, broken_off: Callable[[], bool]) -> bool:
    """Whether a person confirms a run in time; the seconds that are left are counted down in the question."""
    until, anew, asked = time.monotonic() + left, "" if dumb_terminal() else _ANEW, False
    while (left := until - time.monotonic()) > 0 and not broken_off():
        if anew or not asked:
            sys.stdout.write(f"{anew}confirm run {run}? [y/N] {left:.0f} s left ")
            sys.stdout.flush()
        asked = True
        if select.select([sys.stdin], [], [], min(1.0, left))[0]:
            line = sys.stdin.readline()
            if not line:
                print()
            return line.strip().lower() in ("y", "yes")
    print()
    return False
