"""One file of an NFS server, by libnfs, which QEMU's own driver brings: what `remote_files.ask_nfs` asks a host for.

Usage: nfs_file.py stat|used|create|remove|list|link|rename URL UID GID [IDENTITY|NAME]. Exit code 3: no such file.
"""

from __future__ import annotations

import ctypes
import os
import sys

FIELDS = (
    "dev ino mode nlink uid gid rdev size blksize blocks atime mtime ctime atime_ns mtime_ns ctime_ns used"
)


class Url(ctypes.Structure):
    """`struct nfs_url` of nfsc/libnfs.h."""

    _fields_ = [(name, ctypes.c_char_p) for name in ("server", "path", "file")]


class Stat(ctypes.Structure):
    """`struct nfs_stat_64`."""

    _fields_ = [(name, ctypes.c_uint64) for name in FIELDS.split()]


class Entry(ctypes.Structure):
    """`struct nfsdirent`, as far as it is needed."""


Entry._fields_ = [
    ("next", ctypes.POINTER(Entry)),
    ("name", ctypes.c_char_p),
    ("inode", ctypes.c_uint64),
    ("type", ctypes.c_uint32),
    ("mode", ctypes.c_uint32),
    ("size", ctypes.c_uint64),
]


def library() -> ctypes.CDLL:
    """Of any version that QEMU may have been built with."""
    for number in (16, 14, 13, 12, 11, 8):
        try:
            return ctypes.CDLL(f"libnfs.so.{number}")
        except OSError:
            continue
    sys.exit("libnfs is not there")


def main(what: str, url: str, uid: str, gid: str, word: str = "") -> None:
    """Do it, and print what came of it."""
    nfs = library()
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    nfs.nfs_init_context.restype = pointer
    nfs.nfs_get_error.restype, nfs.nfs_get_error.argtypes = text, [pointer]
    nfs.nfs_parse_url_full.restype, nfs.nfs_parse_url_full.argtypes = ctypes.POINTER(Url), [pointer, text]
    nfs.nfs_set_uid.argtypes = nfs.nfs_set_gid.argtypes = [pointer, number]
    nfs.nfs_set_timeout.argtypes = [pointer, number]
    nfs.nfs_mount.argtypes = [pointer, text, text]
    nfs.nfs_stat64.argtypes = [pointer, text, ctypes.POINTER(Stat)]
    nfs.nfs_create.argtypes = [pointer, text, number, number, ctypes.POINTER(pointer)]
    nfs.nfs_unlink.argtypes = [pointer, text]
    nfs.nfs_link.argtypes = nfs.nfs_rename.argtypes = [pointer, text, text]
    nfs.nfs_opendir.argtypes = [pointer, text, ctypes.POINTER(pointer)]
    nfs.nfs_readdir.restype, nfs.nfs_readdir.argtypes = ctypes.POINTER(Entry), [pointer, pointer]
    context = nfs.nfs_init_context()
    nfs.nfs_set_timeout(context, 5000)

    def must(code: int) -> None:
        if code < 0:
            said = (nfs.nfs_get_error(context) or b"").decode(errors="replace")
            sys.exit(3 if code == -2 and what != "list" else said or f"error {-code}")

    folder = what == "list"
    parsed = nfs.nfs_parse_url_full(context, (f"{url}/." if folder else url).encode())
    if not parsed:
        must(-22)
    where = parsed.contents
    nfs.nfs_set_uid(context, int(uid))
    nfs.nfs_set_gid(context, int(gid))
    must(nfs.nfs_mount(context, where.server, where.path))
    if folder:
        handle = pointer()
        must(nfs.nfs_opendir(context, b"/", ctypes.byref(handle)))
        while entry := nfs.nfs_readdir(context, handle):
            if entry.contents.type == 1:
                print(entry.contents.size, entry.contents.name.decode(errors="replace"))
        return
    if what == "create":
        handle = pointer()
        must(nfs.nfs_create(context, where.file, os.O_EXCL | os.O_WRONLY, 0o600, ctypes.byref(handle)))
    there = Stat()
    must(nfs.nfs_stat64(context, where.file, ctypes.byref(there)))
    if what == "used":
        print(there.used)
        return
    if what == "remove":
        if str(there.ino) != word:
            sys.exit("it is another file by now")
        must(nfs.nfs_unlink(context, where.file))
        return
    if what in ("link", "rename"):
        must(getattr(nfs, f"nfs_{what}")(context, where.file, f"/{word}".encode()))
    times = [f"{s}.{ns:09}" for s, ns in ((there.ctime, there.ctime_ns), (there.mtime, there.mtime_ns))]
    print(there.ino, *times, there.size)


main(*sys.argv[1:])
