"""A script and an observed fleet into a plan: settle, diff, assess, stages. Pure.

Each segment is planned on the predicted outcome of those before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vnetsh.backend import Backend
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Attributes, Fleet, Key, Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.nouns import claims, patch, taken
from vnetsh.nouns.verbs import removal
from vnetsh.planning import planning_problems as problems
from vnetsh.planning.backend_choice import backend_of
from vnetsh.planning.desired import Settler
from vnetsh.planning.escorting import escorted
from vnetsh.planning.governing import as_found, governed
from vnetsh.planning.isolating import one_way_at_most
from vnetsh.planning.kept import at_once, broken
from vnetsh.planning.parting import parted
from vnetsh.planning.plan import Plan, PlannedSegment, Stage
from vnetsh.planning.planning_problems import failed_assessing
from vnetsh.planning.stages import Stages
from vnetsh.planning.unconfirmed import not_alone
from vnetsh.schema import Kind, Scope, Verb, Vocabulary
from vnetsh.schema.phrase import Phrase
from vnetsh.script.check_backends import beyond_backend
from vnetsh.script.script import Claim, Script, Segment


class Planner:
    """Plans scripts on fleets, with the vocabulary and backends that are registered."""

    def __init__(self, vocabulary: Vocabulary, backends: Mapping[str, Backend]) -> None:
        self._vocabulary = vocabulary
        self._backends = backends
        self._stages = Stages(vocabulary)
        self._order = self._stages.order
        self._defaults = {
            kind.name: {a.name: a.default for a in kind.attributes if a.default is not None}
            for kind in vocabulary.kinds.values()
        }

    def plan(
        self, script: Script, fleet: Fleet, *, drift: bool = False, foresees: bool = False
    ) -> tuple[Plan, list[Diagnostic]]:
        """The whole script's plan, and what speaks against it; with `foresees` also what will be answered.

        With `drift` it is only what differs: also what cannot be changed, and nothing is said of what that would cost.
        """
        segments: list[PlannedSegment] = []
        problems: list[Diagnostic] = []
        kept: list[Phrase] = []
        for segment in script.segments:
            if segment.keep is not None:
                segment = replace(segment, keep=frozenset(self._claim(r) for s in segments for r in s.wanted))
            before = fleet
            planned, fleet, found = self.plan_segment(segment, fleet, drift=drift)
            if foresees and segment.action and segment.keeps:
                kept.append(segment.action)
            found = [
                *found,
                *broken(kept, planned.stages, before),
                *not_alone(planned, before, self._backends),
            ]
            if foresees and segment.foreseen:
                planned, found = self._foresee(segment, fleet)
                if segment.keeps and segment.action and not found:
                    found = [*at_once(segment.action, fleet)]
            segments.append(planned)
            problems += found
            if found and not drift:
                break  # what follows would be planned on something that does not come about
        return Plan(tuple(segments), script.inventory), problems

    def plan_segment(
        self, segment: Segment, fleet: Fleet, *, drift: bool = False
    ) -> tuple[PlannedSegment, Fleet, list[Diagnostic]]:
        """One segment's plan, the fleet as it will be afterwards, and what speaks against it."""
        settler = Settler(fleet, self._vocabulary, self._against)
        changes: list[Change] = []
        wanted: Sequence[Resource] = ()
        if segment.keep is not None:
            changes = self._prune(segment.owner, segment.keep, settler)
        elif segment.action and not segment.query:
            verb = segment.action.schema
            assert isinstance(verb, Verb)
            changes = self._acted(verb, segment.action, settler, ended=segment.ended)
        else:
            wanted = settler.settle(sorted(segment.resources, key=lambda r: self._order[r.kind]))
            self._diff(wanted, settler, changes, segment.owner, drift=drift)
            for resource, because in settler.leaving.values():
                changes += removal(resource, settler, because)
            changes = one_way_at_most(changes)
        changes = parted(changes, fleet, self._vocabulary)
        if drift:
            planned = PlannedSegment(segment, (tuple(changes),) if changes else (), wanted)
            return planned, fleet.after(changes), settler.problems
        stages: list[Stage] = []
        before, changes = fleet, governed(changes, fleet, self._backends, settler.refuse)
        for stage in self._stages.of(changes):
            after = fleet.after(as_found(stage, self._backends))
            for problem in claims.made_together(stage):
                settler.refuse(problem)
            stages.append(tuple(self._assess(change, fleet, after, settler) for change in stage))
            fleet = after
        if stages:
            from vnetsh.planning.wide import judged

            stages = list(judged(stages, before, fleet, settler.refuse, self._backends))
        return PlannedSegment(segment, tuple(stages), wanted), fleet, settler.problems

    def _foresee(self, segment: Segment, fleet: Fleet) -> tuple[PlannedSegment, list[Diagnostic]]:
        """What a segment that only looks will see, and what refuses that."""
        settler = Settler(fleet, self._vocabulary)
        verb = segment.action.schema if segment.action else None
        assert isinstance(verb, Verb)
        assert segment.action
        try:
            foreseen = verb.foresee(segment.action, settler) if verb.foresee else None
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            raise self._vocabulary.broken(verb, "foresee", error) from error
        return PlannedSegment(segment, (), foreseen=foreseen), settler.problems

    def _acted(self, verb: Verb, action: Phrase, settler: Settler, *, ended: bool) -> list[Change]:
        """The changes that a verb makes of an action, or of the end of its block."""
        act = verb.after if ended else verb.plan
        try:
            changes = escorted(act(action, settler), settler, verb) if act else []
            for change in changes:
                if change.backend not in self._backends or change.place not in settler.inventory:
                    raise LookupError(f"{change}, by backend `{change.backend}`, is nothing that can be done")
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            raise self._vocabulary.broken(verb, "after" if ended else "plan", error) from error
        return changes

    def _claim(self, resource: Resource) -> Claim:
        """How a resource is known wherever it may have moved: a vm and its ports without their host."""
        kinds = self._vocabulary.kinds
        moves = Scope.FLEET in (
            kinds[resource.kind].scope,
            resource.parent and kinds[resource.parent[0]].scope,
        )
        return resource.kind, "" if moves else resource.place, resource.name

    def _prune(self, owner: str, keep: frozenset[Claim], settler: Settler) -> list[Change]:
        """Remove what this owner made and says no longer, and what rides on it."""
        gone = [
            resource
            for resource in settler.fleet.resources.values()
            if resource.marked and resource.owner == owner and self._claim(resource) not in keep
        ]
        changes: dict[Key, Change] = {}
        for resource in gone:
            for change in removal(resource, settler, f"{owner} says it no longer"):
                changes.setdefault(change.resource.key, change)
        for problem in patch.pruned(changes.values(), lambda port: self._claim(port) in keep):
            settler.refuse(problem)
        return list(changes.values())

    def _diff(
        self, wanted: Sequence[Resource], settler: Settler, changes: list[Change], owner: str, *, drift: bool
    ) -> None:
        chosen: dict[tuple[str, str, str], str] = {}
        for resource in sorted(wanted, key=lambda r: self._order[r.kind]):
            existing = settler.fleet.resources.get(resource.key)
            if existing:
                change = self._difference(existing, resource, settler, drift=drift)
            else:
                change = self._addition(resource, settler, chosen, owner)
            if change:
                changes.append(change)

    def _difference(
        self, existing: Resource, wanted: Resource, settler: Settler, *, drift: bool
    ) -> Change | None:
        have = existing.attributes
        kind = self._vocabulary.kinds[wanted.kind]
        differing = kind.differing(have, wanted.attributes)
        if existing.marked:
            will_be = existing.with_attributes(**differing) if differing else existing
            further = self._backends[existing.backend].further(will_be, settler.fleet)
            if further:
                wanted = wanted.with_attributes(**further)
                differing = kind.differing(have, wanted.attributes)
        if not differing or self._refused_both(kind, {**have, **differing}, differing, wanted, settler):
            return None
        for name in () if drift else differing:
            attribute = kind.attribute(name)
            if attribute and attribute.immutable:
                settler.refuse(problems.immutable(existing, wanted, attribute))
                return None
        after = replace(existing, attributes={**have, **differing}, span=wanted.span, words=wanted.words)
        return Change(ActionKind.CHANGE, existing, after, because=wanted.because)

    @staticmethod
    def _refused_both(
        kind: Kind, after: Attributes, changed: Attributes, wanted: Resource, settler: Settler
    ) -> bool:
        """Whether it would come to have two attributes that exclude each other; that is refused."""
        for name in changed:
            if name in kind.exclusive and changed[name] is not None:
                other = kind.excluding(name, after)
                if other:
                    settler.refuse(problems.exclusive(wanted, name, other))
                    return True
        return False

    def _addition(
        self, wanted: Resource, settler: Settler, chosen: dict[tuple[str, str, str], str], owner: str
    ) -> Change | None:
        kind = self._vocabulary.kinds[wanted.kind]
        backend = backend_of(wanted, kind, settler, chosen, self._backends)
        if backend is None:
            return None
        chosen[wanted.kind, wanted.place, wanted.name] = backend
        wanted = wanted.with_attributes(**self._backends[backend].further(wanted, settler.fleet))
        said = {name: value for name, value in wanted.attributes.items() if value is not None}
        attributes = {**self._defaults[kind.name], **said}
        for name in said:
            for default in kind.exclusive.get(name, ()):
                if default not in said:
                    attributes.pop(default, None)
        if self._refused_both(kind, attributes, said, wanted, settler):
            return None
        after = Resource(
            wanted.kind, wanted.name, wanted.place, attributes, wanted.parent, backend,
            marked=True, because=wanted.because, span=wanted.span, owner=owner, words=wanted.words,
        )  # fmt: skip
        return Change(ActionKind.ADD, None, after, because=wanted.because)

    def _beyond(self, change: Change, backend: Backend) -> Diagnostic | None:
        """What a change asks of a backend that it cannot do."""
        if backend.attributes is None or change.after is None or change.before == change.after:
            return None
        able = backend.attributes.get(change.resource.kind, frozenset())
        had = change.before.attributes if change.before else {}
        asked = (
            name
            for name, value in change.after.attributes.items()
            if name not in able and value is not None and value != had.get(name)
        )
        name = next(asked, "")
        return (
            beyond_backend(change.resource, name, backend.name, self._able(change.resource, name))
            if name
            else None
        )

    def _able(self, resource: Resource, name: str) -> list[str]:
        """The backends that can give a thing an attribute, and make what it is a part of."""
        kind, whole = resource.kind, (resource.parent or (resource.kind,))[0]
        return [
            backend.name
            for backend in self._backends.values()
            if backend.attributes is not None
            and name in backend.attributes.get(kind, ())
            and whole in backend.kinds
        ]

    def _against(self, change: Change, settler: Settler) -> Diagnostic | None:
        """What would refuse a change, as far as it can be told without all else that is made with it."""
        for forbidden in problems.forbidden(change, settler.kept, settler.inventory):
            return forbidden
        wanted = change.resource
        if not wanted.backend:  # what is yet to be made
            able = Settler(settler.fleet, self._vocabulary)
            name = backend_of(wanted, self._vocabulary.kinds[wanted.kind], able, {}, self._backends)
            if name is None:
                return able.problems[0]
            change = replace(change, after=replace(wanted, backend=name))
        against: list[Diagnostic] = []
        if not (instead := governed([change], settler.fleet, self._backends, against.append)):
            return against[0]
        [change] = instead
        backend = self._backends[change.backend]
        try:
            problem = backend.assess(change, settler.fleet).problem or self._beyond(change, backend)
            return problem or taken.problem(change, settler.fleet)
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            raise failed_assessing(change, error) from error

    def _assess(self, change: Change, fleet: Fleet, after: Fleet, settler: Settler) -> Change:
        for forbidden in problems.forbidden(change, settler.kept, settler.inventory):
            settler.refuse(forbidden)
        backend = self._backends[change.backend]
        try:
            assessment = backend.assess(change, fleet)
            foreseen = backend.foresee(change, after)
            problem = assessment.problem or foreseen.problem or self._beyond(change, backend)
            problem = problem or taken.problem(change, fleet)
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            raise failed_assessing(change, error) from error
        if problem:
            settler.refuse(problem)
        return assessment.said_of(change, foreseen.how)
