"""Hosts in memory that are held up as long as a file is there: a run that lasts, a host that hangs, one that is silent.

The folder `$VNETSH_HELD` has the files: `apply` holds up every change, `undo` what takes one back, `hang-kvm2` whatever
is asked of that host; `silent-kvm2` has it not answer.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from vnetsh import cli
from vnetsh.backend import Progress
from vnetsh.errors import HostUnreachable
from vnetsh.model.change import Change
from vnetsh_demo.backend import DemoConnection
from vnetsh_demo.host import DemoHost

_FOLDER = Path(os.environ.get("VNETSH_HELD", "/nonexistent"))


def _hold() -> None:
    """Hold them up."""
    apply, answer = DemoConnection.apply, DemoHost.answer

    def held_apply(self: DemoConnection, changes: Sequence[Change], progress: Progress) -> None:
        began, file = time.monotonic(), "undo" if any(change.undo for change in changes) else "apply"
        while (_FOLDER / file).exists():
            progress(f"held up, {time.monotonic() - began:.0f} s")
            time.sleep(0.05)
        apply(self, changes, progress)

    def held_answer(self: DemoHost) -> None:
        while (_FOLDER / f"hang-{self.name}").exists():
            time.sleep(0.05)
        if (_FOLDER / f"silent-{self.name}").exists():
            raise HostUnreachable(f"{self.name} does not answer", help="wait for it")
        answer(self)

    DemoConnection.apply = held_apply  # type: ignore[method-assign]
    DemoHost.answer = held_answer  # type: ignore[method-assign]


if __name__ == "__main__":
    _hold()
    sys.exit(cli.main())
