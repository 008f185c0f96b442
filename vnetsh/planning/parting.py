"""What follows others that go: along with the changes by which these go. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vnetsh.model import ActionKind, Change, Fleet
from vnetsh.planning.desired import Settler
from vnetsh.schema import Vocabulary


def parted(changes: Sequence[Change], fleet: Fleet, vocabulary: Vocabulary) -> list[Change]:
    """Changes with those of what is otherwise when things have gone by them; what they change anyway, in one."""
    gone = [
        (change.resource, vocabulary.kinds[change.resource.kind].left)
        for change in changes
        if change.after is None
    ]
    if not any(left for _, left in gone):
        return [*changes]
    settler = Settler(fleet.after(changes), vocabulary)
    found = list(changes)
    for one, left in gone:
        for after in left(one, settler) if left else ():
            before = settler.fleet.resources.get(after.key)
            if before is None or before.attributes == after.attributes:
                continue
            after = replace(before, attributes={**before.attributes, **after.attributes}, span=one.span)
            at = next(
                (n for n, other in enumerate(found) if other.after and other.after.key == after.key), None
            )
            if at is None:
                because = f"{one.kind} {one.name} goes"
                found.append(Change(ActionKind.CHANGE, before, after, because=because))
            else:
                found[at] = replace(found[at], after=replace(after, span=found[at].resource.span))
            settler.fleet = settler.fleet.after([Change(ActionKind.CHANGE, before, after)])
    return found
