"""How long a live migration will take, and how long the guest will pause: pre-copy as QEMU does it, reckoned. Pure.

QEMU sends all memory, then what the guest has written meanwhile, again and again, until the rest goes in one pause of
the length that is allowed. A guest that writes faster than can be sent never comes to that point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SETUP = 2.4
"""Seconds that a migration takes besides its data: both daemons talk, a QEMU is started at the target.

On two cores without KVM bare virsh takes 2.1 to 2.5 s, and vnetsh half a second more. With KVM it is less, and then a
small vm's move is over before it is said to be.
"""

HANDOVER = 100.0
"""Milliseconds of the pause besides its data: devices' state is sent, and the other QEMU goes on."""

USUAL_RATE = 400 * 10**6
"""Bytes in a second that one stream sends where nothing limits it."""

DOWNTIME = 300
"""Milliseconds that QEMU may pause a guest where nothing is said."""

_ROUNDS = 50
_LEAST = 2**20
"""Bytes that a guest writes that does nothing; what others write is known no better."""


@dataclass(frozen=True, slots=True)
class Writes:
    """What a guest writes: bytes of memory in a second, and of how many in all it writes to again and again."""

    rate: float = 0.0
    often: float = math.inf

    @classmethod
    def seen(cls, one: float, three: float) -> Writes:
        """From the bytes that were written to in one second, and in three: where that is less, it was to the same."""
        if not one:
            return cls(three / 3)
        times = min(max(three / one, 1.0), 3.0)
        # The part of them that a second leaves alone: 1 + stays + stays² = times.
        stays = (math.sqrt(4 * times - 3) - 1) / 2
        if stays > 0.95:
            return cls(one)
        often = one / (1 - stays)
        return cls(often * -math.log(max(stays, 0.01)), often)

    def within(self, seconds: float, memory: int) -> float:
        """The bytes that are written to in so long, of so many that there are."""
        if math.isinf(self.often):
            return min(self.rate * seconds, memory)
        return min(self.often * (1 - math.exp(-self.rate * seconds / self.often)), memory)

    def slowed(self, percent: int) -> Writes:
        """The same of a guest from which so much of its time is taken."""
        return Writes(self.rate * (100 - percent) / 100, self.often)


@dataclass(frozen=True, slots=True)
class Load:
    """What there is to send: bytes of memory and of disks, and what the guest writes meanwhile."""

    memory: int
    disks: int
    writes: Writes


@dataclass(frozen=True, slots=True)
class Forecast:
    """`seconds` in all, `pause` in milliseconds; `ends` is False where pre-copy alone would go on for ever."""

    seconds: float
    pause: float
    ends: bool = True


def forecast(load: Load, rate: int, downtime: int = DOWNTIME) -> Forecast:
    """Of a load at so many bytes a second, with a pause of so many milliseconds at most."""
    seconds = SETUP + load.disks / rate
    rest = float(load.memory)
    for _ in range(_ROUNDS):
        if rest <= max(rate * downtime / 1000, _LEAST):
            return Forecast(seconds + rest / rate, HANDOVER + 1000 * rest / rate)
        took = rest / rate
        seconds += took
        written = load.writes.within(took, load.memory)
        if written > 0.95 * rest:
            break
        rest = written
    return Forecast(seconds, 0.0, ends=False)


def after_post_copy(load: Load, rate: int) -> Forecast:
    """The same where the guest goes on at the target as soon as all memory was sent once."""
    first = load.memory / rate
    rest = load.writes.within(first, load.memory)
    again = 2 * rest / rate  # once more before it is seen to be in vain
    return Forecast(SETUP + load.disks / rate + first + again, HANDOVER)


def slowed_down(load: Load, rate: int, downtime: int = DOWNTIME) -> Forecast:
    """The same where QEMU slows the guest down for as long as it writes too fast.

    By 20 % after two rounds, then by 10 % more after each two, to 99 % at most (QEMU's own defaults).
    """
    seconds, rest, throttle = SETUP + load.disks / rate, float(load.memory), 0
    for number in range(1, 2 * _ROUNDS):
        if rest <= max(rate * downtime / 1000, _LEAST):
            return Forecast(seconds + rest / rate, HANDOVER + 1000 * rest / rate)
        took = rest / rate
        seconds += took
        if number % 2 == 0:
            throttle = min(throttle + 10, 99) if throttle else 20
        rest = load.writes.slowed(throttle).within(took, load.memory)
    return Forecast(seconds, 0.0, ends=False)
