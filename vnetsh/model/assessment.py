"""What a change costs, or why it cannot be made."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vnetsh.diagnostics import Diagnostic
from vnetsh.model.change import Change, Estimate, Impact


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a change costs on a given fleet, or why it cannot be made.

    `how` says in a few words what will be done ("hot-plugged"); `problem` refuses the whole plan. `estimate`: how long
    a move will take. `until_reboot`: why what it makes is gone after its host's next start.
    """

    impact: Impact = Impact.NONE
    hits: tuple[str, ...] = ()
    how: str = ""
    problem: Diagnostic | None = None
    estimate: Estimate | None = None
    until_reboot: str = ""

    def said_of(self, change: Change, also: str = "") -> Change:
        """A change with what it costs; `also` is said of how it is done."""
        how = "; ".join(filter(None, (self.how, also)))
        return replace(change, impact=self.impact, hits=self.hits, how=how, until_reboot=self.until_reboot)


FREE = Assessment()
"""Of a change that costs nothing and that nothing is to be said of."""
