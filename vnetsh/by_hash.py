"""Plans that are made by their hash only: for faces that a program or a page drives, and a person's eyes may not.

What is offered is a text's plan, or what takes a run back, with a hash of both it and what it was made on. Made is what
was offered and nothing else: all is planned anew under the hosts' locks, and where that gives another hash nothing is
touched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Source
from vnetsh.engine.connections import Report as Tell, quiet
from vnetsh.engine.finding_runs import last_made, named, refuse_undoing
from vnetsh.engine.prepared import Prepared
from vnetsh.engine.report import Report
from vnetsh.errors import VnetshError
from vnetsh.journal import runs
from vnetsh.model import Resource, Value
from vnetsh.model.change import Change, Impact
from vnetsh.model.power import STATE
from vnetsh.plain_text import plain
from vnetsh.planning.plan import Plan
from vnetsh.planning.unconfirmed import nothing_expected
from vnetsh.schema import Answer, Vocabulary
from vnetsh.session import Session

if TYPE_CHECKING:
    from vnetsh.engine.probation import Agree

MOST = 64
"""Offers that are kept; the oldest goes, and has to be planned anew."""


class Refused(VnetshError):
    """What was offered is not made; nothing was touched. `code` is explained (`vnetsh explain`)."""

    def __init__(self, code: str, message: str, *, help: str = "") -> None:
        super().__init__(message, help=help)
        self.code = code


@dataclass(frozen=True)
class Question:
    """What a person is asked before a plan is made, and the one answer that lets it be."""

    text: str
    answer: str


def question_of(plan: Plan) -> Question | None:
    """What is asked before a plan is made, where that is due. Where data is lost they say of what, not just yes."""
    if plan.impact <= Impact.LIVE:
        return None
    if plan.impact < Impact.DESTROY:
        return Question(f"impact {plan.impact}: do it?", "yes")
    names = sorted({c.resource.name for c in plan.changes if c.impact is Impact.DESTROY})
    what = "its name" if len(names) == 1 else "how many these are"
    text = f"impact {plan.impact}: data is lost of {', '.join(map(plain, names))}: type {what} to do it"
    return Question(text, names[0] if len(names) == 1 else str(len(names)))


@dataclass(frozen=True)
class Wanted:
    """A script, or a run that is to be taken back: by its name, or the last one."""

    text: str = ""
    undoes: str | None = None


@dataclass(frozen=True)
class Offer:
    """A plan that may be agreed to. Not `allowed`: its impact is above what may be made here at all."""

    hash: str
    wanted: Wanted
    prepared: Prepared
    allowed: bool

    @property
    def what(self) -> str:
        """What it is, in a few words."""
        return self.prepared.what or ", ".join(self.prepared.script.names)

    @property
    def question(self) -> Question | None:
        """What is asked before it is made."""
        return question_of(self.prepared.plan)


class ByHash:
    """The offers of one face, whose session it plans with; made is each by a session beside that one.

    Nothing is made whose impact is above `most`. Where it `asks`, what costs more than `live` needs the answer to the
    offer's question. `name` is what the journal calls the texts: `<page>`. All may be called on any thread.
    """

    def __init__(self, session: Session, most: Impact, *, asks: bool, name: str) -> None:
        self._session, self._most, self._asks, self._name = session, most, asks, name
        self.folder = session.runs
        """Where the runs are written down."""
        self._planning, self._lock = threading.Lock(), threading.Lock()
        self._offers: dict[str, Offer] = {}
        self._made: dict[str, int] = {}

    def plan(self, text: str) -> Offer:
        """What a text would change; touches nothing. Raises as `Session.prepare` does."""
        return self._offer(Wanted(text))

    def plan_undo(self, run: str = "") -> Offer:
        """What would take a run back, or the last one. Raises `UsageError` and as `Session.take_back` does."""
        found = named(self.folder, run) if run else last_made(runs(self.folder))
        refuse_undoing(found)
        return self._offer(Wanted(undoes=found.name))

    def apply(
        self,
        hash: str,
        answer: str = "",
        *,
        progress: Tell = quiet,
        tell: Callable[[Answer], None] = lambda answer: None,
        begun: Callable[[int], None] = lambda run: None,
    ) -> Report:
        """Make what was offered. Raises `Refused`, and as `Session.prepare` and `Session.apply` do."""
        return self.make(self.take(hash, answer), progress=progress, tell=tell, begun=begun)

    def make(
        self,
        offer: Offer,
        *,
        progress: Tell = quiet,
        tell: Callable[[Answer], None] = lambda answer: None,
        begun: Callable[[int], None] = lambda run: None,
        agree: Agree | None = None,
    ) -> Report:
        """Make an offer that was taken; where it has to be confirmed, `agree` asks somebody. Raises as `apply` does."""
        with self._session.beside(progress) as session:
            try:
                prepared = self._prepared(session, offer.wanted, lock=True)
                if self._hash(offer.wanted, prepared) != offer.hash:
                    raise Refused(
                        "E621",
                        "the plan is no longer true: the hosts have changed since it was made",
                        help="nothing was changed; plan it anew, and look at that",
                    )
                self._see_cost(prepared.plan)
                session.agree = agree if nothing_expected(prepared.plan) else None
            except VnetshError as error:
                session.release()
                if getattr(error, "code", "") != "E621":  # a host was busy, say: it may be true still
                    self._keep(offer)
                raise
            return self._make(session, prepared, offer.hash, tell, begun)

    def _make(
        self,
        session: Session,
        prepared: Prepared,
        hash: str,
        tell: Callable[[Answer], None],
        begun: Callable[[int], None],
    ) -> Report:
        def noted(run: int) -> None:
            with self._lock:
                self._made[hash] = run
            begun(run)

        return session.apply(prepared, tell, noted)

    def take(self, hash: str, answer: str = "") -> Offer:
        """The offer of that hash, to be made at once; nobody else can take it then. Raises `Refused`."""
        with self._lock:
            offer = self._offers.get(hash)
            if offer is None:
                run = self._made.get(hash)
                made = f": it was made already, as run {run}" if run else ""
                help = (
                    "plan anew, and look at that; a hash is good for one time, on the hosts as they were then"
                )
                raise Refused("E621", f"no plan of that hash is offered here{made}", help=help)
            self._see_cost(offer.prepared.plan)
            question = offer.question if self._asks else None
            if question and answer != question.answer:
                raise Refused("E623", question.text, help="nothing was changed: that was not the answer")
            return self._offers.pop(hash)

    def _see_cost(self, plan: Plan) -> None:
        if plan.impact > self._most:
            raise Refused(
                "E622",
                f"this would cost `{plan.impact}`, and at most `{self._most}` is allowed here",
                help="nothing was changed; who started this with `--max-impact` decides what is allowed",
            )

    def _offer(self, wanted: Wanted) -> Offer:
        with self._planning:
            try:
                prepared = self._prepared(self._session, wanted, lock=False)
                hash = self._hash(wanted, prepared)
            finally:
                self._session.release()
        offer = Offer(hash, wanted, prepared, prepared.plan.impact <= self._most)
        self._keep(offer)
        return offer

    def _keep(self, offer: Offer) -> None:
        with self._lock:
            self._offers.pop(offer.hash, None)
            self._offers[offer.hash] = offer
            for known in (self._offers, self._made):
                while len(known) > MOST:
                    del known[next(iter(known))]

    def _prepared(self, session: Session, wanted: Wanted, *, lock: bool) -> Prepared:
        if wanted.undoes is None:
            return session.prepare(Source(self._name, wanted.text), lock=lock, alone=True)
        run = named(self.folder, wanted.undoes)
        refuse_undoing(run)
        return session.take_back(run)

    def _hash(self, wanted: Wanted, prepared: Prepared) -> str:
        return hash_of(wanted, prepared, self._session.vocabulary)


def hash_of(wanted: Wanted, prepared: Prepared, vocabulary: Vocabulary) -> str:
    """A hash of a plan: of what was asked for, of all that it would do at which cost, and of what it was made on.

    That is all that there is at the places that it would touch, but for what passes by itself (free room, a counter).
    """
    import hashlib
    import json

    changes = [
        [[[_change(change) for change in stage] for stage in planned.stages], planned.mends]
        for planned in prepared.plan.segments
    ]
    touched = {place for change in prepared.plan.changes for place in change.concerned}
    places = [
        [
            place.name,
            place.sort,
            place.world,
            dict(place.attributes),
            getattr(place, "address", ""),
            place.hosts,
        ]
        for name in sorted(touched)
        if (place := prepared.plan.inventory.get(name))
    ]
    seen = [
        _resource(one, vocabulary)
        for key, one in sorted(prepared.fleet.resources.items())
        if one.place in touched
    ]
    about = [wanted.text, wanted.undoes, changes, places, seen, sorted(prepared.fleet.unreachable)]
    return hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode()).hexdigest()


def _change(change: Change) -> list[object]:
    return [
        change.action,
        _whole(change.before),
        _whole(change.after),
        change.impact,
        change.hits,
        change.how,
        change.because,
        dict(change.wishes),
    ]


def _whole(resource: Resource | None) -> list[object] | None:
    return [*_itself(resource), dict(resource.attributes)] if resource else None


def _itself(resource: Resource) -> list[object]:
    return [*resource.key, resource.parent, resource.backend, resource.marked, resource.owner]


def _resource(resource: Resource, vocabulary: Vocabulary) -> list[object]:
    """What of a resource stays as it is unless somebody changes it."""

    def stays() -> Iterator[tuple[str, Value]]:
        kind = vocabulary.kinds.get(resource.kind)
        for name, value in resource.attributes.items():
            attribute = kind.attribute(name) if kind else None
            if attribute and attribute.settable and not (attribute.passing or attribute.inner):
                yield name, value
        if resource.kind == "vm":  # what starts and stops one are verbs, and no attribute of its sentence
            yield STATE, resource.get(STATE)

    return [*_itself(resource), dict(stays())]
