"""What hosts hold, compared with how runs left it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vnetsh.model import ActionKind, Change, Fleet, Resource
from vnetsh.schema import Scope, Vocabulary


def by_others(
    left: Iterable[Resource], gone: Iterable[Resource], fleet: Fleet, vocabulary: Vocabulary
) -> list[Change]:
    """What is not as runs left it: of what they `left` there, and of what was `gone` then. Others have changed that.

    Of what was left, what the runs have said or seen of it is compared, and nothing else.
    """
    return [*_changed(left, fleet, vocabulary), *_come(gone, fleet, vocabulary)]


def _changed(left: Iterable[Resource], fleet: Fleet, vocabulary: Vocabulary) -> Iterator[Change]:
    for one in left:
        if one.place in fleet.unreachable:
            continue
        there = _found(one, fleet, vocabulary)
        if there is None:
            yield Change(ActionKind.REMOVE, one, None)
            continue
        differing = {
            name: value for name, value in one.attributes.items() if _differs(name, one, there, vocabulary)
        }
        if there.place != one.place:
            yield Change(ActionKind.MOVE, one, there)
        elif differing:
            now = {name: there.get(name) for name in differing}
            before = {name: value for name, value in one.attributes.items() if name not in differing}
            yield Change(ActionKind.CHANGE, one, one.with_attributes(**before, **now))


def _come(gone: Iterable[Resource], fleet: Fleet, vocabulary: Vocabulary) -> Iterator[Change]:
    for one in gone:
        there = _found(one, fleet, vocabulary)
        if there:
            yield Change(ActionKind.ADD, None, there)


def _found(one: Resource, fleet: Fleet, vocabulary: Vocabulary) -> Resource | None:
    """Where it is now: what is one in all, a vm or a part of one, may be elsewhere."""
    there = fleet.resources.get(one.key)
    known = vocabulary.kinds.get(one.parent[0] if one.parent else one.kind)
    if there or known is None or known.scope is not Scope.FLEET:
        return there
    found = fleet.named(one.kind, one.name)
    return found[0] if len(found) == 1 else None


def _differs(name: str, one: Resource, there: Resource, vocabulary: Vocabulary) -> bool:
    """Whether an attribute that somebody can set has another value than a run left it with."""
    kind = vocabulary.kinds.get(one.kind)
    attribute = kind.word(name) if kind else None
    if (
        kind is None
        or attribute is None
        or not attribute.settable
        or attribute.passing
        or one.get(name) is None
    ):
        return False
    return there.get(name) != one.get(name) and not kind.same(name, there.get(name), one.get(name))
