"""Changes of several runs, folded into what they come to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vnetsh.journal import Step
from vnetsh.model import ActionKind, Change, Key, Resource

_KINDS = {(False, True): ActionKind.ADD, (True, False): ActionKind.REMOVE, (True, True): ActionKind.CHANGE}


@dataclass
class _Story:
    """What became of one object: as it was before the first change of it, and as the last one left it."""

    first: Resource | None
    last: Resource | None
    change: Change


def net(changes: Iterable[Change]) -> list[Change]:
    """What changes (the first of them first) come to, one for each object, wherever it was moved to meanwhile.

    Acts that leave no trace come to nothing, and so does what is again as it was.
    """
    found = (replace(one.change, before=one.first, after=one.last) for one in _stories(changes))
    return [one for one in map(_as_one, found) if one]


def left_by(changes: Iterable[Change]) -> tuple[list[Resource], list[Resource]]:
    """What changes have left there, as they left it, and what was gone by then."""
    stories = _stories(changes)
    left = [one.last for one in stories if one.last]
    return left, [one.change.resource for one in stories if one.last is None]


def _stories(changes: Iterable[Change]) -> list[_Story]:
    stories: list[_Story] = []
    at: dict[Key, _Story] = {}
    for change in changes:
        if change.traceless:
            continue
        before, after = change.before, change.after
        story = at.pop((before or change.resource).key, None)
        if story is None:
            story = _Story(before, after, change)
            stories.append(story)
        story.last, story.change = after, change
        at[(after or before or change.resource).key] = story
        if before and after and before.key != after.key:
            _bring_along(before, after, at)
    return stories


def _bring_along(before: Resource, after: Resource, at: dict[Key, _Story]) -> None:
    """The parts of what was moved or renamed go with it."""
    whole = before.kind, before.name
    for key, story in list(at.items()):
        part = story.last
        if part and part.parent == whole and part.place == before.place:
            story.last = replace(part, place=after.place, parent=(after.kind, after.name))
            del at[key]
            at[story.last.key] = story


def _as_one(change: Change) -> Change | None:
    before, after = change.before, change.after
    if (before is None and after is None) or (before and after and _same(before, after)):
        return None
    moved = before and after and before.place != after.place
    kind = ActionKind.MOVE if moved else _KINDS[before is not None, after is not None]
    return replace(change, action=kind)


def _same(one: Resource, other: Resource) -> bool:
    return one.key == other.key and _said(one) == _said(other)


def _said(one: Resource) -> dict[str, object]:
    return {name: value for name, value in one.attributes.items() if value is not None}


def folded(steps: Sequence[Step]) -> list[Step]:
    """Steps of several runs (the last of them first) in which what is changed twice is changed, or added, once, and
    what was added and removed is left out.

    Only where nothing was added, removed or moved at its place in between, which could need the one or the other value;
    and not where something was made beside the resource: each run takes away its own.
    """
    entries = [
        (at, position, change)
        for at, step in reversed(list(enumerate(steps)))
        for position, change in enumerate(step.changes)
    ]
    plain: dict[Key, tuple[int, int]] = {}
    new: dict[Key, tuple[int, int]] = {}  # what was added, and may have been changed since
    now: dict[tuple[int, int], Change | None] = {}
    left_at: dict[str, list[tuple[int, int]]] = {}  # by place, in their order
    for at, position, change in entries:
        here = at, position
        added = new.get(change.resource.key)
        if added and change.action is ActionKind.REMOVE and not change.made:
            for place in change.places:
                while (known := left_at.setdefault(place, [])) and not now[known[-1]]:
                    known.pop()
            same = steps[added[0]].backend == steps[at].backend
            if same and all(left_at[place][-1:] == [added] for place in change.places):
                now[added] = now[here] = None  # nothing came in between that could have needed it
                del new[change.resource.key]
                continue
        now[here] = change
        for place in change.places:
            left_at.setdefault(place, []).append(here)
        if change.action is not ActionKind.CHANGE or change.renames or change.made:
            for key in [key for key in plain if key[1] in change.places]:
                del plain[key]
            if change.action is ActionKind.ADD and not change.made:
                new[change.resource.key] = here
            else:
                for key in [key for key in new if key[1] in change.places]:
                    del new[key]
        elif not change.traceless:
            add = now[added] if added else None
            if added and add and steps[added[0]].backend == steps[at].backend:
                # With its first value it would come back beside a whole that comes back with its parts as they were.
                now[added], now[here] = replace(add, after=change.after), None
                continue
            before = plain.pop(change.resource.key, None)
            earlier = now[before] if before else None
            if before and earlier and steps[before[0]].backend == steps[at].backend:
                both = replace(change, before=earlier.before)
                now[before] = None
                now[here] = both if both.differing() else None
            plain[change.resource.key] = here
    left = []
    for at, step in enumerate(steps):
        kept = [(position, one) for position in range(len(step.changes)) if (one := now[at, position])]
        if kept:
            positions = tuple(step.positions[position] for position, _ in kept)
            left.append(replace(step, changes=tuple(change for _, change in kept), positions=positions))
    return left
