"""What was measured of a move, as the report and the journal have it. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """What one probe saw: from which host, of which NIC; the longest gap, and from when to when that was, in seconds.

    `ahead`: so many seconds the clock of that host was ahead of ours.
    """

    host: str
    bridge: str
    mac: str
    address: str
    gap: float
    late: float
    began: float
    sent: int
    lost: int
    ended: float = 0.0
    ahead: float = 0.0


@dataclass(frozen=True)
class Findings:
    """All that was seen of a VM's move; `downtime` is libvirt's own, in milliseconds, None where it does not tell.

    `why` says of each probe that saw nothing why that is so.
    """

    vm: str
    seen: Sequence[Seen] = ()
    why: Sequence[str] = ()
    downtime: int | None = None
    said: Sequence[str] = ()

    @property
    def worst(self) -> Seen | None:
        """What saw the longest gap."""
        return max(self.seen, key=lambda one: one.gap, default=None)

    @property
    def gap(self) -> int | None:
        """The longest gap in milliseconds; None where nothing was measured."""
        worst = self.worst
        return None if worst is None else round(worst.gap * 1000)

    @property
    def away(self) -> int | None:
        """The milliseconds in which it answered nobody: those that are in the longest gaps of all who saw it.

        What a single one has beyond that is the network's, which found it later from there. None where the gaps have
        nothing in common, so that they are not one.
        """
        if not self.seen:
            return None
        began = max(one.began - one.ahead for one in self.seen)
        ended = min(one.ended - one.ahead for one in self.seen)
        return round((ended - began) * 1000) if ended > began else None

    @property
    def sentence(self) -> str:
        """For the report."""
        worst, parts = self.worst, list[str]()
        if worst:
            late = (
                f", without {worst.late * 1000:.0f} ms in which nobody asked" if worst.late >= 0.001 else ""
            )
            of = f" of {len(self.seen)} probes" if len(self.seen) > 1 else ""
            parts.append(f"gap {self.gap} ms (the longest{of}, seen from {worst.host}{late})")
            if self.away is not None and len(self.seen) > 1:
                parts.append(f"nobody had an answer for {self.away} ms of it")
            parts.append(f"{worst.lost} of {worst.sent} probes lost")
        else:
            parts.append(f"its gap was not measured: {'; '.join(self.why) or 'nobody probed it'}")
        if self.downtime is not None:
            parts.append(f"libvirt's downtime {self.downtime} ms")
        return f"{self.vm}: " + "; ".join([", ".join(parts), *self.said])

    @property
    def data(self) -> Mapping[str, object]:
        """For `-o json`."""
        return {
            "gap_ms": self.gap,
            "away_ms": self.away,
            "downtime_ms": self.downtime,
            "probes": [
                {
                    "host": one.host,
                    "bridge": one.bridge,
                    "mac": one.mac,
                    "address": one.address,
                    "gap_ms": round(one.gap * 1000, 1),
                    "late_ms": round(one.late * 1000, 1),
                    "began": _time(one.began),
                    "sent": one.sent,
                    "lost": one.lost,
                }
                for one in self.seen
            ],
            "not_measured": list(self.why),
            "notes": list(self.said),
        }


def _time(seconds: float) -> str | None:
    """A time by the clock of the host that saw it."""
    if not seconds:
        return None
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03}Z"


def joined(reasons: Iterable[str]) -> list[str]:
    """Each reason once."""
    return list(dict.fromkeys(reasons))
