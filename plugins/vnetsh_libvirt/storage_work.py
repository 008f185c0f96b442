"""What is done to disk images on one host: copied whole, made larger. By libvirt, as all that changes a file."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import PurePosixPath
from typing import Any

import libvirt

from vnetsh.backend import Progress
from vnetsh.errors import BackendRefused
from vnetsh_libvirt import storage, storage_xml
from vnetsh_libvirt.growing import Growing
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.link import Link
from vnetsh_libvirt.long_calls import beside, to_its_end
from vnetsh_libvirt.storage import Image

_TO_DISK = 'in=$(dirname -- "$1"); test -r "$1" && test -r "$in" && exec sync -- "$1" "$in"; exec sync'
"""What has a file, and its name, on the disk; all that its host has written, where its user may not read it."""

_LONG = 24 * 3600.0


def clone(host: LibvirtHost, source: Image, new: Image, name: str, progress: Progress) -> None:
    """Copy an image into a new one, on behalf of a vm of that `name`.

    Whole, with all that it builds on; only what is in itself where the new one builds on the same.
    """
    pool = host.link.call(storage.pool_of(host, new.path).name)
    size = max(new.capacity, source.capacity)
    xml = storage_xml.volume(PurePosixPath(new.path).name, size, new.format, new.backing, options=new.options)

    def begin(link: Link) -> Future[Any]:
        target = link.call(link.connection.storagePoolLookupByName, pool)
        image = link.call(link.connection.storageVolLookupByPath, source.path)
        return link.begin(target.createXMLFrom, xml, image, 0)

    copy = Growing(host, source, new.path, name)

    def say() -> None:
        state = copy.look()
        progress(state.text, state.fraction)

    to_its_end(host, begin, say)
    made = storage.find_image(host, new.path)
    if made is not None and made.capacity < new.capacity:
        grow(host, new.path, new.capacity)
    to_disk(host, new.path, say)


def to_disk(host: LibvirtHost, path: str, say: Callable[[], None]) -> None:
    """Have a copy on its host's disk, so that a power cut does not take it when its original is gone.

    Neither libvirt nor QEMU's tools wait for that. Raises `BackendRefused`.
    """
    command = ["sh", "-c", _TO_DISK, "sh", path]
    done = beside(lambda: host.transport.run(command, timeout=_LONG), say)
    if done.returncode:
        raise BackendRefused(
            f"{host.name}: {path} does not come to the disk: {done.stderr.strip()}",
            help=f"has {host.name}'s disk a fault, or is it full? Its kernel's messages tell: `dmesg`",
        )


def write(host: LibvirtHost, path: str, data: bytes) -> None:
    """Make a file with that in it. Raises `BackendRefused`, also when there is one."""
    storage.create(host, Image(path, "raw", len(data)))
    storage.upload(host, path, data)


def contents(host: LibvirtHost, path: str, size: int) -> bytes:
    """The bytes of a file; none where it is not of that size, or not there. Raises `BackendRefused`."""
    volume = storage.volume_at(host, path)
    there = host.link.call(volume.infoFlags, libvirt.VIR_STORAGE_VOL_GET_PHYSICAL)[2] if volume else 0
    return storage.read(host, volume, 0, size) if there == size else b""


def grow(host: LibvirtHost, path: str, size: int) -> None:
    """Make the disk in an image of no running VM so large. Raises `BackendRefused`."""
    volume = storage.volume_at(host, path)
    if volume is None:
        raise BackendRefused(f"{host.name}: there is no disk image {path}")
    host.link.call(volume.resize, size, 0)
