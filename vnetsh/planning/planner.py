"""A script and an observed fleet into a plan: settle, diff, assess, stages. Pure.

Each segment is planned on the predicted outcome of those before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

from vnetsh.backend import Assessment, Backend
from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Fleet, Inventory, Key, Resource
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.script.script import Claim, Script, Segment
from vnetsh.schema import Kind, Scope, Vocabulary
from vnetsh.planning.desired import Settler
from vnetsh.nouns.verbs import removal

Stage = tuple[Change, ...]
_NOTHING_SPECIAL = Assessment()


@dataclass(frozen=True)
class PlannedSegment:
    """One segment's changes, in stages: all of a stage may be made at once, on all hosts."""

    segment: Segment
    stages: tuple[Stage, ...]
    wanted: Sequence[Resource] = ()
    """What the segment says there should be, with all that the fleet adds."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, in order."""
        return tuple(change for stage in self.stages for change in stage)


@dataclass(frozen=True)
class Plan:
    """What would be done, and what it costs."""

    segments: tuple[PlannedSegment, ...]
    inventory: Inventory

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes of all segments, in order."""
        return tuple(change for segment in self.segments for change in segment.changes)

    @property
    def impact(self) -> Impact:
        """The worst of its changes'."""
        return max((change.impact for change in self.changes), default=Impact.NONE)

    def summary(self) -> dict[str, int]:
        """How many changes there are of each action."""
        counts = Counter(str(change.action) for change in self.changes)
        return {action.value: counts[action.value] for action in ActionKind}


class Planner:
    """Plans scripts on fleets, with the vocabulary and backends that are registered."""

    def __init__(self, vocabulary: Vocabulary, backends: Mapping[str, Backend]) -> None:
        self._vocabulary = vocabulary
        self._backends = backends
        order = TopologicalSorter({kind.name: _requirements(kind) for kind in vocabulary.kinds.values()})
        self._order = {name: index for index, name in enumerate(order.static_order())}
        self._defaults = {
            kind.name: {a.name: a.default for a in kind.attributes if a.default is not None}
            for kind in vocabulary.kinds.values()
        }

    def plan(self, script: Script, fleet: Fleet) -> tuple[Plan, list[Diagnostic]]:
        """The whole script's plan, and what speaks against it."""
        segments: list[PlannedSegment] = []
        problems: list[Diagnostic] = []
        for segment in script.segments:
            if segment.keep is not None:
                segment = replace(segment, keep=frozenset(self._claim(r) for s in segments for r in s.wanted))
            planned, fleet, found = self.plan_segment(segment, fleet)
            segments.append(planned)
            problems += found
            if found:
                break  # what follows would be planned on something that does not come about
        return Plan(tuple(segments), script.inventory), problems

    def plan_segment(self, segment: Segment, fleet: Fleet) -> tuple[PlannedSegment, Fleet, list[Diagnostic]]:
        """One segment's plan, the fleet as it will be afterwards, and what speaks against it."""
        settler = Settler(fleet, self._vocabulary)
        changes: list[Change] = []
        wanted: Sequence[Resource] = ()
        if segment.keep is not None:
            changes = self._prune(segment.owner, segment.keep, settler)
        elif segment.action and not segment.query:
            assert segment.action.schema.plan  # type: ignore[attr-defined]
            changes = list(segment.action.schema.plan(segment.action, settler))  # type: ignore[attr-defined]
        else:
            wanted = settler.settle(sorted(segment.resources, key=lambda r: self._order[r.kind]))
            self._diff(wanted, settler, changes, segment.owner)
        stages: list[Stage] = []
        for stage in self._stages(changes):
            after = fleet.after(stage)
            stages.append(tuple(self._assess(change, fleet, after, settler) for change in stage))
            fleet = after
        return PlannedSegment(segment, tuple(stages), wanted), fleet, settler.problems

    def _claim(self, resource: Resource) -> Claim:
        """How a resource is known wherever it may have moved: a vm and its ports without their host."""
        kinds = self._vocabulary.kinds
        moves = Scope.FLEET in (
            kinds[resource.kind].scope,
            resource.parent and kinds[resource.parent[0]].scope,
        )
        return resource.kind, "" if moves else resource.host, resource.name

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
        return list(changes.values())

    def _diff(self, wanted: Sequence[Resource], settler: Settler, changes: list[Change], owner: str) -> None:
        chosen: dict[tuple[str, str, str], str] = {}
        for resource in sorted(wanted, key=lambda r: self._order[r.kind]):
            existing = settler.fleet.resources.get(resource.key)
            if existing:
                change = self._difference(existing, resource, settler)
            else:
                change = self._addition(resource, settler, chosen, owner)
            if change:
                changes.append(change)

    def _difference(self, existing: Resource, wanted: Resource, settler: Settler) -> Change | None:
        have = existing.attributes
        differing = {name: value for name, value in wanted.attributes.items() if have.get(name) != value}
        if not differing:
            return None
        kind = self._vocabulary.kinds[wanted.kind]
        for name in differing:
            attribute = kind.attribute(name)
            if attribute and attribute.immutable:
                settler.refuse(_immutable(existing, wanted, name))
                return None
        after = replace(existing, attributes={**have, **differing}, span=wanted.span)
        return Change(ActionKind.CHANGE, existing, after, because=wanted.because)

    def _addition(
        self, wanted: Resource, settler: Settler, chosen: dict[tuple[str, str, str], str], owner: str
    ) -> Change | None:
        kind = self._vocabulary.kinds[wanted.kind]
        backend = self._backend_of(wanted, kind, settler, chosen)
        if backend is None:
            return None
        chosen[wanted.kind, wanted.host, wanted.name] = backend
        said = {name: value for name, value in wanted.attributes.items() if value is not None}
        attributes = {**self._defaults[kind.name], **said}
        after = Resource(
            wanted.kind, wanted.name, wanted.host, attributes, wanted.parent, backend,
            marked=True, because=wanted.because, span=wanted.span, owner=owner,
        )  # fmt: skip
        return Change(ActionKind.ADD, None, after, because=wanted.because)

    def _backend_of(
        self, wanted: Resource, kind: Kind, settler: Settler, chosen: Mapping[tuple[str, str, str], str]
    ) -> str | None:
        """The backend that will realise a new resource: its parent's, its bridge's, the one asked for."""
        leader = wanted.parent or ((kind.follows, wanted.text(kind.follows)) if kind.follows else None)
        if leader:
            new = chosen.get((leader[0], wanted.host, leader[1]))
            existing = settler.fleet.get(leader[0], wanted.host, leader[1])
            if new or existing:
                return new or (existing.backend if existing else None)
        asked = wanted.text("backend") if kind.attribute("backend") else ""
        host = settler.inventory[wanted.host]
        able = [b for b in self._backends.values() if kind.name in b.kinds and b.serves(host)]
        named = [b for b in able if b.name == asked]
        # A world without hardware stands in for every backend that there is.
        preferred = named or ([b for b in able if b.preferred] if not asked or host.world else [])
        if not preferred:
            settler.refuse(_no_backend(wanted, asked, able))
            return None
        missing = settler.fleet.absent.get((host.name, preferred[0].name))
        if missing:
            settler.refuse(Diagnostic("E303", missing.message, wanted.span, help=missing.help))
            return None
        return preferred[0].name

    def _assess(self, change: Change, fleet: Fleet, after: Fleet, settler: Settler) -> Change:
        for name in settler.kept.intersection(change.hosts):
            if settler.inventory[name].flag("readonly"):
                settler.refuse(_not_allowed(change, name, "readonly"))
            elif change.after is None:
                settler.refuse(_not_allowed(change, name, "protected"))
        backend = self._backends[change.backend]
        assessment = backend.assess(change, fleet)
        foresee = getattr(backend, "foresee", None)
        foreseen = foresee(change, after) if foresee else _NOTHING_SPECIAL
        problem = assessment.problem or foreseen.problem
        if problem:
            settler.refuse(problem)
        if not (assessment.impact or assessment.hits or assessment.how or foreseen.how):
            return change
        how = "; ".join(filter(None, (assessment.how, foreseen.how)))
        return replace(change, impact=assessment.impact, hits=assessment.hits, how=how)

    def _stages(self, changes: Iterable[Change]) -> Sequence[Stage]:
        """Stages of changes: additions and changes in the order of their kinds, then removals in reverse.

        What depends on something of another backend waits for a later stage; within one backend a single
        transaction takes all.
        """
        ordered = sorted(changes, key=lambda change: self._order[change.resource.kind])
        levels: dict[tuple[str, str], int] = {}
        making: dict[int, list[Change]] = {}
        removing: dict[int, list[Change]] = {}
        for change in ordered:
            kind, backend = change.resource.kind, change.backend
            if (kind, backend) not in levels:
                needed = self._needed(change.resource)
                levels[kind, backend] = max(
                    (at + (b != backend) for (k, b), at in levels.items() if k in needed), default=0
                )
            target = removing if change.action is ActionKind.REMOVE else making
            target.setdefault(levels[kind, backend], []).append(change)
        return [tuple(making[level]) for level in sorted(making)] + [
            tuple(reversed(removing[level])) for level in sorted(removing, reverse=True)
        ]

    def _needed(self, resource: Resource) -> set[str]:
        """The kinds that this resource builds on: its parent's, and those that its attributes refer to."""
        kind = self._vocabulary.kinds[resource.kind]
        said = {a.type.ref for a in kind.attributes if resource.get(a.name) is not None}
        return said | set(kind.requires) | ({resource.parent[0]} if resource.parent else set())


