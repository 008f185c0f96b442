"""What a run that was cut off left half-made: what of it stands, and what takes back the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from vnetsh.backend import Backend
from vnetsh.diagnostics import Diagnostic
from vnetsh.journal import Run, Step
from vnetsh.model import ActionKind, Change, Fleet, Resource, Value
from vnetsh.model.power import REVERT
from vnetsh.planning import undoing
from vnetsh.planning.plan import PlannedSegment
from vnetsh.planning.riding import riding
from vnetsh.schema import Vocabulary
from vnetsh.script.script import Segment


class Seen(Enum):
    """How much of a change is to be seen."""

    WHOLE = "whole"
    PARTLY = "partly"
    NOTHING = "nothing"


@dataclass(frozen=True)
class HalfMade:
    """A step of which nobody knows whether it took effect, and its run."""

    run: Run
    step: Step

    def made(self, position: int) -> bool:
        """Whether a change of it has made something itself; what others made, and it was to remove, is as it was."""
        records = self.run.records
        return any(r.get("made") == self.step.number and r["change"] == position for r in records)

    @property
    def places(self) -> set[str]:
        """The places that it touches: of a move, both."""
        return {place for change in self.step.changes for place in change.concerned}


@dataclass(frozen=True)
class Mend:
    """How a half-made step becomes a certain one: its changes that stand, by position, and what is to be made.

    That takes back others, and ends those that stand and had still to remove something. What was itself to take back
    another run's, and has begun to, is made to its end instead: each of them can be made again.
    """

    half: HalfMade
    standing: tuple[int, ...]
    changes: tuple[Change, ...]

    @property
    def came(self) -> Sequence[Change]:
        """Its changes that stand."""
        both = zip(self.half.step.positions, self.half.step.changes, strict=True)
        return [change for position, change in both if position in self.standing]

    @property
    def words(self) -> str:
        """What a step comes to of which nothing must be taken back."""
        run, changes = self.half.run, self.half.step.changes
        what = f"{len(changes)} changes" if len(changes) > 1 else str(changes[0])
        if 0 < len(self.standing) < len(changes):
            what = f"{len(self.standing)} of {what}"
        unsure = ""
        if any(change.traceless for change in changes):
            unsure = "that leaves no trace, and nothing to be taken back"
        elif any(REVERT in change.wishes for change in changes):
            unsure = "nothing tells whether a vm has gone back, and who finishes the run goes back once more"
        if unsure and not run.takes_back:
            return f"run {run.name} ({run.what}) was cut off: `{what}` may have come about or not: {unsure}"
        found = "came about" if self.standing else "did not come about"
        things = [thing for change in changes for thing in change.made if "file" in thing]
        # Else these would go: but others removed what it was about, and nothing tells whose they are now.
        files = [] if self.standing else dict.fromkeys(thing["what"] for thing in things)
        left = f"; {', '.join(files)} may be left" if files else ""
        return f"run {run.name} ({run.what}) was cut off: {what} {found}{left}"


def mends(
    halves: Iterable[tuple[HalfMade, Sequence[Change] | None]],
    fleet: Fleet,
    vocabulary: Vocabulary,
    backends: Mapping[str, Backend],
) -> tuple[list[Mend], Fleet, list[Diagnostic]]:
    """How these steps are mended, each with those of its changes that its place says stand; those of later runs first.

    None: what is to be seen tells. Also the fleet as it will be then, and what speaks against it.
    """
    found: list[Mend] = []
    problems: list[Diagnostic] = []
    for half, told in halves:
        later = [mend for mend in found if half.run.number in mend.half.run.undoes]
        came_later = [change for mend in later for change in mend.came]
        if any(mend.changes for mend in later) or not undoing.remaining([half.step], came_later, vocabulary):
            continue  # it was being taken back: it is settled when that is
        whole: dict[int, Change] = {}
        partly: dict[int, Change] = {}  # what is made to its end
        back: dict[int, Change] = {}
        for position, change in zip(half.step.positions, half.step.changes, strict=True):
            seen = seen_of(change, fleet, vocabulary)
            if seen is Seen.WHOLE if told is None else change in told:
                whole[position] = change
            elif half.run.takes_back and seen is Seen.PARTLY:
                partly[position] = replace(change, undo=True)
            elif seen is not Seen.NOTHING or (
                half.made(position) and not undoing.is_gone(change, fleet, vocabulary)
            ):
                back[position] = change
        for position in _renamed_in_part(whole, partly.values()):
            partly[position] = replace(whole.pop(position), undo=True)
        for position in _on_what_goes(whole, back.values(), fleet, vocabulary):
            back[position] = whole.pop(position)
        standing = sorted(whole | partly)
        ending = [*partly.values()]
        for change in whole.values():
            taking_back = replace(change, undo=half.run.takes_back)
            if undoing.rest_of(change, fleet) or any(
                "goes" in thing or (taking_back.undo and "file" in thing) for thing in change.made
            ):
                ending.append(undoing.already_so(taking_back, fleet))
        if half.run.takes_back:
            ending, fleet = undoing.assessed(ending, fleet, backends, vocabulary, problems)
        fleet = settled(whole.values(), fleet)
        taken_back = [change for _, change in sorted(back.items())]
        inverses, fleet = undoing.inverses(taken_back, fleet, backends, vocabulary, problems)
        found.append(Mend(half, tuple(standing), (*ending, *inverses)))
    return found, fleet, problems


def _renamed_in_part(whole: Mapping[int, Change], partly: Iterable[Change]) -> list[int]:
    """Which of the changes that stand give a new name to what has parts that are still called after the old one.

    A part is renamed by the renaming of its whole, which can be made again; not by itself.
    """
    wholes = {(change.place, *change.resource.parent) for change in partly if change.resource.parent}
    return [
        position
        for position, change in whole.items()
        if change.renames and (change.place, change.resource.kind, change.resource.name) in wholes
    ]


def _on_what_goes(
    whole: Mapping[int, Change], back: Iterable[Change], fleet: Fleet, vocabulary: Vocabulary
) -> list[int]:
    """Which of the changes that stand made parts of what goes again, or what rides on it: these go with it."""
    made = [change.after for change in back if change.before is None and change.after]
    going = {other.key for one in made for other in (*fleet.parts(one), *riding(one, fleet, vocabulary))}
    return [
        position
        for position, change in whole.items()
        if change.before is None and change.resource.key in going
    ]


def settled(changes: Iterable[Change], fleet: Fleet) -> Fleet:
    """The fleet in which these have come about: what a move left where it began is no second one."""
    rests = [rest for change in changes if (rest := undoing.rest_of(change, fleet))]
    return fleet.after(Change(ActionKind.REMOVE, rest, None) for rest in rests) if rests else fleet


def undecided(changes: Iterable[Change], fleet: Fleet) -> Fleet:
    """The fleet with one in place of two where nobody knows whether it has moved: who names it is told that."""
    return settled((change.inverse() for change in changes), fleet)


def without_gone(
    steps: Iterable[Step], halves: Iterable[HalfMade], fleet: Fleet, vocabulary: Vocabulary
) -> list[Step]:
    """Steps without what is half-made of something that others have removed: nothing of it is there."""
    unsure = {half.step.number for half in halves}

    def there(step: Step) -> Step:
        left = tuple(change for change in step.changes if not undoing.is_gone(change, fleet, vocabulary))
        return replace(step, changes=left) if step.number in unsure else step

    return [step for step in map(there, steps) if step.changes]


def segments(found: Iterable[Mend]) -> tuple[PlannedSegment, ...]:
    """What is to be done of mends, as the first segments of a plan."""
    return tuple(
        PlannedSegment(Segment(), (mend.changes,), mends=mend.half.run.name) for mend in found if mend.changes
    )


def seen_of(change: Change, fleet: Fleet, vocabulary: Vocabulary) -> Seen:
    """How much of a change is to be seen in a fleet."""
    if undoing.is_gone(change, fleet, vocabulary):
        return Seen.NOTHING
    if _as(change.after, change.before, fleet, vocabulary):
        return Seen.WHOLE
    return Seen.NOTHING if _as(change.before, change.after, fleet, vocabulary) else Seen.PARTLY


def _as(wanted: Resource | None, other: Resource | None, fleet: Fleet, vocabulary: Vocabulary) -> bool:
    """Whether one side of a change is there, whole, and the other side is not."""
    if other and (wanted is None or other.key != wanted.key) and other.key in fleet.resources:
        return False
    if wanted is None:
        return True
    there = fleet.resources.get(wanted.key)
    if there is None:
        return False
    kind, have = vocabulary.kinds[wanted.kind], there.attributes

    def has(name: str, value: Value) -> bool:
        return have.get(name) == value or kind.same(name, have.get(name), value)

    same = all(has(name, value) for name, value in wanted.attributes.items() if value is not None)
    # What is cleared may be anything, a default of the place's own, but what it was.
    left = (
        name
        for name, value in (other.attributes if other else {}).items()
        if value is not None and wanted.get(name) is None and has(name, value)
    )
    passing = {attribute.name for attribute in kind.attributes if attribute.passing}
    same = same and not ({*left} - passing)
    owners = (
        {wanted.owner} if other else {wanted.owner, ""}
    )  # not everything that is made can tell by whom (a pool)
    return same and there.marked == wanted.marked and there.owner in owners
