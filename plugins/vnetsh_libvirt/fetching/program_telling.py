"""A fetching program's words to who began it, and that it ends with that. Python 3.7 and its standard library only."""

from __future__ import annotations

import json
import os
import sys
import threading
import time

SAID = 0.2
"""Seconds between two words on how far it is."""


class Failed(Exception):
    """It cannot be done: why, and what helps."""

    def __init__(self, why: str, help: str = "") -> None:
        super().__init__(why)
        self.help = help


def say(**what: object) -> None:
    """Tell whoever asked."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Master:
    """Who told us to do this; when that ends, so do we, but in the moment in which the file gets its name."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.naming = threading.Lock()
        self.part = ""

    def heard(self) -> None:
        """From now on nothing comes by our input but the word to go on."""
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        """Until there is nobody any more."""
        while os.read(0, 1):
            self.go.set()
        self.gone()

    def gone(self) -> None:
        """There is nobody any more: end, and leave nothing."""
        with self.naming:
            if self.part:
                os.unlink(self.part)
            os._exit(3)


class Meter:
    """Tells now and then how far it is."""

    def __init__(self, what: str) -> None:
        self.what, self.last = what, 0.0

    def __call__(self, done: int, total: int | None) -> None:
        """So many bytes of those in all."""
        now = time.monotonic()
        if now - self.last >= SAID:
            self.last = now
            say(state=self.what, done=done, total=total or 0)
