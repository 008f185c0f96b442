"""What stands beside an image that vnetsh fetched: where it came from, and by what it is known again. Pure.

It is a file of its own, for not every filesystem keeps attributes of files: `.NAME.vnetsh`. It is read with all that
an image folder has (`heads`), so it costs nobody a question.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from vnetsh_libvirt.facts import ImageFile
from vnetsh_libvirt.fetching.program_placing import mark_path

IMAGE_WORDS = ("from", "sha256", "keys", "pool", "format", "size", "occupied", "used-by", "folder", "note")
"""What an image has, said or seen."""


@dataclass(frozen=True)
class Marked:
    """Where an image came from and its checksum then; whether it is still `unchanged`."""

    source: str
    sha256: str
    unchanged: bool


def marked(name: str, files: Mapping[str, ImageFile]) -> Marked | None:
    """What is known of an image among the files of its folder; None of others' and of one that took its place."""
    file, beside = files.get(name), files.get(mark_path(name))
    if file is None or beside is None or beside.head is None or not beside.head.told:
        return None
    try:
        told = json.loads(beside.head.told)
        source, sha256 = str(told["from"]), str(told["sha256"])
        inode, size, written = str(told["inode"]), int(told["size"]), int(told["written"])
    except (ValueError, KeyError, TypeError):
        return None
    if file.identity.rpartition(":")[2] != inode:
        return None
    whole, _, part = file.written.partition(".")
    now = int(whole or 0) * 10**9 + int((part + "0" * 9)[:9])
    return Marked(source, sha256, file.size == size and now == written)
