"""A folder for ssh's connections of one test alone, all of which end with it."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from uplink_hosts import masters
from waiting import eventually


@contextmanager
def own_runtime() -> Iterator[Path]:
    """A short one: the path of a unix socket has few characters."""
    folder = Path(tempfile.mkdtemp())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        try:
            yield folder
        finally:
            for pid in masters(folder):
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGTERM)
            assert eventually(lambda: not masters(folder))  # each takes its socket away itself
            shutil.rmtree(folder)
