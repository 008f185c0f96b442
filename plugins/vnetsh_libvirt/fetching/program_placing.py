"""How a fetched file comes to its name, and what stands beside it. Python 3.7 and its standard library only."""

from __future__ import annotations

import errno
import fcntl
import glob
import hashlib
import json
import os
import socket
import struct
import subprocess
from typing import Any, BinaryIO

from vnetsh_libvirt.fetching.program_telling import Master, Meter

PIECE = 1 << 20
PART = ".vnetsh-image-"
"""Begins the name of a file that cannot be without one."""
MAGIC = b"vnetsh image\n"
"""Begins the file beside an image that says where it came from."""


def digested(path: str) -> str:
    """The digest of a file that is there."""
    digest, meter, done = hashlib.sha256(), Meter("checking"), 0
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        while True:
            piece = file.read(PIECE)
            if not piece:
                return digest.hexdigest()
            digest.update(piece)
            done += len(piece)
            meter(done, size)


def unnamed(folder: str, master: Master) -> BinaryIO:
    """A new file without a name, or with one that only such files have."""
    try:
        return os.fdopen(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o644), "w+b", buffering=0)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL):
            raise
    for left in glob.glob(os.path.join(glob.escape(folder), PART + "*")):
        try:
            with open(left, "rb") as old:
                fcntl.flock(old, fcntl.LOCK_EX | fcntl.LOCK_NB)  # of one that lives it cannot be had
                os.unlink(left)
        except OSError:
            pass
    path = os.path.join(folder, PART + "%s-%d" % (socket.gethostname(), os.getpid()))
    file = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644), "w+b", buffering=0)
    fcntl.flock(file, fcntl.LOCK_EX)
    master.part = path
    return file


def named(file: BinaryIO, path: str, master: Master) -> None:
    """Give it its name, which nothing has; or the error that says that something has."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        if master.part:
            os.link(master.part, path)
            os.unlink(master.part)
            master.part = ""
        else:
            name = os.path.basename(path)
            os.link("/proc/self/fd/%d" % file.fileno(), name, dst_dir_fd=folder, follow_symlinks=True)
        os.fsync(folder)
    finally:
        os.close(folder)


def identity(file: BinaryIO) -> str:
    """Inode and birth, as vnetsh writes them down."""
    told = ["stat", "-L", "--printf", "%i %.9W", "/proc/self/fd/%d" % file.fileno()]
    return subprocess.run(told, pass_fds=[file.fileno()], stdout=subprocess.PIPE, check=True).stdout.decode()


def mark_path(path: str) -> str:
    """The file beside an image."""
    return os.path.join(os.path.dirname(path), ".%s.vnetsh" % os.path.basename(path))


def marked(path: str, found: os.stat_result, mark: dict[str, Any]) -> str:
    """Write beside an image where it came from, and by what it is known again; the identity of that file."""
    told = dict(mark, inode=found.st_ino, size=found.st_size, written="%d" % found.st_mtime_ns)
    new = mark_path(path) + ".new"
    with open(new, "wb") as file:
        file.write(MAGIC + json.dumps(told).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
        made = identity(file)
    os.replace(new, mark_path(path))
    return made


def builds_on(file: BinaryIO) -> str:
    """The name of what a qcow2 image builds on, or has its data in; empty where it is whole."""
    head = os.pread(file.fileno(), 4096, 0)
    if head[:4] != b"QFI\xfb" or len(head) < 104:
        return ""
    version, offset, length = struct.unpack_from(">IQI", head, 4)
    if (
        version >= 3 and struct.unpack_from(">Q", head, 72)[0] & 4
    ):  # qcow2's incompatible features: external data
        return "a file with its data"
    return head[offset : offset + length].decode(errors="replace") if offset else ""
