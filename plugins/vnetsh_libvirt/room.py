"""How much room the file of a disk can come to need. Pure."""

from __future__ import annotations

MIB = 2**20

_TABLES = 2**12
"""Bytes of a disk for which a qcow2 file needs at most one byte of tables, with clusters of 64 KiB: 8192 and 32768."""


def whole_room(form: str, size: int) -> int:
    """The bytes that a disk of that size takes when its guest has written to all of it; without snapshots."""
    return size if form == "raw" else size + size // _TABLES + MIB
