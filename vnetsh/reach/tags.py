"""Frames by their VLAN tags, and how a link takes them. Pure.

A frame is known by the VLAN that it is in on a bridge. What was wrapped there (QinQ) has the tags that it had before
below that VLAN's own one: each stands in 12 bits of a number, the outermost one in the lowest. So a VLAN is a frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

UNTAGGED = 0

_BITS, _VLAN = 12, 0xFFF
_KEPT = (1 << 2 * _BITS) - 1
TOO_DEEP = 1 << 4 * _BITS
"""All frames of more than four tags: what becomes of them is not looked at, and none comes back."""


def wrapped(vlan: int, frame: int) -> int:
    """What becomes of a frame that is wrapped into a VLAN."""
    return min(frame << _BITS | vlan, TOO_DEEP)


def unwrapped(frame: int) -> int:
    """What is left of a frame without its outermost tag."""
    return frame >> _BITS


def outermost(frame: int) -> int:
    """The VLAN that a frame is in."""
    return frame & _VLAN


def is_kept(frame: int) -> bool:
    """Whether it has two tags at most: of more Open vSwitch loses some between bridges of a host (seen with 3.1)."""
    return frame <= _KEPT


def is_wrapped(frame: int) -> bool:
    """Whether it has a tag below that of the VLAN that it is in."""
    return frame > _VLAN


def vlans_in(frame: int) -> Iterator[int]:
    """All VLANs of which a frame has tags, the outermost one first."""
    while frame:
        yield outermost(frame)
        frame = unwrapped(frame)


def named(frame: int) -> str:
    """A frame's tags in words, and what has none."""
    inner = [f"VLAN {vlan}" for vlan in vlans_in(frame)][::-1]
    return " within ".join(inner) or "what is untagged"


@dataclass(frozen=True, slots=True)
class Tags:
    """How a link takes the VLANs of its bridge: all; or `access` untagged, those of `trunk` tagged, or both.

    One that `wraps` takes what comes in, tagged or not, into its access VLAN, and sends what is in that as it came;
    with `inner` it takes these VLANs only. What comes in by a link that is `isolated` does not leave its bridge by
    another one that is.
    """

    access: int = UNTAGGED
    trunk: frozenset[int] | None = None
    isolated: bool = False
    wraps: bool = False
    inner: frozenset[int] | None = None

    def out(self, frame: int) -> int | None:
        """The tags of what leaves the bridge; None where it does not leave.

        What is wrapped into an access VLAN, or holds a tag that is not among `inner`, leaves at times, and at times
        does not: its switch tells by what came just before.
        """
        if self.access and outermost(frame) == self.access:
            return unwrapped(frame)
        return frame if self._carries(frame) else None

    def into(self, frame: int) -> int | None:
        """The frame on the bridge that comes of one that has these tags outside; None where it does not come in.

        A trunk takes its native VLAN tagged, too.
        """
        if self.wraps:
            taken = self.inner is None or outermost(frame) in self.inner
            return wrapped(self.access, frame) if taken else None
        if self.access and frame == UNTAGGED:
            return self.access
        native = self.trunk is not None and 0 < self.access == outermost(frame)
        return frame if native or self._carries(frame) else None

    def _carries(self, frame: int) -> bool:
        return not self.access if self.trunk is None else outermost(frame) in self.trunk

    @property
    def vlans(self) -> frozenset[int]:
        """The VLANs that it speaks of."""
        return frozenset({self.access}) | (self.trunk or frozenset()) | (self.inner or frozenset())


ALL = Tags()


def crossed(near: Tags, far: Tags, frame: int) -> int | None:
    """What becomes of a frame that leaves a bridge by one link and comes into another by the other; None: nothing."""
    outside = near.out(frame)
    return None if outside is None else far.into(outside)


def crossed_evenly(near: Tags, far: Tags, frame: int) -> int | None:
    """The same of a frame that is kept, and to which an answer comes the same way back; None of others, too."""
    there = crossed(near, far, frame)
    if there is None or not (is_kept(frame) and is_kept(there)):
        return None
    return there if crossed(far, near, there) == frame else None
