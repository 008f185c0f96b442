"""What a host's own Python runs to send a file of its own: piece by piece, without the holes in it.

Python 3.7 and its standard library only. When its input ends, it ends.
"""

from __future__ import annotations

import errno
import json
import os
import struct
import sys
import threading


def data_from(file: int, offset: int, size: int) -> tuple[int, int]:
    """Where there is something from there on, and where that ends."""
    try:
        begin = os.lseek(file, offset, os.SEEK_DATA)
        return begin, os.lseek(file, begin, os.SEEK_HOLE)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return size, size
        return offset, size  # a filesystem that does not know holes


def whole(data: bytes) -> None:
    """Write all of that."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def ends_with_input() -> None:
    """Nobody wants it any more."""
    while os.read(0, 1):
        pass
    os._exit(3)


def main() -> None:
    """What is asked stands in the first line of the input."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            return
        line += piece
    threading.Thread(target=ends_with_input, daemon=True).start()
    told, frame = json.loads(line), struct.Struct(">QQ")
    try:
        file = os.open(told["path"], os.O_RDONLY)
        before = os.fstat(file)
        offset = 0
        while offset < before.st_size:
            offset, end = data_from(file, offset, before.st_size)
            while offset < min(end, before.st_size):
                data = os.pread(file, min(1 << 20, end - offset, before.st_size - offset), offset)
                if not data:
                    sys.exit("%s has become shorter while it was read" % told["path"])
                whole(frame.pack(offset, len(data)) + data)
                offset += len(data)
        now = os.fstat(file)
        if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            sys.exit("%s was written to while it was read" % told["path"])
    except OSError as error:
        sys.exit("%s: %s" % (told["path"], error.strerror))
    whole(frame.pack(before.st_size, (1 << 64) - 1))
    os._exit(0)
