"""What comes after a mend: the script's questions are asked all the same, and Ctrl-C ends it there."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from vnetsh.diagnostics import Source
from vnetsh.engine.connections import Report as Tell
from vnetsh.engine.making import Making
from vnetsh.engine.mending import Mending
from vnetsh.engine.prepared import Prepared
from vnetsh.engine.report import Failure, Report
from vnetsh.engine.steps import Failed
from vnetsh.journal import Run, Step
from vnetsh.model import Fleet, Inventory
from vnetsh.planning.half_made import HalfMade, Mend
from vnetsh.planning.plan import Plan, PlannedSegment
from vnetsh.schema import Answer
from vnetsh.script.script import Segment
from vnetsh.session import Session


class Mends:
    """Mends by `work`, which is given what is to be told how far it is."""

    def __init__(self, runs: Path, work: Callable[[Tell], None]) -> None:
        self.runs, self.work, self.records = runs, work, None
        self.finished_scripts: list[str] = []

    def make(self, mend: Mend, inventory: Inventory, progress: Tell) -> tuple[Failed | None, Sequence[str]]:
        try:
            self.work(progress)
        except KeyboardInterrupt:
            return Failed(Failure("kvm1", "interrupted"), ()), ()
        return None, ()

    def finished(self, text: str, by: int = 0) -> None:
        self.finished_scripts.append(text)


def made(demo: Session, mends: Mends) -> tuple[Report, list[str]]:
    """What comes of a mend and a script that only asks; also what it asked."""
    script = demo.check(Source("t.vnet", "show bridges"))
    mend = Mend(HalfMade(Run(1, mends.runs / "000001.open", ()), Step(1, "kvm1", "demo", (), 1, ())), (), ())
    segments = (
        PlannedSegment(Segment(), (), mends=1),
        *(PlannedSegment(segment, ()) for segment in script.segments),
    )
    asked: list[str] = []

    def ask(segment: Segment) -> Answer:
        assert segment.action
        asked.append(segment.action.name)
        return Answer()

    prepared = Prepared(script, Plan(segments, demo.inventory), Fleet(demo.inventory), mends=(mend,))
    mending = cast("Mending", mends)
    making = Making(demo.connections, demo.planner, mending, lambda *told: None, demo)
    return making.make(prepared, ask), asked


def test_after_a_mend_a_script_that_changes_nothing_is_asked_its_questions(
    demo: Session, tmp_path: Path
) -> None:
    report, asked = made(demo, Mends(tmp_path, lambda progress: None))
    assert report.ok
    assert asked == ["bridges"]


def test_ctrl_c_is_heard_during_a_mend_and_nothing_follows(demo: Session, tmp_path: Path) -> None:
    def interrupted(progress: Tell) -> None:
        signal.raise_signal(signal.SIGINT)
        progress("kvm1", "removing", None)
        raise AssertionError("it goes on")

    mends = Mends(tmp_path, interrupted)
    report, asked = made(demo, mends)
    assert report.interrupted
    assert [failure.message for failure in report.failures] == [
        "what run 1 left half-made cannot be taken back: interrupted"
    ]
    assert not asked
    assert not mends.finished_scripts


def test_ctrl_c_as_a_mend_ends_lets_nothing_follow(demo: Session, tmp_path: Path) -> None:
    mends = Mends(tmp_path, lambda progress: signal.raise_signal(signal.SIGINT))
    report, asked = made(demo, mends)
    assert report.interrupted
    assert (report.failures, asked, mends.finished_scripts) == ((), [], [])
