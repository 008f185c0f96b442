"""The longest time without an answer, of probes that are sent all the time and of which some are answered. Pure.

Sent to hosts together with `prober`: it needs nothing but Python 3.7.
"""

from __future__ import annotations


class Gaps:
    """Of probes that are due every `interval` seconds, which may change. Times are in seconds, of one clock.

    ARP's answers carry no number, so what counts is the time between two of them. A probe that was sent late, for the
    prober itself was not let run, makes that longer than the VM was away: before the first probe that got no answer,
    and before the first that got one again, nobody asked. So much is taken off, and is told as `late`.
    """

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.sent = 0
        self.answers = 0
        self.longest = 0.0
        self.began = 0.0
        self.ended = 0.0
        self.late = 0.0
        self._last_answer = 0.0
        self._last_sent = 0.0
        self._open = 0  # probes since the last answer
        self._opening = 0.0  # how late the first of them was
        self._closing = 0.0  # and the last of several

    def send(self, at: float) -> None:
        """A probe is sent; those before the first answer do not count."""
        if not self.answers:
            self._last_sent = at
            return
        late = max(0.0, at - max(self._last_sent + self.interval, self._last_answer))
        if self._open:
            self._closing = late
        else:
            self._opening, self._closing = late, 0.0
        self._open += 1
        self._last_sent = at
        self.sent += 1

    def answer(self, at: float) -> None:
        """An answer has come."""
        if self.answers:
            self._note(at, self._opening + self._closing)
        self.answers += 1
        self._last_answer = at
        self._open, self._opening, self._closing = 0, 0.0, 0.0

    def _note(self, until: float, late: float) -> None:
        gap = until - self._last_answer - late
        if gap > self.longest:
            self.longest, self.began, self.ended, self.late = gap, self._last_answer, until, late

    def silent(self, now: float) -> float:
        """Seconds without an answer until now."""
        since = max(0.0, now - self._last_sent - self.interval) if self._open else now - self._last_answer
        return max(0.0, now - self._last_answer - self._opening - since)

    def end(self, now: float) -> None:
        """No more is sent: where nothing answers any more, that is a gap, too."""
        if self.answers and self._open and self.silent(now) > self.longest:
            self.longest, self.late = self.silent(now), self._opening
            self.began, self.ended = self._last_answer, now

    def restart(self) -> None:
        """Only what comes now counts."""
        self.longest, self.began, self.ended, self.late = 0.0, 0.0, 0.0, 0.0
        self.sent, self.answers = self._open, min(self.answers, 1)

    @property
    def lost(self) -> int:
        """Probes without an answer; those after the last answer count only where nothing answers any more."""
        waiting = self._open if self.began != self._last_answer else 0
        return max(0, self.sent - waiting - (self.answers - 1)) if self.answers else 0
