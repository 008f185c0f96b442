"""What a spanning tree makes of rings: of the links of one, it keeps one from forwarding. Pure.

It is sure of a ring only where all bridges of it take part: others may not pass its packets on, and a port of theirs
forwards at once. Nobody can see what switches outside of the hosts do with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from vnetsh.model import Fleet
from vnetsh.reach.floods import Union
from vnetsh.reach.joints import Joint, Spot, is_outside
from vnetsh.reach.tags import ALL


def unblocked(joined: Sequence[Joint], fleet: Fleet) -> Sequence[Joint]:
    """Those that forward for all that is known; of a ring that is perhaps closed by them none is sure any more."""
    trees = {(bridge.place, bridge.name) for bridge in fleet.of_kind("bridge") if bridge.get("stp")}
    return [*_unblocked(joined, trees)] if trees else joined


def _unblocked(joined: Iterable[Joint], trees: Collection[Spot]) -> Iterator[Joint]:
    within: Union[Spot] = Union()
    beyond: Union[Spot] = Union()
    # What is outside of the hosts is as it is, whatever bridges do.
    for joint in sorted(joined, key=lambda one: not (is_outside(one.one) and is_outside(one.other))):
        ends = joint.one, joint.other
        among = [end in trees for end in ends]
        if joint.tags != (ALL, ALL) or not all(
            one or is_outside(end) for one, end in zip(among, ends, strict=True)
        ):
            yield joint
        elif all(among) and not within.join(*ends):
            beyond.join(*ends)
        else:
            yield joint if beyond.join(*ends) or not any(among) else replace(joint, sure=False)
