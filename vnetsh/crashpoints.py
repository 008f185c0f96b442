"""Named points where a test ends the process at once (SIGKILL), to see that nothing is lost. Off but in tests.

`VNETSH_CRASH_AT=7` kills at the seventh point that is reached, a point's name where one of that name is;
`VNETSH_CRASH_LOG=FILE` writes each one's name.
With `VNETSH_CRASH_BY=SIGSTOP` it is stopped there instead, at each of that name.
"""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

_numbers = itertools.count(1)


def reached(name: str) -> None:
    """The work is at a point; nothing happens but in a test that asked for it."""
    at, log = os.environ.get("VNETSH_CRASH_AT"), os.environ.get("VNETSH_CRASH_LOG")
    if at is None and log is None:
        return
    number = next(_numbers)
    if log:
        with Path(log).open("a") as written:
            written.write(f"{name}\n")
    if at in (name, str(number)):
        os.kill(os.getpid(), signal.Signals[os.environ.get("VNETSH_CRASH_BY", "SIGKILL")])
