"""What is planned and made from a page: each plan by its hash, through the locks and the journal of every run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from vnetsh import journal
from vnetsh.by_hash import ByHash, Offer, Refused
from vnetsh.diagnostics import Diagnostic, ProblemsFound
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.errors import VnetshError
from vnetsh.hosts.locking_here import who_we_are
from vnetsh.hosts.workers import begin
from vnetsh.interface import render, render_json
from vnetsh.interface.output import spelled
from vnetsh.interface.web.hub import Hub
from vnetsh.interface.why_not import why_not
from vnetsh.model.change import Impact
from vnetsh.schema import Vocabulary

SHOWN = 10
"""Works that are told of, the newest."""
APART = 0.2
"""Seconds between two tellings of how far a work is."""

Told = Mapping[str, object]


def refused(error: VnetshError | ProblemsFound) -> Told:
    """Why something is not planned or made, as a terminal would say it, and as data."""
    if isinstance(error, ProblemsFound | PlanRefused):
        problems = list(error.problems)
    elif isinstance(error, HostsDown):
        problems = []
    else:
        code = error.code if isinstance(error, Refused) else ""
        problems = [Diagnostic(code, error.message, help=error.help)]
    return {"error": spelled(why_not(error)), "problems": [problem.as_json() for problem in problems]}


@dataclass
class Work:
    """A plan that is being made. `state`: `checking`, `under way`, `done`, `broken off`, `failed` or `refused`."""

    number: int
    what: str
    state: str = "checking"
    run: int = 0
    asked: int = 0
    text: str = ""
    progress: dict[str, str] = field(default_factory=dict)
    until: float = 0.0
    """When it goes back unless somebody confirms it (`time.time()`); 0: nobody needs to."""
    confirmed: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        """Whether it has come to its end."""
        return self.state not in ("checking", "under way")

    def as_json(self) -> Told:
        """For a page."""
        return {
            "work": self.number,
            "what": self.what,
            "state": self.state,
            "run": self.run,
            "text": self.text,
            "progress": [f"{place}: {text}".removeprefix(": ") for place, text in self.progress.items()],
            "ending": bool(self.asked),
            "until": self.until,
        }


class Works:
    """Those of one server. `say` is told of each that begins and ends, for who sits where the server runs."""

    def __init__(self, offers: ByHash, vocabulary: Vocabulary, hub: Hub, say: Callable[[str], None]) -> None:
        self._offers, self._vocabulary, self._hub, self._say = offers, vocabulary, hub, say
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._works: dict[int, Work] = {}
        self._told_at = 0.0
        self._closed = False

    def plan(self, text: str) -> Told:
        """What a text would do."""
        return self._planned(lambda: self._offers.plan(text))

    def plan_undo(self, run: str) -> Told:
        """What would take a run back."""
        return self._planned(lambda: self._offers.plan_undo(run))

    def _planned(self, offered: Callable[[], Offer]) -> Told:
        try:
            offer = offered()
        except (VnetshError, ProblemsFound) as error:
            return refused(error)
        plan, question = offer.prepared.plan, offer.question
        notes = "".join(f"note: {note}\n" for note in offer.prepared.unseen)
        return {
            "hash": offer.hash,
            "text": spelled(notes + render.plan_text(plan, self._vocabulary, render.Style.plain())),
            "plan": render_json.plan_json(plan),
            "impact": str(plan.impact),
            "changes": len(plan.changes),
            "allowed": offer.allowed,
            "question": spelled(question.text) if question else "",
            "typed": plan.impact is Impact.DESTROY,
        }

    def apply(self, hash: str, answer: str, peer: str) -> Told:
        """Begin to make what was offered; what becomes of it is told to all pages."""
        with self._lock:
            if self._closed:
                return {"error": "the server is ending: nothing is begun any more", "problems": []}
            try:
                offer = self._offers.take(hash, answer)
            except VnetshError as error:
                return refused(error)
            work = Work(next(self._numbers), offer.what)
            self._works[work.number] = work
            for old in [one for one in self._works.values() if one.over][: max(0, len(self._works) - SHOWN)]:
                del self._works[old.number]
        self._tell(now=True)
        begin("page", lambda: self._made(work, offer, peer))
        return work.as_json()

    def _made(self, work: Work, offer: Offer, peer: str) -> None:
        def begun(run: int) -> None:
            with self._lock:
                work.run, work.state = run, "under way"
                asked = work.asked
            self._say(f"run {run}, asked for from {peer}: {work.what}")
            for time_ in range(asked):
                self._ask_to_end(work, again=time_ > 0)
            self._tell(now=True)

        def progress(place: str, text: str, fraction: float | None) -> None:
            told = text if fraction is None else f"{text} {fraction:.0%}"
            work.progress = {k: v for k, v in {**work.progress, place: spelled(told)}.items() if v}
            self._tell()

        def agree(run: int, left: float, broken_off: Callable[[], bool]) -> bool:
            work.until = time.time() + left
            self._tell(now=True)
            while time.time() < work.until and not broken_off() and not work.confirmed.wait(0.2):
                pass
            work.until = 0.0
            return work.confirmed.is_set()

        answers: list[str] = []
        try:
            report = self._offers.make(
                offer,
                progress=progress,
                begun=begun,
                tell=lambda answer: answers.append(answer.text),
                agree=agree,
            )
        except (VnetshError, ProblemsFound) as error:
            work.text, state = str(refused(error)["error"]), "refused"
        except Exception as error:  # a plugin can raise anything
            work.text, state = f"a defect of vnetsh or a plugin: {type(error).__name__}: {error}", "failed"
        else:
            told = render.report_text(report, render.Style.plain())
            work.text = spelled("\n".join(filter(None, [*answers, told])))
            state = "done" if report.ok else "broken off" if report.interrupted else "failed"
        with self._lock:
            work.progress, work.state = {}, state
        self._say(f"{f'run {work.run}' if work.run else work.what}: {state}")
        self._tell(now=True)

    def confirm(self, number: int) -> Told:
        """Have what was made stand, where it waits for that."""
        with self._lock:
            work = self._works.get(number)
            if work is None or not work.until:
                return {"error": "nothing of it waits to be confirmed", "problems": []}
            work.confirmed.set()
        return work.as_json()

    def end(self, number: int) -> Told:
        """Have one taken back that is under way; asked again, what hangs is not waited for."""
        with self._lock:
            work = self._works.get(number)
            if work is None or work.over:
                return {"error": "it is not under way any more", "problems": []}
            work.asked += 1
            again, begun = work.asked > 1, work.state == "under way"
        if begun:
            self._ask_to_end(work, again=again)
        self._tell(now=True)
        return work.as_json()

    def end_all(self) -> bool:
        """Begin nothing any more, and have all taken back that is under way; whether there is anything."""
        with self._lock:
            self._closed = True
        numbers = [work.number for work in self.under_way]
        for number in numbers:
            self.end(number)
        return bool(numbers)

    @property
    def under_way(self) -> list[Work]:
        """Those that have not come to their end."""
        with self._lock:
            return [work for work in self._works.values() if not work.over]

    def _ask_to_end(self, work: Work, *, again: bool) -> None:
        for run in journal.under_way(self._offers.folder):
            if run.number == work.run:
                with suppress(journal.JournalFailed):
                    journal.ask_to_end(run, who_we_are(), again=again)

    def _tell(self, *, now: bool = False) -> None:
        if now or time.monotonic() - self._told_at >= APART:
            self._told_at = time.monotonic()
            with self._lock:
                newest = sorted(self._works.values(), key=lambda work: -work.number)[:SHOWN]
                told = [work.as_json() for work in newest]
            self._hub.set("works", told)