def _requirements(kind: Kind) -> set[str]:
    """The kinds that come before: those it says, and those that its attributes refer to."""
    attributes = (*kind.operands, *kind.attributes)
    return ({a.type.ref for a in attributes} | set(kind.requires)) - {"", "host", kind.name}


def _immutable(existing: Resource, wanted: Resource, name: str) -> Diagnostic:
    return Diagnostic(
        "E207",
        f"{existing.kind} `{existing.name}` on {existing.host} has {name} `{existing.get(name)}`, "
        f"which cannot become `{wanted.get(name)}`",
        wanted.span,
        help=f"delete it first: `delete {existing.kind} {existing.name}`",
    )


def _no_backend(wanted: Resource, asked: str, able: Sequence[Backend]) -> Diagnostic:
    names = [backend.name for backend in able]
    if asked:
        return Diagnostic(
            "E108",
            f"no backend `{asked}` makes a {wanted.kind} on {wanted.host}",
            wanted.span,
            help=did_you_mean(
                asked, names, "there is " + ", ".join(f"`{n}`" for n in names) if names else ""
            ),
        )
    return Diagnostic(
        "E108",
        f"nothing here makes a {wanted.kind} on {wanted.host}",
        wanted.span,
        help="is its plugin installed?",
    )


def _not_allowed(change: Change, host: str, flag: str) -> Diagnostic:
    return Diagnostic(
        "E208",
        f"host `{host}` is {flag}: {change} is refused",
        change.resource.span,
        help=f"take `{flag}` out of the host's sentence if you mean it",
    )
