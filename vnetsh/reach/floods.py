"""Where a frame comes to that everyone is sent, over joints of which some are isolated. Pure.

Segments that plain joints make one network are an island. By isolated links a frame goes from island to island, but
not from one such link of a bridge to another one: so three bridges, joined each with each by isolated links, do not
loop, and nobody gets a frame twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from vnetsh.reach.joints import Joint, Spot
from vnetsh.reach.tags import TOO_DEEP, Tags, crossed, is_kept, is_wrapped

Segment = tuple[Spot, int]
"""A broadcast domain: a spot of it, and what frames are its there: a VLAN (or `UNTAGGED`), or one within it."""

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


class Frames:
    """The frames that there are at each spot: the VLANs, untagged or tagged, and what links have wrapped into one.

    Without `sent` whatever is wrapped counts that anybody may send, else only what comes of that. `even`: nothing is
    wrapped, no link has a native VLAN beside others, and all comes back as it went.
    """

    def __init__(
        self, joined: Sequence[Joint], vlans: Iterable[int], sent: Collection[Segment] | None
    ) -> None:
        self.vlans = frozenset(vlans)
        self.spots = {spot for joint in joined for spot in (joint.one, joint.other)}
        ends = {tags for joint in joined for tags in joint.tags}
        wraps = any(tags.wraps for tags in ends) or any(is_wrapped(frame) for _, frame in sent or ())
        self.even = not wraps and not any(tags.access and tags.trunk is not None for tags in ends)
        self.wrapped = self._spread(joined, sent) if wraps else {}

    def at(self, spot: Spot) -> Set[int]:
        """Those of a spot."""
        more = self.wrapped.get(spot)
        return self.vlans | more if more else self.vlans

    def _spread(self, joined: Sequence[Joint], sent: Iterable[Segment] | None) -> Mapping[Spot, Set[int]]:
        ways: dict[Spot, list[tuple[Tags, Tags, Spot]]] = {}
        for joint in joined:
            ways.setdefault(joint.one, []).append((*joint.tags, joint.other))
            ways.setdefault(joint.other, []).append((*joint.tags[::-1], joint.one))
        if sent is None:
            before = [spot for spot, links in ways.items() if any(far.wraps for _, far, _ in links)]
            sent = ((spot, vlan) for spot in before for vlan in self.vlans)
        found: dict[Spot, set[int]] = {}
        waiting = [*sent]
        while waiting:
            spot, frame = waiting.pop()
            if frame in (known := found.setdefault(spot, set())):
                continue
            known.add(frame)
            for near, far, there in ways.get(spot, ()):
                came = crossed(near, far, frame)
                if came is not None and came != TOO_DEEP:
                    waiting.append((there, came))
        return found


class _Way(NamedTuple):
    """A direction of what crosses at a joint where an end is isolated, or not all comes back as it went.

    `leaves` numbers the link by which it leaves, and `comes` the one by which it arrives; `entry` is where, if that is
    isolated.
    """

    leaves: int
    comes: int
    here: Segment
    there: Segment
    entry: Segment | None


@dataclass
class _Ways:
    """The ways that leave an island: those by links that are not isolated, and the others by the segment of theirs."""

    free: list[_Way]
    isolated: dict[Segment, list[_Way]]


class Islands:
    """The islands of some joints, in some VLANs. `ring`: there are plain joints that close a ring.

    With what is `sent`, by segment, only what an answer comes back to the same way counts; else all that somebody may
    get.
    """

    def __init__(
        self, joined: Sequence[Joint], vlans: Iterable[int], sent: Collection[Segment] | None = None
    ) -> None:
        self._union: Union[Segment] = Union()
        self.ring = False
        self.frames = Frames(joined, vlans, sent)
        split: list[tuple[_Way, bool]] = []
        for number, joint in enumerate(joined):
            isolated = joint.tags[0].isolated, joint.tags[1].isolated
            there, back = _crossings(joint, self.frames)
            even = {frame: came for frame, came in there.items() if back.get(came) == frame}
            if sent is not None:
                even = {frame: came for frame, came in even.items() if is_kept(frame) and is_kept(came)}
                there, back = even, {came: frame for frame, came in even.items()}
            if any(isolated) or not len(even) == len(there) == len(back):
                for end, ways in enumerate((there, back)):
                    near, far = (joint.one, joint.other)[:: -1 if end else 1]
                    for frame, came in ways.items():
                        entry = (far, came) if isolated[1 - end] else None
                        way = _Way(2 * number + end, 2 * number + 1 - end, (near, frame), (far, came), entry)
                        split.append((way, isolated[end]))
                continue
            for frame, came in there.items():
                if not self._union.join((joint.one, frame), (joint.other, came)):
                    self.ring = True
        self._ways: dict[Segment, _Ways] = {}
        for way, by_isolated in split:
            ways_of = self._ways.setdefault(self.root(way.here), _Ways([], {}))
            (ways_of.isolated.setdefault(way.here, []) if by_isolated else ways_of.free).append(way)

    def root(self, segment: Segment) -> Segment:
        """The island of a segment."""
        return self._union.root(segment)

    @property
    def shores(self) -> Collection[Segment]:
        """The islands from which something leads to others, and where what nothing has wrapped may begin."""
        if not self.frames.wrapped:
            return self._ways.keys()
        begins = {self.root((spot, vlan)) for spot in self.frames.spots for vlan in self.frames.vlans}
        return begins & self._ways.keys()

    def flood(self, island: Segment) -> Iterator[Segment]:
        """The islands to which a frame comes that begins at one, this one first; as often as it comes there.

        Of a frame that goes round for ever each way is gone once.
        """
        yield island
        seen: set[_Way] = set()
        waiting = [_Way(-1, -1, island, island, None)]
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
        came = arrived.comes, arrived.there
        yield from (way for way in ways.free if (way.leaves, way.here) != came)
        for at, isolated in ways.isolated.items():
            if at != arrived.entry:
                yield from (way for way in isolated if (way.leaves, way.here) != came)


def doubles(joined: Sequence[Joint], vlans: Iterable[int]) -> bool:
    """Whether somebody would get a frame twice, or for ever, that is sent to all."""
    islands = Islands(joined, vlans)
    if islands.ring:
        return True
    for island in islands.shores:
        there: set[Segment] = set()
        for one in islands.flood(island):
            if one in there or one[1] == TOO_DEEP:
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


def _crossings(joint: Joint, frames: Frames) -> tuple[dict[int, int], dict[int, int]]:
    """What becomes of frames that cross a joint, in either direction."""
    there = _crossing(*joint.tags, frames.at(joint.one))
    if frames.even:
        return there, {came: frame for frame, came in there.items()}
    return there, _crossing(*joint.tags[::-1], frames.at(joint.other))


def _crossing(near: Tags, far: Tags, frames: Iterable[int]) -> dict[int, int]:
    came = ((frame, crossed(near, far, frame)) for frame in frames)
    return {frame: there for frame, there in came if there is not None}
