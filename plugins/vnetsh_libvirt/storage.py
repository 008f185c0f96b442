"""Disk images on a host, by libvirt's storage API: look at them, make thin overlays, remove, copy.

What changes a file goes through libvirt, not through a shell: it needs no right on the host beyond libvirt's, it never
overwrites a file, and it sets owner and label as VMs need them.
"""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import libvirt

from vnetsh.errors import BackendRefused
from vnetsh.hosts.workers import at_once
from vnetsh_libvirt import storage_xml
from vnetsh_libvirt.domain_xml import DiskFile
from vnetsh_libvirt.libvirt_host import LibvirtHost, pool_folder
from vnetsh_libvirt.link import Link
from vnetsh_libvirt.remote import is_remote

CHUNK = 256 * 1024
"""Bytes of one message of a stream; libvirt's protocol takes 262,120 of them at most."""
SAID = 16 * 2**20
"""Bytes after which a copy says again how far it is."""

OPTIONS = ("compat", "clusterSize", "features")
"""What libvirt tells of a qcow2 image's making, and makes a new one with (https://libvirt.org/formatstorage.html)."""

_DIGEST = r"""
size=$(stat -L -c %s -- "$1") && test -f "$1" -a -r "$1" || exit
last=$((size > $2 ? size - $2 : 0))
for start in 0 $((size / 2)) $last; do
    tail -c "+$((start + 1))" -- "$1" | head -c "$2"
done | sha256sum
echo "$size"
"""

_COPYING = "asynchronous jobs running"
"""What libvirt says of a pool in which it makes a volume."""

HOLE = -3
"""What virStreamRecvFlags returns at a hole (https://libvirt.org/html/libvirt-libvirt-stream.html)."""


@dataclass(frozen=True)
class Image:
    """A disk image: its format, virtual size in bytes, and the file that it is a thin overlay of.

    `mode` are the file's rights, as libvirt writes them (octal); empty for a new file: what libvirt gives it. `options`
    are elements of libvirt's XML that say how it was made.
    """

    path: str
    format: str
    capacity: int
    backing: DiskFile | None = None
    mode: str = ""
    options: tuple[str, ...] = ()

    @property
    def file(self) -> DiskFile:
        """The file, as others refer to it."""
        return DiskFile(self.path, self.format)


def path_of(host: LibvirtHost, disk: str) -> str:
    """The file that a `disk NAME` means on a host: in its image folder, unless it is a whole path."""
    return disk if disk.startswith("/") or is_remote(disk) else f"{host.folder}/{disk}"


def overlay_path(host: LibvirtHost, vm: str) -> str:
    """Where the thin overlay of a VM lies."""
    return f"{host.folder}/{vm}.qcow2"


def find_image(host: LibvirtHost, path: str) -> Image | None:
    """The image at a path, None when there is no such file."""
    volume = volume_at(host, path)
    if volume is None:
        return None
    root = ET.fromstring(host.link.call(volume.XMLDesc, 0))
    below = root.findtext("backingStore/path")
    return Image(
        path,
        _format(root, "target/format"),
        int(root.findtext("capacity", "0")),
        DiskFile(below, _format(root, "backingStore/format")) if below else None,
        root.findtext("target/permissions/mode", ""),
        tuple(ET.tostring(e, encoding="unicode") for e in root.iterfind("target/*") if e.tag in OPTIONS),
    )


def _format(root: ET.Element, path: str) -> str:
    element = root.find(path)
    return element.get("type", "raw") if element is not None else "raw"


def create(host: LibvirtHost, image: Image) -> None:
    """Make an image, empty but for what it is an overlay of. Raises `BackendRefused`, also when the file is there."""
    pool = pool_of(host, image.path)
    name = PurePosixPath(image.path).name
    xml = storage_xml.volume(name, image.capacity, image.format, image.backing, image.mode, image.options)
    host.link.call(pool.createXML, xml, 0)


def delete(host: LibvirtHost, path: str) -> None:
    """Remove an image; one that is gone is fine."""
    volume = volume_at(host, path)
    if volume is not None:
        host.link.call(volume.delete, 0)


def copy(
    source: LibvirtHost,
    path: str,
    target: LibvirtHost,
    make: Callable[[Callable[[], object]], object],
    copied: Callable[[int, int], None],
) -> None:
    """Copy a file as it is, byte for byte, to the same path on another host; holes stay holes.

    The data goes through this process; `make` makes the file there, `copied` is told the bytes that are done, and
    those in all. Raises `BackendRefused`; what is there of the copy then is left to whoever made it.
    """
    volume, image = volume_at(source, path), find_image(source, path)
    if volume is None or image is None:
        raise BackendRefused(f"{source.name}: there is no file {path}")
    size = _size(source, volume)
    make(lambda: create(target, Image(path, "raw", size, mode=image.mode)))
    _pump(source, volume, target, volume_at(target, path), size, copied)
    target.link.call(pool_of(target, path).refresh, 0)  # it was made as raw: have its format detected


def _pump(
    source: LibvirtHost,
    volume: Any,
    target: LibvirtHost,
    copy: Any,
    size: int,
    copied: Callable[[int, int], None],
) -> None:
    here, there = source.link, target.link
    reading, writing = here.call(here.connection.newStream, 0), there.call(there.connection.newStream, 0)
    try:
        here.call(volume.download, reading, 0, size, libvirt.VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM)
        there.call(copy.upload, writing, 0, size, libvirt.VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM)
        done = 0
        while data := here.call(reading.recvFlags, CHUNK, libvirt.VIR_STREAM_RECV_STOP_AT_HOLE):
            if data == HOLE:
                length = here.call(reading.recvHole, 0)
                there.call(writing.sendHole, length, 0)
            else:
                length = len(data)
                _send(there, writing, data)
            if done // SAID != (done + length) // SAID:
                copied(done + length, size)
            done += length
        here.call(reading.finish)
        there.call(writing.finish)
    except BaseException:
        for link, stream in ((here, reading), (there, writing)):
            link.quietly(stream.abort)
        raise


