"""Runs that go on in the background of the shell: a line that ends in `&`, planned and agreed to as any other."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from vnetsh.engine.prepared import Prepared
from vnetsh.engine.report import Report
from vnetsh.errors import VnetshError
from vnetsh.hosts.workers import begin
from vnetsh.interface.face import Face
from vnetsh.interface.options import Options
from vnetsh.interface.output import Lost
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
    """Tells a line of progress, as long as nobody else has it."""

    def __init__(self, line: ProgressLine) -> None:
        self._line: ProgressLine | None = line

    def __call__(self, host: str, text: str, fraction: float | None) -> None:
        """Progress, as `Session` tells it."""
        if self._line:
            self._line(host, text, fraction)

    def off(self) -> None:
        """From now on nobody is told: `show jobs` tells how far it is."""
        self._line = None


@dataclass
class Job:
    """One of them. It ends when `report` or `error` is there; `number` is its run's, 0 where none came about.

    `ended` is called on the job's own thread when it is `over`.
    """

    face: Face
    prepared: Prepared
    number: int = 0
    answers: list[Answer] = field(default_factory=list)
    report: Report | None = None
    error: BaseException | None = None
    ended: Callable[[], None] = lambda: None
    begun: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Make it true; called on a thread of its own."""

        def begun(number: int) -> None:
            self.number = number
            self.begun.set()

        try:
            self.report = self.face.session.apply(self.prepared, self.answers.append, begun)
        except BaseException as error:  # told where somebody hears it
            self.error = error
        self.face.session.close()
        self.over.set()
        self.begun.set()
        self.ended()


class Background:
    """Those of a shell."""

    def __init__(
        self, session: Session, options: Options, line: ProgressLine, ended: Callable[[], None]
    ) -> None:
        self._session, self._options, self._line, self._ended = session, options, line, ended
        self._jobs: list[Job] = []

    @property
    def under_way(self) -> list[int]:
        """The numbers of those that have not ended."""
        return [job.number for job in self._jobs if not job.over.is_set()]

    @property
    def ended(self) -> bool:
        """Whether there is something to `tell`."""
        return any(job.over.is_set() for job in self._jobs)

    def begin(self, prepare: Callable[[Session], Prepared]) -> None:
        """Plan a run, ask where that is due, and let it go on by itself. Raises what `Session.prepare` raises."""
        progress = Switch(self._line)
        session = self._session.beside(progress)
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
        progress.off()
        self._line.clear()
        job = Job(face, prepared, ended=self._ended)
        self._jobs.append(job)
        begin("background", job.run)
        with suppress(KeyboardInterrupt):  # it is under way already: the next one is for the next line
            job.begun.wait()
        if job.number:
            print(
                f"job {job.number} is under way: `show jobs` tells of it, `cancel {job.number}` takes it back"
            )
        else:  # there was nothing to be done
            self.tell()

    def tell(self) -> None:
        """Print what came of those that have ended since. Raises what the first one of them raised."""
        for job in [one for one in self._jobs if one.over.is_set()]:
            self._jobs.remove(job)
            for answer in job.answers:
                job.face.tell(answer)
            if job.number:
                print(f"job {job.number} has ended:")
            if job.error:
                raise job.error
            assert job.report
            job.face.report(job.prepared, job.report, Lost())

    def wait(self) -> None:
        """Wait until all have ended. Ctrl-C has them taken back, which is waited for, too."""
        while self.under_way:
            try:
                for job in self._jobs:
                    while not job.over.wait(0.2):
                        pass
            except KeyboardInterrupt:
                print("taking back what is under way")
                self._cancel()

    def _cancel(self) -> None:
        from vnetsh import journal
        from vnetsh.hosts.locking_here import who_we_are

        numbers = self.under_way
        for run in journal.under_way(self._session.runs):
            if run.number in numbers:
                try:
                    journal.ask_to_end(run, who_we_are())
                except JournalFailed as error:
                    print(f"job {run.number} cannot be asked to end: {error.message}")


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
