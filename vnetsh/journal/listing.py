"""The runs that are written down: one's own, and those of others as far as their hosts were looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vnetsh.journal import books, record_file as records
from vnetsh.journal.folder import ASKED, cannot_write, run_files
from vnetsh.journal.runs import Run


def runs(folder: Path) -> Iterator[Run]:
    """All runs that are written down there, the newest first; those of others are not among them."""
    for path in reversed(run_files(folder).values()):
        found = _read(path) or _read(path.with_suffix(".run"))
        if found and found.records:
            yield found


def of_others(folder: Path) -> list[Run]:
    """The runs that others have made, as far as their hosts were looked at, the newest first."""
    found = runs(folder / books.OTHERS) if (folder / books.OTHERS).is_dir() else ()
    return sorted((run for run in found if run.readable), key=lambda run: run.time, reverse=True)


def of_all(folder: Path) -> list[Run]:
    """One's own runs and those of others, the newest first; where two began at once, one's own order."""
    found = [*of_others(folder), *runs(folder)]
    return sorted(found, key=when, reverse=True)


def when(run: Run) -> float:
    """When a run began; of what is none, when somebody wrote it."""
    try:
        return run.time.timestamp() if run.readable else run.path.lstat().st_mtime
    except OSError:
        return 0.0


def cut_off(folder: Path, *, others: bool = True) -> list[Run]:
    """The runs that ended without a word, the oldest first; also those of others, as they were last seen."""
    paths = [*run_files(folder).values()]
    if others and (folder / books.OTHERS).is_dir():
        paths += run_files(folder / books.OTHERS).values()
    found = [_read(path) for path in paths if path.suffix == ".open"]
    return sorted((run for run in found if run and run.cut_off), key=lambda run: run.time)


def under_way(folder: Path) -> list[Run]:
    """The runs that somebody is making just now, the oldest first."""
    found = [_read(path) for path in run_files(folder).values() if path.suffix == ".open"]
    return [run for run in found if run and run.alive and run.readable]


def ask_to_end(run: Run, who: str, *, again: bool = False) -> None:
    """Have whoever makes a run break it off and take it back; `who` asks. Raises `JournalFailed`.

    `again`: it was asked for before, and what hangs is not to be waited for.
    """
    path = run.path.with_suffix(ASKED)
    try:
        with path.open("a" if again else "w") as file:
            file.write(f"{who}\n")
    except OSError as error:
        raise cannot_write(error, path) from error


def again(run: Run) -> Run:
    """A run as its journal tells it now."""
    return _read(run.path) or _read(run.path.with_suffix(".run")) or run


def _read(path: Path) -> Run | None:
    """A run; None when it is not there (any more: it has ended just now, or was too old)."""
    try:
        found, alive = records.read(path)
    except FileNotFoundError:
        return None
    except OSError:  # another user's, or no file: it is in the list, and that is all
        found, alive = [{}], False
    return Run(int(path.stem), path, found, alive or path.suffix == ".live")
