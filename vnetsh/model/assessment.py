"""What a change costs, or why it cannot be made."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.diagnostics import Diagnostic
from vnetsh.model.change import Estimate, Impact


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a change costs on a given fleet, or why it cannot be made.

    `how` says in a few words what will be done ("hot-plugged"); `problem` refuses the whole plan. `estimate`: how long
    a move will take.
    """

    impact: Impact = Impact.NONE
    hits: tuple[str, ...] = ()
    how: str = ""
    problem: Diagnostic | None = None
    estimate: Estimate | None = None


FREE = Assessment()
"""Of a change that costs nothing and that nothing is to be said of."""
