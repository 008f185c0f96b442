"""Long work that goes on by itself, seen to its end."""

from __future__ import annotations

import time
from contextlib import suppress

from vnetsh.backend import Job, JobState, Progress

_LOOK = 0.2  # seconds between two looks at a job that has nothing new to tell


def see_through(job: Job, progress: Progress) -> None:
    """See a job to its end; one that the user breaks off takes back what it did before that is said."""
    broken_off, wait = False, getattr(job, "wait", time.sleep)
    known: JobState | None = None
    while not (state := job.look()).ended:
        try:
            progress(state.text, state.fraction)
        except KeyboardInterrupt:
            with suppress(Exception):  # it never raises; one that does all the same goes on to its end
                job.cancel()
            broken_off = True
            progress = _unheard
        if state == known:
            wait(_LOOK)
        known = state
    if broken_off:
        raise KeyboardInterrupt


def _unheard(text: str, fraction: float | None = None) -> None:
    """The user has broken it off already."""
