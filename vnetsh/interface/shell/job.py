"""A run of a shell, on a thread of its own; what it answers is told on the main thread, as Ctrl-C is heard there."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from vnetsh.engine.prepared import Prepared
from vnetsh.engine.report import Report
from vnetsh.interface.face import Face
from vnetsh.interface.progress import ProgressLine
from vnetsh.interface.shell.pressing import Pressed
from vnetsh.journal.folder import JournalFailed
from vnetsh.schema import Answer


class Switch:
    """Tells a line of progress, unless it is switched off."""

    def __init__(self, line: ProgressLine) -> None:
        self._line = line
        self._on = True

    def __call__(self, host: str, text: str, fraction: float | None) -> None:
        """Progress, as `Session` tells it."""
        if self._on:
            self._line(host, text, fraction)

    def turn(self, *, on: bool) -> None:
        """Tell it from now on, or not: `show jobs` tells how far it is, too."""
        self._on = on
        if not on:
            self._line.clear()


@dataclass
class _Told:
    """An answer; `over`: the run goes on, with what went wrong in telling it."""

    answer: Answer
    error: Exception | None = None
    over: threading.Event = field(default_factory=threading.Event)


@dataclass
class Job:
    """A run. It ends when `report` or `error` is there; `number` is its own, 0 where none came about.

    `behind`: nobody waits for it. `ended` is called on the job's own thread when it is `over`.
    """

    face: Face
    prepared: Prepared
    progress: Switch
    behind: bool = False
    number: int = 0
    asked: int = 0
    """How often it was asked to end."""
    answers: list[_Told] = field(default_factory=list)
    report: Report | None = None
    error: BaseException | None = None
    ended: Callable[[], None] = lambda: None
    begun: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    news: threading.Event = field(default_factory=threading.Event)
    """Set when it is over, or an answer is to be told."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Make it true; called on a thread of its own."""

        def begun(number: int) -> None:
            with self._lock:
                self.number = number
                for time in range(self.asked):
                    self._ask_to_end(again=time > 0)
            self.begun.set()

        try:
            self.report = self.face.session.apply(self.prepared, self._answered, begun)
        except BaseException as error:  # told where somebody hears it
            self.error = error
        self.over.set()
        self.begun.set()
        self.news.set()
        self.ended()

    def _answered(self, answer: Answer) -> None:
        """Have it told, and wait for that; behind the prompt it is kept."""
        one = _Told(answer)
        with self._lock:
            self.answers.append(one)
            if self.behind:
                one.over.set()
        self.news.set()
        one.over.wait()
        if one.error:
            raise one.error

    def ask_to_end(self) -> None:
        """Have it taken back, also where it has not begun yet; once more: what hangs is not waited for."""
        with self._lock:
            self.asked += 1
            if self.number:
                self._ask_to_end(again=self.asked > 1)

    def _ask_to_end(self, *, again: bool) -> None:
        from vnetsh import journal
        from vnetsh.hosts.locking_here import who_we_are

        for run in journal.under_way(self.face.session.runs):
            if run.number == self.number:
                try:
                    journal.ask_to_end(run, who_we_are(), again=again)
                except JournalFailed as error:
                    print(f"job {run.number} cannot be asked to end: {error.message}", file=sys.stderr)

    def turn(self, *, behind: bool) -> None:
        """Have it be quiet, as somebody else has the terminal; or not any longer."""
        self.progress.turn(on=not behind)
        with self._lock:
            self.behind = behind
            for one in self.answers:  # it goes on meanwhile
                one.over.set()

    def _told(self, answer: Answer) -> bool:
        self.face.tell(answer)
        return True

    def tell_answers(self, pressed: Pressed) -> None:
        """Print the answers that nobody has heard. Ctrl-C ends what is watched; anything else counts it as pressed."""
        self.news.clear()
        while self.answers:
            one = self.answers.pop(0)
            try:
                if not pressed.ending(partial(self._told, one.answer)):
                    pressed()
            except Exception as error:
                if one.over.is_set():  # it has gone on without
                    raise
                one.error = error
            one.over.set()
