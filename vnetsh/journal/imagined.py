"""A folder for the runs of hosts in memory, which ends with its process: also when that was killed, by the next one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "vnetsh-demo-runs-"


@dataclass(frozen=True)
class ImaginedFolder:
    """The folder, which is locked as long as its process is there."""

    path: Path
    _held: int

    @classmethod
    def make(cls) -> ImaginedFolder:
        """A new one; those of processes that are no more go."""
        _sweep()
        while True:
            path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            held = _lock(path)
            if held >= 0 and path.is_dir():  # else somebody swept it meanwhile
                return cls(path, held)

    def remove(self) -> None:
        """Have it gone."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._held)


def _lock(path: Path) -> int:
    """Its descriptor, with the lock; -1 where it is another's, or gone."""
    try:
        held = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return -1
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return -1
    return held


def _sweep() -> None:
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if path.lstat().st_uid == os.getuid() and (held := _lock(path)) >= 0:
                shutil.rmtree(path, ignore_errors=True)
                os.close(held)
