"""How a program on a host begins and ends: by what it is told in its first line, and by signals.

Sent to hosts together with `prober`, or `trier`: it needs nothing but Python 3.7.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

ENDING = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


def first_line() -> Any:
    """What it is told, as JSON; None where that does not come. From here on signals end it in order."""
    os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"

    def ended(number: int, frame: object) -> None:
        sys.exit(1)

    for number in ENDING:
        signal.signal(number, ended)
    text = b""
    while not text.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return None
        text += byte
    return json.loads(text)


def unbroken() -> None:
    """Have signals break off nothing any more: it is ending."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
