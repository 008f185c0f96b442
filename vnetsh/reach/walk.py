"""The way of a packet between two points, over all hosts; where none leads there, the one that lacks least. Pure.

A way may go over what is not there, or against a VLAN or an isolation, at a cost: the cheapest one tells what is most
likely wrong. Costs of what is there are next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from itertools import count

from vnetsh.model import Finding, Fleet, Key
from vnetsh.reach.gaps import Gaps
from vnetsh.reach.joints import Joint, Spot, joints, native
from vnetsh.reach.points import Point
from vnetsh.reach.tags import Tags, crossed_evenly
from vnetsh.reach.unlike import Unlike, not_carried

STEP, ASSUMED = 0.001, 0.01
VLAN, END_VLAN, ISOLATED, SPLIT_HORIZON, ELSEWHERE, ALONE = 2.0, 2.2, 2.0, 8.0, 5.0, 1.0


@dataclass(frozen=True)
class Step:
    """A joint as it is gone: from `near` to `far`, by these links; `vlan` is the VLAN behind it."""

    joint: Joint
    back: bool
    vlan: int
    findings: tuple[Finding, ...] = ()
    cost: float = STEP

    def _at(self, end: int) -> int:
        return 1 - end if self.back else end

    @property
    def near(self) -> Spot:
        """Where it begins."""
        return self.joint.other if self.back else self.joint.one

    @property
    def far(self) -> Spot:
        """Where it ends."""
        return self.joint.one if self.back else self.joint.other

    def link(self, end: int) -> str:
        """The link at its beginning (0) or its end (1)."""
        return self.joint.links[self._at(end)]

    def tags(self, end: int) -> Tags:
        """How that link takes VLANs."""
        return self.joint.tags[self._at(end)]

    def key(self, end: int) -> Key:
        """What that link is a part of, as a resource; a tunnel's end that is not there by its name."""
        made_of = self.joint.made_of
        if len(made_of) == 2:
            return made_of[self._at(end)]
        return made_of[0] if made_of else ("bridge", *(self.far if end else self.near))


@dataclass(frozen=True)
class Walk:
    """A way: its ends, its steps, what is wrong at its beginning and at its end, and the VLAN in which it begins."""

    source: Point
    target: Point
    steps: tuple[Step, ...]
    vlan: int
    begins: tuple[Finding, ...] = ()
    ends: tuple[Finding, ...] = ()

    @property
    def arrives(self) -> bool:
        """Whether nothing is in its way, as far as the model knows."""
        return not (self.begins or self.ends or any(step.findings for step in self.steps))


_Edge = tuple[Joint, bool, tuple[Finding, ...], float]
State = tuple[Spot, int, Key | None]
"""Where a packet is: the spot, the VLAN there, and the isolated link by which it came."""


@dataclass
class _Mark:
    """How a state was come to."""

    cost: float
    point: Point
    vlan: int
    begins: tuple[Finding, ...]
    step: Step | None = None
    before: State | None = None


