"""Long work that goes on by itself, seen to its end."""

from __future__ import annotations

import time
from contextlib import suppress

from vnetsh.backend import Job, Progress

_LOOK = 0.2  # seconds between two looks at a job


def see_through(job: Job, progress: Progress) -> None:
    """See a job to its end; one that the user breaks off takes back what it did before that is said."""
    broken_off = False
    while not (state := job.look()).ended:
        try:
            progress(state.text, state.fraction)
        except KeyboardInterrupt:
            with suppress(Exception):  # it never raises; one that does all the same goes on to its end
                job.cancel()
            broken_off = True
            progress = _unheard
        time.sleep(_LOOK)
    if broken_off:
        raise KeyboardInterrupt


def _unheard(text: str, fraction: float | None = None) -> None:
    """The user has broken it off already."""
