"""Runs of several people. Each journal is a book with a number of its own, so that no two runs have the same name.

A run's own number is small; with its book's number before it it is like no other: so it is known on the hosts, and here
those of others are. In a record that is not ours a small number is one of its own book.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from vnetsh.journal.folder import cannot_write

OTHERS = "others"
"""Of the folder of runs: where what others have done is, as far as it was looked at."""
SHIFT = 32
LARGEST = 1 << 31
"""No run of one's own has such a number, whatever lies about in its folder."""


def book_of(folder: Path) -> int:
    """The number of the book that a folder of runs is; made where it has none. Raises `JournalFailed`."""
    path = folder / "book"
    try:
        found = _number(path)
        if not found:
            new = path.with_suffix(f".{os.getpid()}")
            new.write_text(f"{int.from_bytes(os.urandom(4), 'big') >> 1 or 1}\n")
            new.chmod(0o600)
            with suppress(FileExistsError):  # of two that make it at once one is the first
                path.hardlink_to(new)
            new.unlink(missing_ok=True)
            found = _number(path)
    except OSError as error:
        raise cannot_write(error, path) from error
    return found


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0


def book(number: int) -> int:
    """The book of a run; 0 of one's own."""
    return number >> SHIFT


def short(number: int) -> int:
    """A run's number in its book."""
    return number & ((1 << SHIFT) - 1)


def whole(number: int, of: int) -> int:
    """The number that is like no other of one that stands in that book; 0 is no run."""
    return number if book(number) or not number else of << SHIFT | number


def here(number: int, of: int, path: Path) -> int:
    """The number by which a run is known here, of one that stands in the record `path` of that book (0: our own)."""
    if not book(number) and (not of or not number):
        return number
    found = whole(number, of)
    folder = path.parent.parent if path.parent.name == OTHERS else path.parent
    return short(found) if book(found) == _number(folder / "book") else found
