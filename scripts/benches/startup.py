"""Start-up of the command."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

from contest import Contestant, compare, timed


def startup() -> None:
    """A process of its own each."""
    bin = Path(sys.executable).parent

    def process(*argv: str) -> Contestant:
        run = partial(subprocess.run, argv, check=True, stdout=subprocess.DEVNULL)
        run()
        return lambda: timed(run)

    compare(
        "start-up; goals: × 1.25 and × 6",
        {
            "python -c pass": process(str(bin / "python"), "-c", "pass"),
            "vnetsh --version": process(str(bin / "vnetsh"), "--version"),
            "vnetsh --demo -c 'show hosts'": process(str(bin / "vnetsh"), "--demo", "-c", "show hosts"),
        },
        rounds=21,
    )
