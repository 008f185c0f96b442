"""What was typed, in this shell and in earlier ones, also in those that run beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from vnetsh.journal.folder import state_folder


class _SharedHistory(FileHistory):
    """Each entry goes into the file at once: several shells may write. What fails there disturbs nobody's typing."""

    def load_history_strings(self) -> Iterable[str]:
        """All that is there, the newest first."""
        with suppress(OSError):
            return list(super().load_history_strings())
        return []

    def store_string(self, string: str) -> None:
        """Add an entry, in the format of prompt-toolkit."""
        lines = "".join(f"+{line}\n" for line in string.split("\n"))
        entry = f"\n# {datetime.now()}\n{lines}".encode(errors="replace")
        with suppress(OSError):
            file = os.open(self.filename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, entry)
            finally:
                os.close(file)


def history() -> History:
    """What was typed in earlier sessions; of this one only, where it cannot be kept."""
    try:
        folder = state_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / "history"
        file.touch(mode=0o600)
        with file.open("a+b"):
            return _SharedHistory(str(file))
    except (OSError, RuntimeError):
        return InMemoryHistory()
