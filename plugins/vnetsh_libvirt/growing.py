"""How far libvirt is with a copy that it makes by itself, and tells nothing of: by what its file has on the disk."""

from __future__ import annotations

import re
import time
from contextlib import suppress

from vnetsh.backend import JobState
from vnetsh.errors import VnetshError
from vnetsh_libvirt import remote_files
from vnetsh_libvirt.how_far import copying
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.remote import is_remote
from vnetsh_libvirt.storage import Image

EACH = 1.0
"""Seconds between two looks at the file: its disk has enough to do."""

_PATIENCE = "2"  # seconds in which qemu-img has read where an image has data, or need not


class Growing:
    """The copy of an image, `source`, into a new file, on behalf of whoever has that `name`."""

    def __init__(self, host: LibvirtHost, source: Image, path: str, name: str) -> None:
        self._host, self._source, self._path, self._name = host, source, path, name
        self._total = _data_in(host, source)
        self._begun = time.monotonic()
        self._looked = 0.0
        self._moved = 0

    def look(self) -> JobState:
        """How far it is; the file is looked at now and then."""
        now = time.monotonic() - self._begun
        if now - self._looked >= EACH:
            with suppress(VnetshError):  # the copy goes on
                self._moved = _occupied(self._host, self._path)
            self._looked = time.monotonic() - self._begun
        moved = min(self._moved, self._total or self._moved)
        return copying(self._name, self._source.path, moved, self._total, self._looked)


def _data_in(host: LibvirtHost, image: Image) -> int:
    """The bytes that a copy of an image will have, with all that it builds on; 0 where that cannot be told.

    The file's own size is another one: it may be compressed, or build on others.
    """
    measure = [
        "timeout",
        _PATIENCE,
        "qemu-img",
        "measure",
        "-U",
        "-f",
        image.format,
        "-O",
        "qcow2",
        image.path,
    ]
    try:
        done = host.transport.ask(measure, timeout=host.timeout)
    except VnetshError:
        return 0
    told = re.search(r"required size: (\d+)", done.stdout)
    return int(told[1]) if told else 0


def _occupied(host: LibvirtHost, path: str) -> int:
    """The bytes that a file has on the disk, its host's or its server's; 0 while there is none."""
    if is_remote(path):
        seen = remote_files.ask_nfs(host, "used", path)
        return int(seen[0]) if seen else 0
    told = host.transport.ask(["stat", "-L", "-c", "%b %B", "--", path], timeout=host.timeout).stdout.split()
    return int(told[0]) * int(told[1]) if len(told) == 2 else 0
