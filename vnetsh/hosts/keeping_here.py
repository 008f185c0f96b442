"""The records of runs on this machine itself: the same files as by `vnetsh.hosts.keeping_there`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from vnetsh.hosts.keeping_there import ELSEWHERE, FOLDER, KEPT, NOT_ROOT, ROOM


class ScribeHere:
    """Writes them at once. Never raises."""

    def __init__(self) -> None:
        self._folder = Path(os.environ.get(ELSEWHERE) or FOLDER)
        self._why = "" if os.geteuid() == 0 else NOT_ROOT
        try:
            self.names: Sequence[str] = [
                p.name for p in self._folder.iterdir() if p.suffix in (".open", ".told")
            ]
        except OSError:
            self.names = []

    def add(self, run: int, data: bytes, *, sync: bool, timeout: float) -> None:
        """Add to the record of a run."""
        if self._why:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            about = self._folder.lstat()
            if about.st_uid != 0 or about.st_mode & 0o022:
                raise OSError(0, f"{self._folder} is not a folder that only root can write to")
            path = self._folder / f"{run}.run"
            path = path if path.exists() else path.with_suffix(".open")
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                os.write(descriptor, data)
                if sync:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._why = error.strerror or str(error)

    def end(self, run: int, *, long: bool, timeout: float) -> None:
        """A run has ended: the oldest of too many go."""
        if self._why:
            return
        try:
            path = self._folder / f"{run}.open"
            path.rename(path.with_suffix(".run"))
            files = list(self._folder.iterdir())
            if long or len(files) > KEPT:
                room = ROOM << 20
                for number, path in enumerate(sorted(files, key=lambda p: -p.stat().st_mtime)):
                    room -= path.stat().st_size
                    if number >= KEPT or room < 0:
                        path.unlink()
        except OSError as error:
            self._why = error.strerror or str(error)

    def tell(self, run: int, line: bytes, *, ends: bool, others: bool, timeout: float) -> None:
        """Add to a run's record where there is one. `ends`: it is over by that; `others`: its maker is to find it."""
        kept = self._folder / f"{run}.run"
        if kept.exists() or (kept := kept.with_suffix(".open")).exists():
            self.add(run, b"\n" + line, sync=True, timeout=timeout)
            if ends and kept.suffix == ".open":
                self.end(run, long=False, timeout=timeout)
            if others and not self._why:
                kept.with_suffix(".told").touch(mode=0o600)

    def wait(self, timeout: float) -> str:
        """Why something was not done; empty where it was."""
        return self._why
