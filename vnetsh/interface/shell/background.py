"""The runs of a shell: made on threads of their own, so that one can go on behind the prompt."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from vnetsh.engine.interrupts import interrupts
from vnetsh.engine.prepared import Prepared
from vnetsh.engine.report import Report
from vnetsh.errors import UsageError, VnetshError
from vnetsh.hosts.workers import begin
from vnetsh.interface.face import Face
from vnetsh.interface.options import Options
from vnetsh.interface.output import Lost, asked
from vnetsh.interface.progress import ProgressLine
from vnetsh.interface.shell.job import Job, Switch
from vnetsh.interface.shell.pressing import Pressed
from vnetsh.session import Session

_SIGN = re.compile(r"\s&\s*\Z")


def in_background(text: str) -> str | None:
    """A line without the sign that sends it there; None where it has none."""
    found = _SIGN.search(text)
    return text[: found.start()] if found else None


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
        pressed = Pressed()
        with interrupts(pressed):  # it breaks off nothing but questions and what is watched
            begin("run", job.run)
            while not job.over.is_set():
                job.news.wait(0.2)
                job.tell_answers(pressed)
                if pressed.taken() and not self._waits(job, pressed):
                    return None
            job.tell_answers(pressed)
            self._line.clear()
            if job.error:
                raise job.error
            assert job.report
            face.report(prepared, job.report, Lost())
        return job.report

    def _waits(self, job: Job, pressed: Pressed) -> bool:
        """Ask what is to become of a run that is waited for; whether it still is."""
        job.turn(behind=True)
        back = "leave what hangs as it is" if job.asked else "take it back"
        question = f"{back} (c), let it go on in the background (b), or wait for it (Enter)? "
        while pressed.taken():  # more than once
            pass
        word = pressed.ending(lambda: asked(question))
        word = "c" if word is None else word  # Ctrl-C once more
        while word.startswith("b") and not (job.begun.wait(0.2) or pressed.taken()):
            pass
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
            job.tell_answers(Pressed())
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
        pressed, says = Pressed(), deque(_LEAVING)
        with interrupts(pressed):
            while not all(job.over.wait(0.2) for job in self._jobs):
                while says and pressed.taken():
                    print(says.popleft())
                    for job in self._jobs if says else ():
                        job.ask_to_end()
                if not says:
                    return

    def close(self) -> None:
        """Let go of the hosts."""
        self.front.close()


_LEAVING = (
    "taking back what is under way (Ctrl-C: without what hangs)",
    "leaving what hangs as it is (Ctrl-C: without waiting for anything)",
    "left amidst it: `vnetsh recover` finishes it, or takes it back",
)
"""What each Ctrl-C does while the shell waits for what is under way."""


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
