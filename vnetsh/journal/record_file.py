"""Files of records, a JSON object a line, that are only ever added to. The journal's runs are such files.

A record is added whole or, where there is no room for it, not at all.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]
LONGEST = 64 << 20
"""Bytes of a first record, which has the whole script."""


class RecordFile:
    """A new file, mode 0600, locked as long as it is open. Raises `FileExistsError`, other `OSError`."""

    def __init__(self, path: Path, first: Record) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            _append(self._descriptor, first)
        except OSError:
            self.close()
            path.unlink()
            raise
        self._beginning = os.fstat(self._descriptor).st_size

    @classmethod
    def again(cls, path: Path) -> RecordFile:
        """A file that is there. Raises `BlockingIOError` while somebody has it open, other `OSError`."""
        file = cls.__new__(cls)
        file._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
        try:
            fcntl.flock(file._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise
        return file

    def append(self, record: Record) -> None:
        """Add a record; it may be lost with the machine's power until `sync`. Raises `OSError`."""
        _append(self._descriptor, record)

    def sync(self) -> None:
        """Have all that was added on the disk. Raises `OSError`."""
        os.fsync(self._descriptor)

    def cut_to_first(self) -> None:
        """Drop all but the first record: what follows then needs no room of its own."""
        os.ftruncate(self._descriptor, self._beginning)

    def close(self) -> None:
        """Close the file, and so unlock it."""
        descriptor, self._descriptor = self._descriptor, -1  # whoever comes late must not write elsewhere
        os.close(descriptor)


def append(path: Path, record: Record) -> None:
    """Add a record to a file that is there, on a line of its own whatever a crash has left. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    try:
        _append(descriptor, record)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def whole_file(path: Path, found: Sequence[Record]) -> None:
    """Have these records, and no others, in a file, which is there whole or not at all. Raises `OSError`."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for record in found:
            _append(descriptor, record)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    new.rename(path)


def records_of(text: str) -> list[Record]:
    """The records of a file's text; what is none is passed over."""
    return list(_records(text.encode(errors="replace").splitlines()))


def line_of(record: Record) -> bytes:
    """A record as its line."""
    import json

    from vnetsh import quick_json

    try:
        return quick_json.dumps(record) + b"\n"
    except TypeError:
        return json.dumps(record).encode() + b"\n"


def read(path: Path) -> tuple[Sequence[Record], bool]:
    """The records of a file, and whether somebody has it locked. Raises `OSError`.

    Lines that are no records are passed over: a crash may leave the beginning of one. Of a file that begins with
    something else there is one empty record: it is not ours.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return [{}], False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            locked = False
        except BlockingIOError:
            locked = True
        if file.peek(1)[:1] not in (b"{", b""):
            return [{}], locked
        first = file.readline(LONGEST)
        if not first.strip():
            return [], locked
        return list(_records(chain([first], file))) if next(_records(iter([first])), None) else [{}], locked


def _records(lines: Iterable[bytes]) -> Iterator[Record]:
    import json  # here: a run that changes nothing needs them not

    from vnetsh import quick_json

    for line in lines:
        try:
            record = quick_json.loads(line)
        except ValueError:
            try:
                record = json.loads(line)  # which has half of a surrogate pair, in a file's name say
            except (ValueError, RecursionError):
                continue
        if isinstance(record, dict):
            yield record


def _append(descriptor: int, record: Record) -> None:
    data = line_of(record)
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        data = b"\n" + data
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise
