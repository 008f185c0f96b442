"""One of the checks that a move has to pass."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.diagnostics import Diagnostic


@dataclass(frozen=True)
class Check:
    """What is looked at, in a few words ("its bridges"); the `problem` that refuses the move, or what is to be said.

    `told` is False where nobody could tell: `says` has the reason. `warned`: it refuses nothing, and is worth knowing.
    """

    what: str
    problem: Diagnostic | None = None
    says: str = ""
    told: bool = True
    warned: bool = False

    @property
    def result(self) -> str:
        """`failed`, `unknown`, `warned` or `ok`."""
        if self.problem:
            return "failed"
        return "warned" if self.warned else "ok" if self.told else "unknown"
