"""The conformance suite: what every backend must do, as pytest tests that a plugin's author subclasses.

    class TestMyBackend(BackendConformance):
        @pytest.fixture
        def subject(self):
            backend = MyBackend()
            with LocalContext(backend) as context:
                yield Subject(backend, local_host(), context, samples=[
                    Sample("a bridge", [bridge("br0")], changes=[{"uplink": "eth1"}]),
                    Sample("a port", [port("p0", "br0")], given=[bridge("br0")]),
                ])

Put `pytest.register_assert_rewrite("vnetsh.testing.conformance")` into your conftest.py before the import: a
failure then shows the values. Each test leaves the host as it found it, also when it fails.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby

from vnetsh.backend import ApplyFailed, Backend
from vnetsh.engine.jobs import see_through
from vnetsh.errors import VerificationFailed
from vnetsh.model import Fleet, Host, Resource, Severity, Value
from vnetsh.model.change import Change
from vnetsh.testing.fleet import LocalContext, add, change, no_progress, remove

ASSESSMENTS = 1000
"""A plan of this many changes must be assessed within `ASSESSMENT_SECONDS`."""
ASSESSMENT_SECONDS = 1.0
WATCH_SECONDS = 2.0
"""What has changed must be told within this time, where the backend can tell."""


@dataclass(frozen=True)
class Sample:
    """Resources that a backend is tried with.

    `wanted` are made by one call, parents first; `given` before them: the bridge that a port needs, perhaps
    another backend's (`Resource.backend` says which; empty is the one under test). Each of `changes` is a set
    of attributes that the last of `wanted` can be given.
    """

    name: str
    wanted: Sequence[Resource]
    given: Sequence[Resource] = ()
    changes: Sequence[Mapping[str, Value]] = ()


@dataclass(frozen=True)
class Subject:
    """A backend under test, a host that it works on, and what it is tried with.

    `impossible` are samples that the host refuses, at apply or at verify. `raw` reads the host's state past
    the backend (a database dump), for comparing it before and after; without it the observation is compared.
    """

    backend: Backend
    host: Host
    context: LocalContext
    samples: Sequence[Sample]
    impossible: Sequence[Sample] = ()
    raw: Callable[[], object] | None = field(default=None)

    def __post_init__(self) -> None:
        self.context.know(self.host)

    def fleet(self) -> Fleet:
        """The host as it is now."""
        return self.context.observe(self.host)

    def state(self) -> object:
        """The host's state, comparable: everything that must be as before once a change is taken back."""
        seen = sorted((_comparable(r) for r in self.fleet().resources.values()), key=repr)
        return (seen, self.raw() if self.raw else None)

    def own(self, resource: Resource) -> Resource:
        """A sample's resource as the planner would want it: on this host, of its backend, to be marked."""
        backend = resource.backend or self.backend.name
        return replace(resource, place=self.host.name, backend=backend, marked=True)

    def apply(self, changes: Sequence[Change]) -> None:
        """Apply and verify as the engine does: one call for each run of changes of one backend."""
        for backend, group in groupby(changes, key=lambda change: change.backend):
            connection = self.context.connection(self.host, backend)
            batch = list(group)
            job = connection.begin(batch)
            if job:
                see_through(job, no_progress)
            else:
                connection.apply(batch, no_progress)
            connection.verify(batch, no_progress)

    def undo(self, changes: Sequence[Change]) -> None:
        """Take changes back, the last first."""
        self.apply([change.inverse() for change in reversed(changes)])

    @contextlib.contextmanager
    def made(self, resources: Sequence[Resource]) -> Iterator[list[Change]]:
        """Make these resources for a while; the changes that did it."""
        changes = [add(self.own(resource)) for resource in resources]
        try:
            self.apply(changes)
            yield changes
        finally:
            self.undo(changes)


def _comparable(resource: Resource) -> tuple[object, ...]:
    said = {name: value for name, value in resource.attributes.items() if value is not None}
    return (resource.kind, resource.name, resource.parent, resource.backend, resource.marked, said)


