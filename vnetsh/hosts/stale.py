"""What connections that are over have left in the folder of their sockets: cleared, as far as nobody may need it."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from vnetsh.hosts.mux import listens

_OLD = 3600.0
"""Seconds after which nobody has just begun to open a connection; an unused one ends after a minute."""
_MOST = 100
"""Connections that are cleared at a time: nobody waits for thousands."""
_NAME = re.compile(r"([0-9a-f]{12})(?:[.-].*)?")
_RELAY = re.compile(r"[0-9a-f]{12}-[0-9a-f]{8}-([0-9]+)")  # a process's own, not its master's


def clear_stale(folder: Path, but: str) -> None:
    """Remove sockets, logs and locks of connections that ended long ago; `but` is being opened. Never raises."""
    with suppress(OSError):
        old = time.time() - _OLD
        found: dict[str, list[os.DirEntry[str]]] = {}
        with os.scandir(folder) as entries:
            for entry in entries:
                name = _NAME.fullmatch(entry.name)
                if name and name[1] != but:
                    found.setdefault(name[1], []).append(entry)
        cleared = 0
        for base, files in found.items():
            if cleared < _MOST and _is_over(files, old):
                cleared += 1
                _remove(folder / f"{base}.lock", [Path(file.path) for file in files], old)


def _is_over(files: Sequence[os.DirEntry[str]], old: float) -> bool:
    """Whether nothing was made for long, no master lives, and no process that has a relay beside it."""
    try:
        if any(file.stat(follow_symlinks=False).st_mtime > old for file in files):
            return False
    except OSError:  # it has just gone: somebody is at work
        return False
    relays = [int(relay[1]) for file in files if (relay := _RELAY.fullmatch(file.name))]
    if any(Path(f"/proc/{process}").exists() for process in relays):
        return False
    return not any(listens(Path(file.path)) for file in files if "-" not in file.name)


def _remove(lock: Path, files: Sequence[Path], old: float) -> None:
    """Remove a connection's files, its lock last and only as long as nobody else has it, or has just come for it."""
    with suppress(OSError), lock.open("r") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(held.fileno()).st_mtime > old:  # whoever opens it to take it sets its time
            return
        for file in files:
            if file != lock:
                file.unlink(missing_ok=True)
        lock.unlink()