def upload(host: LibvirtHost, path: str, data: bytes) -> None:
    """Write that to the beginning of a file that is there."""
    stream = host.call("newStream", 0)
    try:
        host.link.call(volume_at(host, path).upload, stream, 0, len(data), 0)
        for at in range(0, len(data), CHUNK):
            _send(host.link, stream, data[at : at + CHUNK])
        host.link.call(stream.finish)
    except BaseException:
        host.link.quietly(stream.abort)
        raise


def _send(link: Link, stream: Any, data: bytes) -> None:
    while data:
        data = data[link.call(stream.send, data) :]


Fingerprint = tuple[int, str]
"""Of a file, something that differs when its content does: its size, and a digest of three parts of it.

The whole could take minutes. Its beginning has an image format's tables and the guest's partitions.
"""


def fingerprints(hosts: Sequence[LibvirtHost], path: str) -> list[Fingerprint | None]:
    """Of a file at each of several hosts, asked at once; None where there is none."""
    return at_once("fingerprints", lambda host: _fingerprint(host, path), hosts)


def _fingerprint(host: LibvirtHost, path: str) -> Fingerprint | None:
    """By one command or, where its user may not read the file, by libvirt, with many calls."""
    done = host.transport.ask(["sh", "-c", _DIGEST, "sh", path, str(CHUNK)], timeout=host.timeout)
    words = done.stdout.split()
    if done.returncode == 0 and len(words) == 3:
        return int(words[2]), words[0]
    volume = volume_at(host, path)
    if volume is None:
        return None
    size = _size(host, volume)
    starts = (0, size // 2, max(0, size - CHUNK))
    parts = b"".join(read(host, volume, start, min(CHUNK, size - start)) for start in starts)
    return size, hashlib.sha256(parts).hexdigest()


def read(host: LibvirtHost, volume: Any, start: int, length: int) -> bytes:
    """So many bytes of a volume, which has them."""
    if not length:
        return b""
    stream = host.call("newStream", 0)
    host.link.call(volume.download, stream, start, length, 0)
    data = b""
    while part := host.link.call(stream.recv, CHUNK):
        data += part
    host.link.call(stream.finish)
    return data


def _size(host: LibvirtHost, volume: Any) -> int:
    """The bytes of the file itself, not of the disk in it."""
    return int(host.link.call(volume.infoFlags, libvirt.VIR_STORAGE_VOL_GET_PHYSICAL)[2])


def volume_at(host: LibvirtHost, path: str) -> Any:
    """The volume that a file is; None where there is none."""
    pool_of(host, path)
    return host.link.find(host.link.connection.storageVolLookupByPath, path)


def pool_of(host: LibvirtHost, path: str) -> Any:
    """The storage pool of a file's folder, up to date; where none runs, one is started or a transient one made."""
    with host.lock:  # VMs that move at the same time want the same one
        return _pool_of(host, str(PurePosixPath(path).parent))


def _pool_of(host: LibvirtHost, folder: str) -> Any:
    pool = host.link.find(host.link.connection.storagePoolLookupByTargetPath, folder)
    if pool is not None:
        _refresh(host, pool)
        return pool
    pool = _resting(host, folder)
    name = pool_name(folder) if pool is None else host.link.call(pool.name)
    host.pools.append(name)  # before it runs: from then on it may be taken for a killed run's
    if pool is None:
        return host.call("storagePoolCreateXML", storage_xml.pool(name, folder), 0)
    host.link.call(pool.create, 0)
    return pool


def _refresh(host: LibvirtHost, pool: Any) -> None:
    """Have a pool look at its files; libvirt does not while it makes a copy there, even for a run that was killed."""

    def refreshed() -> bool:
        try:
            host.link.call(pool.refresh, 0)
        except BackendRefused as error:
            if _COPYING not in error.message:
                raise
            return False
        return True

    if not host.wait(refreshed):
        raise BackendRefused(
            f"{host.name}: libvirt makes a copy in that folder still, which nobody breaks off",
            help="try again when it has ended: `virsh vol-list` shows the file grow",
        )


def _resting(host: LibvirtHost, folder: str) -> Any:
    """The pool of a folder that is defined and does not run: libvirt makes no other one of that folder then.

    Its lookup by path finds only those that run. To start one of another type would mount something there.
    """
    kinds = libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE | libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_DIR
    pools = host.call("listAllStoragePools", kinds)
    return next((p for p in pools if (host.link.find(pool_folder, p) or ("", ""))[1] == folder), None)


def pool_name(folder: str) -> str:
    """What a transient pool of a folder is called: by its name it is known to be vnetsh's."""
    return "vnetsh-" + hashlib.sha256(folder.encode()).hexdigest()[:12]


def release_pools(host: LibvirtHost) -> None:
    """Let go of the pools that were made, and stop those that were started; never raises. No file is touched."""
    for name in host.pools:
        pool = host.link.quietly(host.link.connection.storagePoolLookupByName, name)
        if pool is not None:
            host.link.quietly(pool.destroy)
    host.pools.clear()