class Walker:
    """Walks a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._unlike = Unlike(fleet)
        self._others: dict[tuple[str, str], Mapping[Spot, tuple[Finding, float]]] = {}

    @cached_property
    def _edges(self) -> Mapping[Spot, Sequence[_Edge]]:
        found: dict[Spot, list[_Edge]] = {}
        there = [(one, (), STEP if one.sure else ASSUMED) for one in joints(self.fleet)]
        missing = [(gap.joint, (gap.finding,), gap.cost) for gap in Gaps(self.fleet).all()]
        for joint, findings, cost in [*there, *missing]:
            found.setdefault(joint.one, []).append((joint, False, findings, cost))
            found.setdefault(joint.other, []).append((joint, True, findings, cost))
        return found

    def walk(self, sources: Sequence[Point], targets: Sequence[Point]) -> Walk | None:
        """The way that lacks least from one of these points to one of those; None where no supposition makes one."""
        marks: dict[State, _Mark] = {}
        queue: list[tuple[float, int, State]] = []
        number = count()

        def reach(state: State, mark: _Mark) -> None:
            known = marks.get(state)
            if known is None or mark.cost < known.cost:
                marks[state] = mark
                heappush(queue, (mark.cost, next(number), state))

        for source in sources:
            for state, findings, cost in self._starts(source):
                reach(state, _Mark(cost, source, state[1], findings))
        best: tuple[float, State, Point, tuple[Finding, ...], tuple[Finding, ...]] | None = None
        while queue:
            cost, _, state = heappop(queue)
            mark = marks[state]
            if cost > mark.cost:
                continue
            if best and cost >= best[0]:
                break
            for target in targets:
                for more, begins, ends in self._ends(state, mark, target):
                    if best is None or cost + more < best[0]:
                        best = cost + more, state, target, begins, ends
            for step, onward in self._steps(state, mark):
                reach(onward, _Mark(cost + step.cost, mark.point, mark.vlan, mark.begins, step, state))
        return _walked(marks, *best[1:]) if best else None

    def _starts(self, source: Point) -> Iterator[tuple[State, tuple[Finding, ...], float]]:
        if source.spot is None:
            return
        isolated = source.what.key if source.isolated and source.what else None
        for vlan in source.vlans:
            yield (source.spot, vlan, isolated), (), 0.0
        for spot, (finding, cost) in self._elsewhere(source).items():
            for vlan in source.vlans:
                yield (spot, vlan, isolated), (finding,), cost

    def _ends(
        self, state: State, mark: _Mark, target: Point
    ) -> Iterator[tuple[float, tuple[Finding, ...], tuple[Finding, ...]]]:
        """The costs of having arrived, with what is wrong at the beginning and at the end."""
        spot, vlan, isolated = state
        if target.spot is None or target.spot[0] != spot[0]:
            return
        cost, begins = 0.0, mark.begins
        ends: tuple[Finding, ...] = ()
        if target.spot != spot:
            found = self._elsewhere(target).get(spot)
            if found is None:
                return
            ends, cost = (found[0],), found[1]
        if vlan not in target.vlans:
            wrong, finding = self._unlike.finding(mark.point, vlan, target)
            begins, ends = (begins, (*ends, finding)) if wrong is target else ((*begins, finding), ends)
            cost += END_VLAN
        if isolated and target.isolated and target.what:
            says = (
                f"it is isolated, as {isolated[2]} is on {isolated[1]}: nothing passes from one to the other"
            )
            ends, cost = (*ends, Finding(target.what.key, says, {"isolated": None})), cost + ISOLATED
        yield cost, begins, ends

    def _elsewhere(self, point: Point) -> Mapping[Spot, tuple[Finding, float]]:
        """Other bridges of its host to which a port may belong; the likelier the less its own one is joined to."""
        at = point.place, point.link
        if at not in self._others:
            self._others[at] = dict(self._others_of(point))
        return self._others[at]

    def _others_of(self, point: Point) -> Iterator[tuple[Spot, tuple[Finding, float]]]:
        what = point.what
        if what is None or what.kind != "port" or what.get("peer"):
            return
        own = what.text("bridge")
        for bridge in self.fleet.of_kind("bridge", point.place):
            spot = point.place, bridge.name
            if bridge.name != own and not bridge.get("parent"):
                says = f"it is on bridge {own}, not on {bridge.name}"
                lonely = self._joined(point.spot) + (not self._joined(spot))
                yield spot, (Finding(what.key, says, {"bridge": bridge.name}), ELSEWHERE + ALONE * lonely)

    def _joined(self, spot: Spot | None) -> bool:
        """Whether anything joins a spot to another one."""
        return any(not findings for _, _, findings, _ in self._edges.get(spot or ("", ""), ()))

    def _steps(self, state: State, mark: _Mark) -> Iterator[tuple[Step, State]]:
        spot, vlan, isolated = state
        for joint, back, findings, cost in self._edges.get(spot, ()):
            if mark.step and mark.step.joint is joint:
                continue
            step = Step(joint, back, vlan, findings, cost)
            near, far = step.tags(0), step.tags(1)
            if isolated and near.isolated:
                mesh = isolated[0] == step.key(0)[0] == "tunnel"
                says = f"it is isolated, as {step.link(0)} is: nothing passes from one to the other"
                finding = Finding(isolated, says, {"isolated": None})
                step = _more(step, finding, SPLIT_HORIZON if mesh else ISOLATED)
            into = crossed_evenly(near, far, vlan)
            entry = step.key(1) if far.isolated else None
            if into is not None:
                yield Step(joint, back, into, step.findings, step.cost), (step.far, into, entry)
            if into != vlan:
                end = 0 if near.out(vlan) is None or (into is not None and near.access == vlan) else 1
                own = native(self.fleet, *(step.far if end else step.near))
                finding = not_carried(step.link(end), step.key(end), step.tags(end), vlan, own)
                yield _more(step, finding, VLAN), (step.far, vlan, entry)


def _walked(
    marks: Mapping[State, _Mark],
    state: State,
    target: Point,
    begins: tuple[Finding, ...],
    ends: tuple[Finding, ...],
) -> Walk:
    """The way by which a state was come to."""
    steps: list[Step] = []
    last, at = marks[state], state
    while (mark := marks[at]).step and mark.before:
        steps.insert(0, mark.step)
        at = mark.before
    return Walk(last.point, target, tuple(steps), last.vlan, begins, ends)


def _more(step: Step, finding: Finding, cost: float) -> Step:
    return Step(step.joint, step.back, step.vlan, (*step.findings, finding), step.cost + cost)
