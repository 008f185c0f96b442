"""What is done to disk images on one host: copied whole, made larger. By libvirt, as all that changes a file."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import wait
from pathlib import PurePosixPath

from vnetsh.errors import BackendRefused
from vnetsh_libvirt import storage, storage_xml
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.storage import Image

LOOK = 0.25
"""Seconds between two words on a copy."""


def clone(host: LibvirtHost, source: Image, new: Image, say: Callable[[], None]) -> None:
    """Copy an image whole, with all that it builds on, into a new one. Raises `BackendRefused`.

    `say` is called again and again; what it raises comes when the copy has ended, for libvirt does not break one off.
    """
    pool = storage.pool_of(host, new.path)
    xml = storage_xml.volume(PurePosixPath(new.path).name, max(new.capacity, source.capacity), new.format)
    link = host.link.another()
    interrupted: BaseException | None = None
    try:
        target = link.call(link.connection.storagePoolLookupByName, host.link.call(pool.name))
        image = link.call(link.connection.storageVolLookupByPath, source.path)
        future = link.begin(target.createXMLFrom, xml, image, 0)
        while not wait([future], LOOK).done:
            try:
                say()
            except KeyboardInterrupt as error:
                interrupted = error
        link.result(future, host.timeout)
    finally:
        link.close()
    if interrupted:
        raise interrupted
    made = storage.find_image(host, new.path)
    if made is not None and made.capacity < new.capacity:
        grow(host, new.path, new.capacity)


def write(host: LibvirtHost, path: str, data: bytes) -> None:
    """Make a file with that in it. Raises `BackendRefused`, also when there is one."""
    storage.create(host, Image(path, "raw", len(data)))
    storage.upload(host, path, data)


def grow(host: LibvirtHost, path: str, size: int) -> None:
    """Make the disk in an image of no running VM so large. Raises `BackendRefused`."""
    volume = storage.volume_at(host, path)
    if volume is None:
        raise BackendRefused(f"{host.name}: there is no disk image {path}")
    host.link.call(volume.resize, size, 0)
