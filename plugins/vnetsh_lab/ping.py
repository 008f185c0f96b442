"""What a ping that ran in a guest tells: how many replies were lost, and the longest time without one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from itertools import pairwise

LOG = "/tmp/ping.log"
_PID = "/tmp/ping.pid"
_YOUNG = 1.0  # seconds: a request without a reply that is younger at the end may still have one under way


@dataclass(frozen=True)
class PingReport:
    """A ping that was stopped.

    `sent` leaves out the requests of the last second that were not answered yet. `longest_gap` is the longest
    time between two replies that follow each other, in ms, by the clock of the guest that pings; without any loss it
    is about the interval. That clock stands still while the guest itself is moved: to measure a migration, ping
    from a guest that stays.
    """

    sent: int
    received: int
    interval: float
    longest_gap: float

    @property
    def lost(self) -> int:
        """Requests that got no reply."""
        return self.sent - self.received

    def __str__(self) -> str:
        counts = f"{self.sent} sent, {self.received} received, {self.lost} lost"
        return f"{counts}, longest gap {self.longest_gap:.0f} ms"


def start_command(target: str, interval: float) -> str:
    """The guest's command that starts a ping in the background, each line of it with the time."""
    ping = f"echo $$ >{_PID}; exec ping -i {interval:g} {shlex.quote(target)} 2>&1"
    return f"rm -f {LOG}; (sh -c {shlex.quote(ping)} | ts %.s >{LOG} &)"


def stop_command() -> str:
    """The guest's command that ends the ping and prints what `report` reads.

    Lines: `TIME start`, `TIME SEQ` for each reply, and `TIME sent N`.
    """
    wait = f"n=0; while ! grep -q transmitted {LOG} && [ $n -lt 60 ]; do usleep 50000; n=$((n+1)); done"
    reply = r"s/^\([0-9.]*\) .* seq=\([0-9]*\) .*/\1 \2/p"
    start = r"s/^\([0-9.]*\) PING .*/\1 start/p"
    total = r"s/^\([0-9.]*\) \([0-9]*\) packets transmitted.*/\1 sent \2/p"
    return f"kill -INT $(cat {_PID}); {wait}; sed -n -e '{start}' -e '{reply}' -e '{total}' {LOG}"


def report(text: str, interval: float) -> PingReport:
    """Read what `stop_command` printed. Raises `ValueError` when the ping's own count is missing."""
    replies: dict[int, float] = {}  # a duplicate counts once, by its first
    sent, started, stopped = None, None, 0.0
    for words in (line.split() for line in text.splitlines()):
        if len(words) == 3 and words[1] == "sent":
            stopped, sent = float(words[0]), int(words[2])
        elif len(words) == 2 and words[1] == "start":
            started = float(words[0])
        elif len(words) == 2:
            replies.setdefault(int(words[1]), float(words[0]))
    if sent is None or started is None:
        raise ValueError(f"not the whole log of a ping: {text[-200:]!r}")
    # Those sent in the last second are judged only up to the last that was answered.
    judged = max(max(replies, default=-1) + 1, sent - round(_YOUNG / interval))
    times = sorted(replies.values())
    if 0 not in replies:
        times.insert(0, started)  # silence at the beginning or the end is a gap too
    if judged - 1 not in replies:
        times.append(stopped)
    gap = max((later - earlier for earlier, later in pairwise(times)), default=0.0)
    return PingReport(max(judged, 0), len(replies), interval, gap * 1000)
