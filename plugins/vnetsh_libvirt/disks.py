"""Which disks of a VM must travel when it moves, and whether the other host is ready for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from vnetsh.errors import BackendRefused
from vnetsh_libvirt import storage
from vnetsh_libvirt.definition import Definition, Disk
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.own_files import SHARED_FILESYSTEMS
from vnetsh_libvirt.storage import Image


@dataclass(frozen=True)
class Travelling:
    """A disk to be copied: its name in the guest and its image at the source."""

    target: str
    image: Image


def travelling(source: LibvirtHost, target: LibvirtHost, definition: Definition) -> tuple[Travelling, ...]:
    """The disks to copy: local files. Raises `BackendRefused` where that cannot go well."""
    if definition.local_devices:
        devices = ", ".join(definition.local_devices)
        raise BackendRefused(
            f"{source.name}: {definition.name} has disks that are devices: {devices}",
            help="whether the other host has the same cannot be told: migrate it with `virsh migrate`",
        )
    found = []
    for disk in definition.disks:
        if disk.readonly:
            _need(target, disk.path, f"the read-only disk {disk.target}")
        elif storage.find_image(target, disk.path) is None:
            found.append(Travelling(disk.target, _image(source, target, disk)))
        elif not _is_shared(source, target, disk.path):
            raise BackendRefused(
                f"{target.name}: the disk's name is taken: there is another file {disk.path}",
                help=f"it may be an old copy; move it away on {target.name}",
            )
    return tuple(found)


def _image(source: LibvirtHost, target: LibvirtHost, disk: Disk) -> Image:
    image = storage.find_image(source, disk.path)
    if image is None:
        raise BackendRefused(f"{source.name}: there is no disk image {disk.path}")
    if disk.format == "raw":  # as libvirt runs it, whatever the guest has written to its beginning
        image = replace(image, format="raw", backing=None)
    if image.backing:
        _need(target, image.backing.path, f"the template of {disk.path}")
        if storage.fingerprint(source, image.backing.path) != storage.fingerprint(target, image.backing.path):
            raise BackendRefused(
                f"{target.name}: {image.backing.path} is not the same as on {source.name}",
                help=f"the thin overlay {disk.path} only fits on the very same template: copy that first",
            )
    return image


def _need(target: LibvirtHost, path: str, what: str) -> None:
    if storage.find_image(target, path) is None:
        raise BackendRefused(
            f"{target.name}: there is no {path}, which is {what}", help=f"copy it to {target.name} first"
        )


def _is_shared(source: LibvirtHost, target: LibvirtHost, path: str) -> bool:
    """Whether both hosts see the very same file; only what is proven counts.

    The same kind of network filesystem, the same inode, and a file made at one end that appears at the other.
    """
    there = _identity(target, path)
    if there.split(" ")[0] not in SHARED_FILESYSTEMS or _identity(source, path) != there:
        return False
    folder = str(PurePosixPath(path).parent)
    probe = source.transport.run(["mktemp", f"{folder}/.vnetsh-XXXXXXXXXX"]).stdout.strip()
    if not probe:
        return False
    try:
        return target.transport.ask(["test", "-e", probe]).returncode == 0
    finally:
        source.transport.run(["rm", "-f", "--", probe])


def _identity(host: LibvirtHost, path: str) -> str:
    """Kind of the filesystem, inode and size of a file; nothing when it is not there."""
    script = 'stat -f -c %T -- "$1" && stat -L -c "%i %s" -- "$1"'
    done = host.transport.ask(["sh", "-c", script, "sh", path], timeout=host.timeout)
    return " ".join(done.stdout.split()) if done.returncode == 0 else ""
