"""What the beginning of a disk image says: what it builds on, where its data is, what is in it beside the disk. Pure.

Formats: QEMU's docs/interop/qcow2.rst and docs/interop/qed_spec.rst; VMware's Virtual Disk Format 5.0.
"""

from __future__ import annotations

import json
import re
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from vnetsh_libvirt.fetching.program_placing import MAGIC

LENGTH = 4096
"""Bytes from an image's beginning that hold all of this: QEMU writes the names that it says right after the header."""

USUAL_CLUSTER = 2**16
"""Bytes of a qcow2 image's cluster where nobody asked for others."""

_QCOW, _QED, _VMDK, _DESCRIPTOR = b"QFI\xfb", b"QED\0", b"KDMV", b"# Disk DescriptorFile"
_BACKING_FORMAT, _BITMAPS, _DATA_FILE = 0xE2792ACA, 0x23852875, 0x44415441
_EXTERNAL_DATA = 4
_OLD = 2  # its version: `compat=0.10`
_WHOLE_VMDK = ("monolithicSparse", "streamOptimized")


@dataclass(frozen=True)
class Head:
    """An image, as it begins; with nothing but defaults: any other file.

    `below` is the name of what it builds on as the image says it, `form` that one's format where it is said; `data`
    the file, or what else, that holds its data; `lost` what no new image of libvirt's has, in words. `size` is that of
    the disk in it, in bytes; 0 where it does not say. `old`: a qcow2 image in which there are no bitmaps.
    """

    below: str = ""
    form: str = ""
    data: str = ""
    snapshots: int = 0
    bitmaps: int = 0
    encrypted: bool = False
    cluster: int = USUAL_CLUSTER
    lost: tuple[str, ...] = ()
    size: int = 0
    told: str = ""
    old: bool = False


def parse(head: bytes) -> Head:
    """Read the first `LENGTH` bytes of a file; what does not fit a format's rules is no image of it."""
    try:
        if head.startswith(_QCOW):
            return _qcow(head)
        if head.startswith(_QED):
            return _qed(head)
        if head.startswith(MAGIC):
            return Head(told=head[len(MAGIC) :].decode(errors="replace"))
        if head.startswith((_VMDK, _DESCRIPTOR)):
            return _vmdk(head.decode(errors="replace"))
    except struct.error:
        pass
    return Head()


def _qcow(head: bytes) -> Head:
    version, offset, length, bits = struct.unpack_from(">IQII", head, 4)
    below = _text(head[offset : offset + length]) if offset else ""
    (whole,) = struct.unpack_from(">Q", head, 24)
    if version < 2:
        return Head(below, size=whole)
    encrypted, snapshots = struct.unpack_from(">I24xI", head, 32)
    features, order, size, zstd = 0, 4, 72, False
    if version > 2:
        features, order, size = struct.unpack_from(">Q16xII", head, 72)
        zstd = size > 104 and head[104] != 0
    told = _extensions(head, size)
    bitmaps = struct.unpack_from(">I", told[_BITMAPS])[0] if _BITMAPS in told else 0
    lost = ("its compression",) * zstd + (f"its reference counts of {1 << order} bits",) * (order != 4)
    return Head(
        below,
        _text(told.get(_BACKING_FORMAT, b"")),
        (_text(told.get(_DATA_FILE, b"")) or "another file") if features & _EXTERNAL_DATA else "",
        snapshots,
        bitmaps,
        bool(encrypted),
        1 << bits,
        lost,
        whole,
        old=version == _OLD,
    )


def _extensions(head: bytes, at: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while at + 8 <= len(head):
        kind, length = struct.unpack_from(">II", head, at)
        if kind == 0:
            break
        found[kind] = head[at + 8 : at + 8 + length]
        at += 8 + (length + 7) // 8 * 8
    return found


def _qed(head: bytes) -> Head:
    features, offset, length = struct.unpack_from("<Q32xII", head, 16)
    (whole,) = struct.unpack_from("<Q", head, 48)
    return Head(_text(head[offset : offset + length]) if features & 1 else "", size=whole)


def _vmdk(text: str) -> Head:
    said = dict(re.findall(r'^(parentFileNameHint|createType)="(.*)"', text, re.MULTILINE))
    extent = re.search(r'^RW \d+ \w+ "(.*)"', text, re.MULTILINE)
    outside = said.get("createType", _WHOLE_VMDK[0]) not in _WHOLE_VMDK
    return Head(said.get("parentFileNameHint", ""), data=extent[1] if outside and extent else "")


def _text(name: bytes) -> str:
    return name.decode(errors="replace")


def path_of(image: str, name: str) -> str:
    """The path of a file that the image at a path names; empty where that is no file of its host."""
    if name.startswith("json:"):
        inner = _in_json(name)
        while isinstance(inner.get("file"), dict):  # below formats and filters
            inner = inner["file"]
        name = str(inner.get("filename", inner.get("file.filename", "")))
    if name.startswith("file:"):
        name = re.sub("^/+", "/", name.removeprefix("file:"))
    elif re.match("[^:/]+:", name):  # as QEMU tells that it is a protocol
        return ""
    return str(PurePosixPath(image).parent / name) if name else ""


def form_of(head: Head) -> str:
    """The format of what an image builds on, where it is said: in QEMU's JSON as the driver."""
    driver = _in_json(head.below).get("driver", "") if head.below.startswith("json:") else ""
    return head.form or ("" if driver == "file" else str(driver))


def _in_json(name: str) -> dict[str, Any]:
    with suppress(ValueError):
        said = json.loads(name.removeprefix("json:"))
        if isinstance(said, dict):
            return said
    return {}
