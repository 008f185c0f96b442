"""What a person at a terminal is asked before something is done, and the answers that count."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable

from vnetsh.interface.output import answered, asked_yes, control, dumb_terminal
from vnetsh.model.change import Impact
from vnetsh.plain_text import plain
from vnetsh.planning.plan import Plan

_ANEW = control("\r\x1b[K")


def allowed(plan: Plan) -> bool:
    """Whether a person wants a plan made in spite of its cost. Where data is lost they say of what, not just yes."""
    if plan.impact < Impact.DESTROY:
        return asked_yes(f"impact {plan.impact}: do it? [y/N] ")
    names = sorted({c.resource.name for c in plan.changes if c.impact is Impact.DESTROY})
    wanted = names[0] if len(names) == 1 else str(len(names))
    what = "its name" if len(names) == 1 else "how many these are"
    question = f"impact {plan.impact}: data is lost of {', '.join(map(plain, names))}: type {what} to do it: "
    return answered(question) == wanted


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