class BackendConformance:
    """The tests. Subclass it as `Test…` and give it a fixture `subject` that yields a `Subject`."""

    def test_serves_the_host_and_the_kinds(self, subject: Subject) -> None:
        """It says that it works on this host, and that it realises what it is tried with."""
        assert subject.backend.serves(subject.host)
        for sample in subject.samples:
            for wanted in map(subject.own, sample.wanted):
                assert wanted.backend != subject.backend.name or wanted.kind in subject.backend.kinds, (
                    sample.name
                )

    def test_looking_changes_nothing(self, subject: Subject) -> None:
        """Two observations are equal, and both are this backend's, of this host, and JSON-able."""
        before = subject.state()
        observation = subject.context.connection(subject.host, subject.backend.name).observe(no_progress)
        assert subject.state() == before
        json.dumps(asdict(observation.facts))
        for resource in observation.resources:
            assert resource.place == subject.host.name
            assert resource.backend == subject.backend.name
            assert resource.kind in subject.backend.kinds
            json.dumps(dict(resource.record or {}))

    def test_shows_what_it_made(self, subject: Subject) -> None:
        """What was made is observed, with its mark, its parent and every attribute that was wanted.

        So planning the same again finds nothing to do; and `diagnose` finds nothing that does not work.
        """
        for sample in subject.samples:
            with subject.made([*sample.given, *sample.wanted]):
                fleet = subject.fleet()
                for wanted in map(subject.own, sample.wanted):
                    _assert_like(fleet.resources.get(wanted.key), wanted, sample)
                there = subject.context.connection(subject.host, subject.backend.name)
                found = there.diagnose(fleet, no_progress)
                assert not [one for one in found if one.severity is Severity.ERROR], sample.name

    def test_taking_an_addition_back_leaves_nothing(self, subject: Subject) -> None:
        """The inverse of an add removes it whole."""
        for sample in subject.samples:
            with subject.made(sample.given):
                before = subject.state()
                with subject.made(sample.wanted):
                    assert subject.state() != before, sample.name
                assert subject.state() == before, sample.name

    def test_taking_a_removal_back_restores_it_whole(self, subject: Subject) -> None:
        """The inverse of a remove gets back everything, from what the observation recorded."""
        for sample in subject.samples:
            with subject.made([*sample.given, *sample.wanted]):
                before, fleet = subject.state(), subject.fleet()
                there = [fleet.resources[subject.own(wanted).key] for wanted in reversed(sample.wanted)]
                # The record goes to a journal on disk and comes back from there.
                there = [replace(r, record=json.loads(json.dumps(dict(r.record or {})))) for r in there]
                removals = [remove(resource) for resource in there]
                subject.apply(removals)
                gone = subject.fleet()
                assert not [r.name for r in there if r.key in gone.resources], sample.name
                subject.undo(removals)
                assert subject.state() == before, sample.name

    def test_changes_and_takes_back(self, subject: Subject) -> None:
        """Each change comes about, touches nothing else, and its inverse restores what was."""
        for sample in subject.samples:
            for attributes in sample.changes:
                with subject.made([*sample.given, *sample.wanted]):
                    before, fleet = subject.state(), subject.fleet()
                    changed = change(fleet.resources[subject.own(sample.wanted[-1]).key], **attributes)
                    assert changed.after
                    subject.apply([changed])
                    _assert_like(subject.fleet().resources.get(changed.after.key), changed.after, sample)
                    subject.undo([changed])
                    assert subject.state() == before, (sample.name, attributes)

    def test_adding_twice_corrupts_nothing(self, subject: Subject) -> None:
        """Adding what is there just so changes nothing; refusing it is right too."""
        for sample in subject.samples:
            with subject.made([*sample.given, *sample.wanted]) as changes:
                before = subject.state()
                failed = _failure(subject, changes[len(sample.given) :])
                assert not isinstance(failed, ApplyFailed) or not failed.done, sample.name
                assert subject.state() == before, sample.name

    def test_removing_what_is_gone_is_fine(self, subject: Subject) -> None:
        """A removal of what somebody else removed meanwhile succeeds."""
        for sample in subject.samples:
            with subject.made(sample.given):
                before = subject.state()
                with subject.made(sample.wanted):
                    fleet = subject.fleet()
                    removals = [
                        remove(fleet.resources[subject.own(wanted).key]) for wanted in reversed(sample.wanted)
                    ]
                for _ in range(2):
                    subject.apply(removals)
                assert subject.state() == before, sample.name

    def test_a_failure_leaves_nothing(self, subject: Subject) -> None:
        """What the host refuses is said in a sentence; once `done` is taken back, all is as it was."""
        for sample in subject.impossible:
            with subject.made(sample.given):
                before = subject.state()
                changes = [add(subject.own(wanted)) for wanted in sample.wanted]
                failed = _failure(subject, changes)
                standing = failed.done if isinstance(failed, ApplyFailed) else changes
                subject.undo(standing)
                assert failed, f"{sample.name}: the host took it"
                assert failed.message, sample.name
                assert all(any(one is change for change in changes) for one in standing), sample.name
                assert subject.state() == before, sample.name

    def test_assessing_is_pure_and_quick(self, subject: Subject) -> None:
        """The same question has the same answer, the fleet stays as it was, and 1,000 changes are quick."""
        for sample in subject.samples:
            with subject.made(sample.given):
                fleet = subject.fleet()
                resources, facts = dict(fleet.resources), json.dumps(_plain(fleet))
                changes = [add(subject.own(wanted)) for wanted in sample.wanted]
                mine = [change for change in changes if change.backend == subject.backend.name]
                first = [subject.backend.assess(change, fleet) for change in mine]
                assert not [a.problem for a in first if a.problem], sample.name
                assert [subject.backend.assess(change, fleet) for change in mine] == first, sample.name
                started = time.perf_counter()
                for number in range(ASSESSMENTS):
                    subject.backend.assess(mine[number % len(mine)], fleet)
                assert time.perf_counter() - started < ASSESSMENT_SECONDS, sample.name
                assert (fleet.resources, json.dumps(_plain(fleet))) == (resources, facts), sample.name

    def test_what_is_watched_is_told(self, subject: Subject) -> None:
        """Where it can tell of changes it does, also of those that another connection makes."""
        told = threading.Event()
        watching = subject.backend.connect(subject.host, subject.context)
        try:
            if not watching.watch(told.set):
                return
            for sample in subject.samples:
                with subject.made(sample.given):
                    watching.observe(no_progress)
                    told.clear()
                    with subject.made(sample.wanted):
                        assert told.wait(WATCH_SECONDS), sample.name
        finally:
            watching.close()

    def test_closing_never_raises(self, subject: Subject) -> None:
        """Closing is always possible, also twice; a new connection then works."""
        connection = subject.backend.connect(subject.host, subject.context)
        connection.close()
        connection.close()
        again = subject.backend.connect(subject.host, subject.context)
        again.observe(no_progress)
        again.close()


def _failure(subject: Subject, changes: Sequence[Change]) -> ApplyFailed | VerificationFailed | None:
    """How applying these fails; None when it succeeds."""
    try:
        subject.apply(changes)
    except (ApplyFailed, VerificationFailed) as error:
        return error
    return None


def _plain(fleet: Fleet) -> list[object]:
    return [[*at, asdict(facts)] for at, facts in fleet.facts.items()]


def _assert_like(seen: Resource | None, wanted: Resource, sample: Sample) -> None:
    assert seen is not None, f"{sample.name}: {wanted.kind} {wanted.name} is not observed"
    assert seen.marked, f"{sample.name}: {wanted.kind} {wanted.name} has no mark"
    assert seen.parent == wanted.parent, sample.name
    differing = {
        name: (value, seen.get(name)) for name, value in wanted.attributes.items() if seen.get(name) != value
    }
    assert not differing, f"{sample.name}: {wanted.kind} {wanted.name}: wanted and seen: {differing}"
