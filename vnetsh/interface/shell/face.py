"""The face of a shell's session: its runs can go on behind the prompt."""

from __future__ import annotations

from vnetsh.engine.prepared import Prepared
from vnetsh.engine.report import Report
from vnetsh.interface.face import Face
from vnetsh.interface.options import Options
from vnetsh.interface.progress import ProgressLine
from vnetsh.interface.shell.background import Background


class ShellFace(Face):
    """Of one entered line."""

    def __init__(self, options: Options, jobs: Background, line: ProgressLine) -> None:
        super().__init__(options)
        self.session, self.line = jobs.front, line
        self._jobs = jobs

    def make(self, prepared: Prepared) -> Report | None:
        """As of `Face`; None where it goes on behind the prompt."""
        # What only looks on ends at once by Ctrl-C: nothing of it is to be taken back.
        # And while a person is asked to confirm it nobody else may ask anything.
        alone = not prepared.plan.changes or self.asks(prepared)
        return super().make(prepared) if alone else self._jobs.make(self, prepared)
