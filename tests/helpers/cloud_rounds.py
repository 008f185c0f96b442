"""Random clouds on a scratch northbound database: applied, exported, made again of that, changed, and taken back.

`soak_clouds(rounds, seed)` is for long runs; the test suite does a few rounds.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from random import Random
from unittest.mock import patch

from random_clouds import Cloud
from scratch_ovn import ScratchOvn, look, scratch_ovn
from soaking import Findings

from vnetsh import journal
from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.errors import VnetshError
from vnetsh.export.exporting import export
from vnetsh.language.formatting import formatted
from vnetsh.session import Session

CHANGES = 4
"""How often a cloud is changed."""


def soak_clouds(rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None) -> Findings:
    """Rounds with the seeds from that one on, on two databases that are emptied between."""
    found = Findings()
    with (
        tempfile.TemporaryDirectory() as state,
        patch.dict(os.environ, XDG_STATE_HOME=state),
        scratch_ovn() as one,
        scratch_ovn() as other,
    ):
        counts: Counter[str] = Counter()
        found.each(seed, rounds, say, lambda number: CloudRound(number, one, other, found, counts).run())
    found.counted(counts, say)
    return found


class CloudRound:
    """One cloud, and what became of it."""

    def __init__(
        self, seed: int, one: ScratchOvn, other: ScratchOvn, found: Findings, counts: Counter[str]
    ) -> None:
        self._seed, self._one, self._other, self._found, self._counts = seed, one, other, found, counts
        self._cloud = Cloud(Random(seed))
        self._said = self._cloud.text

    def run(self) -> None:
        for ovn in (self._one, self._other):
            ovn.clear()
            ovn.chassis(self._cloud.bridges)
        with self._one.session() as session:
            looks = [look(self._one.rows())]
            if not self._do(session, self._said):
                self._fail("it is refused")
                return
            self._counts["clouds"] += 1
            self._counts["rows"] += len(look(self._one.rows()))
            self._empty(session, self._said, "the script again")
            self._made_again(session)
            for _ in range(CHANGES):
                looks.append(look(self._one.rows()))
                change = self._cloud.change()
                if not change or not self._do(session, change):
                    looks.pop()
                    continue
                self._said += f"\n--- then:\n{change}"
                self._empty(session, change, "the change again")
                self._exported(session)
            self._undone(session, looks)

    def _fail(self, what: str) -> None:
        self._found.failures.append(f"seed {self._seed}: {what}\n{self._said}")

    def _do(self, session: Session, script: str) -> bool:
        """Whether something is done; what is refused touches nothing."""
        before = look(self._one.rows())
        try:
            prepared = session.prepare(Source("<random>", script))
        except (ProblemsFound, VnetshError) as error:
            problems = getattr(error, "problems", ())
            codes = {problem.code for problem in problems}
            self._counts[f"refused by {', '.join(sorted(codes)) or type(error).__name__}"] += 1
            self._same(before, "what is refused changes something")
            self._refusal = "; ".join(problem.message for problem in problems) or str(error)
            if script == self._said:
                self._fail(f"refused: {self._refusal}")
            return False
        if not prepared.plan.changes:
            self._counts["changes of nothing"] += 1
            return False
        report = session.apply(prepared)
        if not report.ok:
            self._said += f"\n--- then:\n{script}"
            self._fail(f"it fails: {[failure.message for failure in report.failures]}")
            self._same(before, "what fails leaves something")
            return False
        self._counts["runs"] += 1
        return True

    def _same(self, before: list[str], otherwise: str) -> None:
        self._alike(before, look(self._one.rows()), otherwise)

    def _alike(self, before: list[str], after: list[str], otherwise: str) -> None:
        if before != after:
            lines = [line for line in difflib.ndiff(before, after) if not line.startswith("  ")]
            self._fail(f"{otherwise}:\n    " + "\n    ".join(lines[:12]))

    def _empty(self, session: Session, script: str, what: str) -> None:
        """A plan without changes, where no verb undoes what another sentence says."""
        if any(verb in script for verb in ("delete ", "migrate ")):
            return
        try:
            changes = session.prepare(Source("<again>", script)).plan.changes
        except (ProblemsFound, VnetshError) as error:
            problems = [problem.message for problem in getattr(error, "problems", ())]
            self._fail(f"{what} is refused: {problems or error}")
            return
        if changes:
            self._fail(f"{what}: {[str(change) for change in changes][:6]}")

    def _exported(self, session: Session) -> str:
        found = export(session, ())
        if found.unsaid:
            self._fail(f"left out: {[(unsaid.resource.key, unsaid.reason) for unsaid in found.unsaid][:5]}")
        if formatted(Source("<export>", found.text)) != found.text:
            self._fail(f"the export is not in the one form:\n{found.text}")
        try:
            changes = session.prepare(Source("<export>", found.text)).plan.changes
        except ProblemsFound as error:
            self._fail(f"the export is refused: {[p.message for p in error.problems]}\n{found.text}")
            return found.text
        if changes:
            self._fail(f"the export's plan: {[str(change) for change in changes][:6]}\n{found.text}")
        return found.text

    def _made_again(self, session: Session) -> None:
        """What is exported makes the same rows on an empty database."""
        text = self._exported(session)
        with self._other.session() as fresh:
            try:
                report = fresh.apply(fresh.prepare(Source("<export>", text)))
            except ProblemsFound as error:
                self._fail(f"elsewhere the export is refused: {[p.message for p in error.problems]}\n{text}")
                return
            if not report.ok:
                self._fail(f"elsewhere the export fails: {report.failures}\n{text}")
            self._alike(look(self._one.rows()), look(self._other.rows()), f"elsewhere:\n{text}")

    def _undone(self, session: Session, looks: list[list[str]]) -> None:
        runs = [run for run in journal.runs(session.runs) if run.outcome == "done"]
        if len(runs) != len(looks):
            self._fail(f"{len(runs)} runs are done, not {len(looks)}")
        for run, before in zip(runs, reversed(looks), strict=False):
            report = session.apply(session.take_back(run))
            if not report.ok:
                self._fail(f"run {run.number} is not taken back: {report.failures}")
                return
            self._counts["undone"] += 1
            self._same(before, f"after run {run.number} was taken back")
