"""Where a frame comes to that everyone is sent, over joints of which some are isolated. Pure.

Segments that plain joints make one network are an island. By isolated links a frame goes from island to island, but
not from one such link of a bridge to another one: so three bridges, joined each with each by isolated links, do not
loop, and nobody gets a frame twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from vnetsh.reach.joints import Joint, Spot

Segment = tuple[Spot, int]
"""A broadcast domain: a spot of it, and the VLAN that it is there (or `UNTAGGED`)."""

At = TypeVar("At", bound=tuple[Any, ...])


class Union(Generic[At]):
    """Spots, or segments, that are joined, as sets: each set is known by one of them."""

    def __init__(self, joined: Iterable[tuple[At, At]] = ()) -> None:
        self._leads: dict[At, At] = {}
        for one, other in joined:
            self.join(one, other)

    def root(self, spot: At) -> At:
        """The one by which the set of this one is known."""
        leads, root = self._leads, spot
        while (above := leads.get(root, root)) != root:
            root = above
        while spot != root:
            leads[spot], spot = root, leads.get(spot, spot)
        return root

    def join(self, one: At, other: At) -> bool:
        """Make one set of two; False where they were one already."""
        one, other = self.root(one), self.root(other)
        self._leads[max(one, other)] = min(one, other)
        return one != other


class _Way(NamedTuple):
    """One direction of what crosses at a joint that is isolated at an end.

    `number` is of both directions; `entry` is where it arrives, if that end is isolated.
    """

    number: int
    there: Segment
    entry: Segment | None


@dataclass
class _Ways:
    """The ways that leave an island: those by links that are not isolated, and the others by the segment of theirs."""

    free: list[_Way]
    isolated: dict[Segment, list[_Way]]


class Islands:
    """The islands of some joints, in some VLANs. `ring`: there are plain joints that close a ring."""

    def __init__(self, joined: Sequence[Joint], vlans: Iterable[int]) -> None:
        self._union: Union[Segment] = Union()
        self.ring = False
        split: list[tuple[Segment, Segment, tuple[bool, bool]]] = []
        for joint in joined:
            isolated = joint.tags[0].isolated, joint.tags[1].isolated
            for one, other in _crossings(joint, vlans):
                if any(isolated):
                    split.append((one, other, isolated))
                elif not self._union.join(one, other):
                    self.ring = True
        self._ways: dict[Segment, _Ways] = {}
        for number, (one, other, isolated) in enumerate(split):
            self._add(number, one, other, isolated)
            self._add(number, other, one, isolated[::-1])

    def _add(self, number: int, here: Segment, there: Segment, isolated: tuple[bool, bool]) -> None:
        ways = self._ways.setdefault(self.root(here), _Ways([], {}))
        way = _Way(number, there, there if isolated[1] else None)
        if isolated[0]:
            ways.isolated.setdefault(here, []).append(way)
        else:
            ways.free.append(way)

    def root(self, segment: Segment) -> Segment:
        """The island of a segment."""
        return self._union.root(segment)

    @property
    def shores(self) -> Mapping[Segment, object]:
        """The islands from which something leads to others."""
        return self._ways

    def flood(self, island: Segment) -> Iterator[Segment]:
        """The islands to which a frame comes that begins at one, this one first; as often as it comes there.

        Of a frame that goes round for ever each way is gone once.
        """
        yield island
        seen: set[_Way] = set()
        waiting = [_Way(-1, island, None)]
        while waiting:
            arrived = waiting.pop()
            for way in self._onward(arrived):
                if way not in seen:
                    seen.add(way)
                    yield self.root(way.there)
                    waiting.append(way)

    def _onward(self, arrived: _Way) -> Iterator[_Way]:
        """The ways on for what has arrived by one: never straight back."""
        ways = self._ways.get(self.root(arrived.there))
        if ways is None:
            return
        yield from (way for way in ways.free if way.number != arrived.number)
        for at, isolated in ways.isolated.items():
            if at != arrived.entry:
                yield from (way for way in isolated if way.number != arrived.number)


def doubles(joined: Sequence[Joint], vlans: Iterable[int]) -> bool:
    """Whether somebody would get a frame twice, or for ever, that is sent to all."""
    islands = Islands(joined, vlans)
    if islands.ring:
        return True
    for island in islands.shores:
        there: set[Segment] = set()
        for one in islands.flood(island):
            if one in there:
                return True
            there.add(one)
    return False


def without_doubles(
    known: Sequence[Joint], more: Sequence[Joint], vlans: Iterable[int]
) -> tuple[list[Joint], list[tuple[Joint, tuple[Joint, ...]]]]:
    """What of `more` can be joined to those that are known, and of the others each with what there is without it.

    Of those that are known nobody gets a frame twice. Those that come first are kept first.
    """
    kept, left = list(known), list(more)
    closing: list[tuple[Joint, tuple[Joint, ...]]] = []
    while doubles([*kept, *left], vlans):
        good, bad = 0, len(left)  # so many can be joined, so many cannot
        while bad - good > 1:
            half = (good + bad) // 2
            if doubles([*kept, *left[:half]], vlans):
                bad = half
            else:
                good = half
        kept += left[:good]
        closing.append((left[good], tuple(kept)))
        left = left[bad:]
    return [*kept, *left], closing


def _crossings(joint: Joint, vlans: Iterable[int]) -> Iterator[tuple[Segment, Segment]]:
    """What a joint makes one broadcast domain."""
    for vlan in vlans:
        tag = joint.tags[0].out(vlan)
        there = None if tag is None else joint.tags[1].into(tag)
        if there is not None:
            yield (joint.one, vlan), (joint.other, there)
