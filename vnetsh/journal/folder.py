"""Where the runs of a user are written down."""

from __future__ import annotations

import os
import re
from pathlib import Path

from vnetsh.errors import VnetshError


class JournalFailed(VnetshError):
    """The journal cannot be written (a full disk, say), so nothing more may be done."""


def state_folder() -> Path:
    """Where the user's programs keep what they were at: vnetsh's part of it."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "vnetsh"


def folder() -> Path:
    """Where the user's runs are written down; mode 0700. Raises `JournalFailed` where it cannot be made."""
    found = Path("$HOME/.local/state")
    try:
        found = state_folder() / "runs"
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = found.stat()
        if about.st_uid == os.geteuid():
            if about.st_mode & 0o077:
                found.chmod(0o700)
            return found
    except (OSError, RuntimeError) as error:
        raise cannot_write(error, found) from error
    raise JournalFailed(
        f"the journal's folder {found} belongs to another user (number {about.st_uid})",
        help="who can write there can have you take back what you never did: set HOME or XDG_STATE_HOME to your own",
    )


_NAME = re.compile(r"([0-9]{6,})\.(?:run|open|live)\Z")


ASKED = ".cancel"
"""What a file is called whose run is asked to end."""


def run_files(folder: Path) -> dict[int, Path]:
    """What is named like a run's file, by number, the smallest first; where one has ended it is the ended one."""
    found: dict[int, Path] = {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):  # `.live`, `.open`, `.run`
        match = _NAME.match(entry.name)
        if match:
            found[int(match[1])] = Path(entry.path)
    return dict(sorted(found.items()))


def cannot_write(error: OSError | RuntimeError, where: Path) -> JournalFailed:
    """The error of a journal that cannot be written."""
    return JournalFailed(
        f"the journal cannot be written: {getattr(error, 'strerror', None) or error}",
        help=f"nothing is done that could not be taken back; make room for {getattr(error, 'filename', None) or where}",
    )
