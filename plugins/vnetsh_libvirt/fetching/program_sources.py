"""Where a host's program has an image from that it does not ask for over HTTP. Python 3.7, standard library only."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import select
import signal
import struct
import subprocess
import time
from typing import Any, BinaryIO

from vnetsh_libvirt.fetching.program_placing import PIECE, digested
from vnetsh_libvirt.fetching.program_telling import Failed, Master, Meter

FRAME = struct.Struct(">QQ")
"""Before each piece of a file that another host sends: where it belongs, and how long it is."""

END = (1 << 64) - 1
"""The length of the last piece, which has nothing in it: where it belongs is the file's end."""

STILL = 60.0
"""Seconds without anything written after which a server is taken for gone."""

PERCENT = re.compile(rb"\((\d+\.\d+)/100%\)")
"""How far `qemu-img -p` is."""


def room(folder: str, needed: int) -> None:
    """Raises `Failed` where that much is not free."""
    free = os.statvfs(folder)
    if needed > free.f_bavail * free.f_frsize:
        raise Failed(
            "it takes %d MiB, and %d MiB are free there"
            % (needed >> 20, free.f_bavail * free.f_frsize >> 20),
            "free some in %s" % folder,
        )


def sent(file: BinaryIO, total: int, master: Master) -> str:
    """Write what comes by our input, which another host has; its digest. Zeros need not come."""
    digest, end, meter = hashlib.sha256(), 0, Meter("fetching")
    zeros = bytes(PIECE)

    def piece(most: int) -> bytes:
        data = os.read(0, most)
        if not data:
            master.gone()
        return data

    while True:
        head = b""
        while len(head) < FRAME.size:
            head += piece(FRAME.size - len(head))
        offset, left = FRAME.unpack(head)
        while end < offset:
            digest.update(zeros[: offset - end])
            end += min(PIECE, offset - end)
        if left == END:
            file.truncate(offset)
            return digest.hexdigest()
        file.seek(offset)
        while left:
            data = piece(min(left, PIECE))
            digest.update(data)
            left -= len(data)
            end += len(data)
            view = memoryview(data)
            while view:
                view = view[file.write(view) :]
            meter(end, total)


def with_us() -> None:
    """Have a program that we begin end when we do, however that comes."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def tool(command: list[str], file: BinaryIO, total: int, words: str) -> None:
    """Run qemu-img, and tell how far it is. Raises `Failed` with what it says."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=with_us,
        )
    except OSError as error:
        raise Failed("it has no qemu-img", "`apt-get install qemu-utils` there") from error
    assert process.stdout
    out = process.stdout.fileno()
    meter, said, seen, moved = Meter(words), b"", (b"0", 0), time.monotonic()
    while True:
        far = seen[0]
        if select.select([out], [], [], 1.0)[0]:
            data = os.read(out, 4096)
            if not data:
                break
            said = (said + data)[-8192:]
            far = (PERCENT.findall(said) or [far])[-1]
        now = far, os.fstat(file.fileno()).st_blocks
        if now != seen:
            seen, moved = now, time.monotonic()
        elif time.monotonic() - moved > STILL:
            process.kill()
            raise Failed("nothing has come for %d s" % STILL, "does its server answer?")
        meter(int(total * float(far) / 100), total)
    if process.wait():
        lines = PERCENT.sub(b"", said).decode(errors="replace").replace("\r", "\n").split("\n")
        why = [line.strip() for line in lines if line.strip()]
        raise Failed(why[-1] if why else "%s ended with %d" % (command[0], process.returncode))


def by_qemu(url: str, size: int, file: BinaryIO) -> str:
    """Have QEMU's own driver read a file of a server; the digest of what came."""
    path = "/proc/%d/fd/%d" % (os.getpid(), file.fileno())
    tool(["qemu-img", "convert", "-p", "-f", "raw", "-O", "raw", url, path], file, size, "fetching")
    file.truncate(size)  # QEMU counts in sectors
    return digested(path)


def made_of(disk: dict[str, Any], file: BinaryIO) -> str:
    """Copy a disk whole, and compare the copy with it; its digest. QEMU's lock is on the disk while it is read."""
    path = "/proc/%d/fd/%d" % (os.getpid(), file.fileno())
    new = ["-O", "qcow2", "-o", "compat=1.1"]
    tool(
        ["qemu-img", "convert", "-p", "-f", disk["format"], *new, disk["path"], path],
        file,
        disk["size"],
        "copying",
    )
    tool(
        ["qemu-img", "compare", "-p", "-f", disk["format"], "-F", "qcow2", disk["path"], path],
        file,
        disk["size"],
        "comparing",
    )
    os.fchmod(file.fileno(), 0o444)
    return digested(path)
