"""Where the runs of a user are written down."""

from __future__ import annotations

import os
from pathlib import Path

from vnetsh.errors import VnetshError


class JournalFailed(VnetshError):
    """The journal cannot be written (a full disk, say), so nothing more may be done."""


def folder() -> Path:
    """Where the user's runs are written down; mode 0700. Raises `JournalFailed` where it cannot be made."""
    state = os.environ.get("XDG_STATE_HOME")
    found = (Path(state) if state else Path.home() / ".local" / "state") / "vnetsh" / "runs"
    try:
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(error, found) from error
    return found


def cannot_write(error: OSError, where: Path) -> JournalFailed:
    """The error of a journal that cannot be written."""
    return JournalFailed(
        f"the journal cannot be written: {error.strerror}",
        help=f"nothing is done that could not be taken back; make room for {error.filename or where}",
    )
