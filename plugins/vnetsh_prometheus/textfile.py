"""The textfile: read, changed and written anew as a whole, by one vnetsh after the other."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vnetsh.errors import VnetshError
from vnetsh_prometheus.text import Metrics, read, text

HEAD = "# Written by vnetsh after each run; it reads its counters here again.\n"
PATIENCE = 2.0
"""Seconds to wait for another vnetsh that is writing."""
_LARGEST = 64 << 20


def update(path: Path, change: Callable[[Metrics], Metrics]) -> None:
    """Change the metrics of a file. Whoever reads it sees it as it was or as it will be. Raises `VnetshError`."""
    try:
        path = path.resolve()  # a link stays a link
        with _alone(path.parent):
            written = text(change(_known(path)))
            new = path.with_name(
                f".{path.name}.new"
            )  # no name that a collector reads; alone, so it is no other's
            new.unlink(missing_ok=True)  # of one that was killed, or a link of somebody's
            try:
                with new.open("x", encoding="utf-8", newline="\n") as file:
                    os.fchmod(file.fileno(), 0o644)  # the collector is another user
                    file.write(HEAD + written)
                    file.flush()
                    os.fsync(file.fileno())
                new.replace(path)
            finally:
                new.unlink(missing_ok=True)
    except OSError as error:
        raise VnetshError(f"the metrics in {path} are not written: {error.strerror}") from error


def _known(path: Path) -> Metrics:
    """What is there. A file that somebody else wrote is left alone. Raises `VnetshError`, `OSError`."""
    try:
        with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            head = file.readline(len(HEAD))
            if head and head != HEAD:
                raise VnetshError(
                    f"{path} is not vnetsh's: it is left as it is; set VNETSH_METRICS to another one"
                )
            return read(file.read(_LARGEST))
    except FileNotFoundError:
        return {}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder. Raises `VnetshError` where another vnetsh does not let go of it, `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise VnetshError(
                        f"the metrics in {folder} are not written: another vnetsh is at it"
                    ) from None
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)
