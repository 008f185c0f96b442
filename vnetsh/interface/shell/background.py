"""The runs of a shell: made on threads of their own, so that one can go on behind the prompt."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from vnetsh.engine.prepared import Prepared
from vnetsh.engine.report import Report
from vnetsh.errors import UsageError, VnetshError
from vnetsh.hosts.workers import begin
from vnetsh.interface.face import Face
from vnetsh.interface.options import Options
from vnetsh.interface.output import Lost, asked
from vnetsh.interface.progress import ProgressLine
from vnetsh.journal.folder import JournalFailed
from vnetsh.schema import Answer
from vnetsh.session import Session

_SIGN = re.compile(r"\s&\s*\Z")


def in_background(text: str) -> str | None:
    """A line without the sign that sends it there; None where it has none."""
    found = _SIGN.search(text)
    return text[: found.start()] if found else None


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
    answers: list[Answer] = field(default_factory=list)
    report: Report | None = None
    error: BaseException | None = None
    ended: Callable[[], None] = lambda: None
    begun: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
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
        self.ended()

    def _answered(self, answer: Answer) -> None:
        with self._lock:
            if self.behind:
                self.answers.append(answer)
            else:
                self.face.tell(answer)

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
            if not behind:
                self.tell_answers()

    def tell_answers(self) -> None:
        """Print the answers that nobody has heard."""
        while self.answers:
            self.face.tell(self.answers.pop(0))


class Background:
    """Those of a shell. What is done in front of it has one session, for its connections stay open."""

    def __init__(
        self, session: Session, options: Options, line: ProgressLine, ended: Callable[[], None]
    ) -> None:
        self._session, self._options, self._line, self._ended = session, options, line, ended
        self._jobs: list[Job] = []
        self._front = self._opened()

    def _opened(self) -> tuple[Session, Switch]:
        progress = Switch(self._line)
        return self._session.beside(progress), progress

    @property
    def front(self) -> Session:
        """The session of what is done while the shell waits."""
        return self._front[0]

    @property
    def under_way(self) -> list[int]:
        """The numbers of those that go on behind the prompt."""
        return [job.number for job in self._jobs if not job.over.is_set()]

    @property
    def ended(self) -> bool:
        """Whether there is something to `tell`."""
        return any(job.over.is_set() for job in self._jobs)

    def make(self, face: Face, prepared: Prepared) -> Report | None:
        """Make a plan true, and wait; Ctrl-C asks what is to become of it. None: it goes on behind the prompt."""
        job = Job(face, prepared, self._front[1], ended=self._ended)
        begin("run", job.run)
        while not job.over.is_set():
            try:
                job.over.wait(0.2)
            except KeyboardInterrupt:
                if not self._waits(job):
                    return None
        self._line.clear()
        if job.error:
            raise job.error
        assert job.report
        face.report(prepared, job.report, Lost())
        return job.report

    def _waits(self, job: Job) -> bool:
        """Ask what is to become of a run that is waited for; whether it still is."""
        job.turn(behind=True)
        word, back = "c", "leave what hangs as it is" if job.asked else "take it back"
        with suppress(KeyboardInterrupt):  # Ctrl-C once more is a `c`
            word = asked(f"{back} (c), let it go on in the background (b), or wait for it (Enter)? ")
            if word.startswith("b"):
                job.begun.wait()
        if word.startswith("b") and not job.over.is_set():
            self._jobs.append(job)
            self._front = self._opened()
            _say_under_way(job)
            return False
        if word.startswith("c") and not job.over.is_set():
            print("leaving what hangs as it is" if job.asked else "taking it back")
            job.ask_to_end()
        job.turn(behind=False)
        return True

    def begin(self, prepare: Callable[[Session], Prepared]) -> None:
        """Plan a run, ask where that is due, and let it go on by itself. Raises what `Session.prepare` raises."""
        session, progress = self._opened()
        session.behind = True
        face = Face(self._options)
        face.session, face.line = session, self._line
        try:
            prepared = face.agree(lambda: prepare(session))
        except BaseException:
            session.close()
            raise
        if prepared is None:
            session.close()
            return
        if face.asks(prepared):
            session.close()
            raise UsageError(
                "a person is to confirm it, who cannot be asked behind the prompt",
                help="say in its block what is expected, or leave the `&` out",
            )
        job = Job(face, prepared, progress, ended=self._ended)
        job.turn(behind=True)
        self._jobs.append(job)
        begin("background", job.run)
        with suppress(KeyboardInterrupt):  # it is under way already: the next one is for the next line
            job.begun.wait()
        if job.number:
            _say_under_way(job)
        else:  # there was nothing to be done
            self.tell()

    def tell(self) -> None:
        """Print what came of those that have ended since. Raises what the first one of them raised."""
        for job in [one for one in self._jobs if one.over.is_set()]:
            self._jobs.remove(job)
            job.face.session.close()
            job.tell_answers()
            if job.number:
                print(f"job {job.number} has ended:")
            if job.error:
                raise job.error
            assert job.report
            job.face.report(job.prepared, job.report, Lost())

    def wait(self) -> None:
        """Wait until all have ended. Ctrl-C has them taken back, which is waited for, too; a third one is for those
        that do not end.
        """
        for says in (
            "taking back what is under way (Ctrl-C: without what hangs)",
            "leaving what hangs as it is (Ctrl-C: without waiting for anything)",
            "left amidst it: `vnetsh recover` finishes it, or takes it back",
        ):
            try:
                for job in self._jobs:
                    while not job.over.wait(0.2):
                        pass
            except KeyboardInterrupt:
                print(says)
                for job in self._jobs:
                    job.ask_to_end()
            else:
                return

    def close(self) -> None:
        """Let go of the hosts."""
        self.front.close()


def _say_under_way(job: Job) -> None:
    print(f"job {job.number} is under way: `show jobs` tells of it, `cancel {job.number}` takes it back")


class JobsUnderWay(VnetshError):
    """Somebody wants to leave while there are some."""

    def __init__(self, numbers: list[int]) -> None:
        many = len(numbers) > 1
        what = f"jobs {', '.join(map(str, numbers))} are" if many else f"job {numbers[0]} is"
        super().__init__(
            f"{what} under way",
            help="leave once more, and the shell waits until that is over (Ctrl-C takes it back then); "
            f"`cancel {numbers[0]}` takes it back now",
        )
