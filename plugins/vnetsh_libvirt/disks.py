"""Which disks of a VM must travel when it moves, and whether the other host is ready for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from vnetsh.errors import BackendRefused
from vnetsh_libvirt import storage
from vnetsh_libvirt.definition import Definition, Disk
from vnetsh_libvirt.disk_fields import THICK
from vnetsh_libvirt.domain_xml import DiskFile
from vnetsh_libvirt.files import Files, stat
from vnetsh_libvirt.libvirt_host import LibvirtHost, pool_folder
from vnetsh_libvirt.looking import Looking
from vnetsh_libvirt.named_files import nvram_of
from vnetsh_libvirt.own_files import SHARED_FILESYSTEMS
from vnetsh_libvirt.shared_marks import kind_at, may_be_same
from vnetsh_libvirt.storage import Image


@dataclass(frozen=True)
class Travelling:
    """A disk to be copied: its name in the guest and its image at the source.

    `idle`: the VM does not have it as it runs, so that no migration takes it along. `thick`: all its room is taken.
    """

    target: str
    image: Image
    idle: bool = False
    thick: bool = False


def travelling(
    source: LibvirtHost, target: LibvirtHost, views: Sequence[Definition], files: Files
) -> tuple[Travelling, ...]:
    """The disks to copy: local files, of each view of the VM those that the ones before do not have.

    Raises `BackendRefused` where that cannot go well.
    """
    found: dict[str, Travelling] = {}
    looking, known = Looking(source), set[str]()
    for view in views:
        if view.local_devices:
            devices = ", ".join(view.local_devices)
            raise BackendRefused(
                f"{source.name}: {view.name} has disks that are devices: {devices}",
                help="whether the other host has the same cannot be told: migrate it with `virsh migrate`",
            )
        for disk in view.disks:
            if disk.pool:
                _need_pool(target, disk)
            if disk.path in known:
                continue
            known.add(disk.path)
            if disk.readonly and not disk.seed:
                _need_the_same(
                    source,
                    target,
                    disk.path,
                    f"the read-only disk {disk.target}",
                    "what its guest reads would change under it: copy it there, or take it out of the vm first",
                )
            elif not _there_already(source, target, disk.path, files):
                if disk.shareable:
                    raise BackendRefused(
                        f"{source.name}: {disk.path} is shareable, and {target.name} does not see that file",
                        help="a copy would be a second disk: put it where both hosts see it",
                    )
                image = _image(source, target, disk, looking)
                found[disk.path] = Travelling(
                    disk.target,
                    image,
                    idle=disk.seed or view is not views[0],
                    thick=disk.marked and THICK in view.told.get(disk.name, {}),
                )
    return tuple(found.values())


def unknown_to_libvirt(source: LibvirtHost, views: Sequence[Definition], disks: Sequence[Travelling]) -> bool:
    """Whether a disk stays where both hosts see it that libvirt takes for a local one: it knows no marks."""
    copied = {disk.image.path for disk in disks}
    stay = [
        disk.path
        for view in views[:1]
        for disk in view.disks
        if not disk.readonly and disk.path not in copied
    ]
    folders = {str(PurePosixPath(path).parent) for path in stay}
    return any(kind_at(source, folder) not in SHARED_FILESYSTEMS for folder in folders)


def travelling_nvram(source: LibvirtHost, target: LibvirtHost, definition: Definition, files: Files) -> str:
    """The file of its firmware's variables, where that has to travel; else empty. Raises `BackendRefused`."""
    path = nvram_of(definition)
    if not path or storage.find_image(source, path) is None:  # made from its template at the next start
        return ""
    here, there = storage.fingerprints((source, target), path)
    if here == there:
        return ""
    return "" if _there_already(source, target, path, files) else path


def _there_already(source: LibvirtHost, target: LibvirtHost, path: str, files: Files) -> bool:
    """Whether both hosts see that file. One that a run made there, or left, gives way; no other does."""
    if stat(target, path) is None:
        return False
    if _is_shared(source, target, path):
        return True
    if files.of_own(target, path):
        return False
    raise BackendRefused(
        f"{target.name}: the disk's name is taken: there is another file {path}",
        help=f"it may be an old copy; move it away on {target.name}",
    )


def _need_pool(target: LibvirtHost, disk: Disk) -> None:
    """A volume is found by its pool's name."""
    folder = str(PurePosixPath(disk.path).parent)
    pool = target.link.find(target.link.connection.storagePoolLookupByName, disk.pool)
    if pool is None or target.link.call(pool_folder, pool)[1] != folder:
        raise BackendRefused(
            f"{target.name}: there is no pool {disk.pool} for {folder}, where the disk {disk.target} is",
            help=f"`virsh pool-define-as {disk.pool} dir --target {folder}` and `virsh pool-start` there",
        )


def _image(source: LibvirtHost, target: LibvirtHost, disk: Disk, looking: Looking) -> Image:
    image = storage.find_image(source, disk.path)
    if image is None:
        raise BackendRefused(f"{source.name}: there is no disk image {disk.path}")
    if disk.format == "raw":  # as libvirt runs it, whatever the guest has written to its beginning
        return replace(image, format="raw", backing=None, options=())
    first, *below = looking.layers(disk.path, disk.format)
    for layer in below:
        _need_the_same(
            source,
            target,
            layer.path,
            f"the template of {disk.path}",
            f"the thin overlay {disk.path} only fits on the very same template: copy that first",
        )
    if not below or not image.backing or not first.head:
        return image
    said = first.head.below  # as its file says it: perhaps by a name of the same folder
    return replace(
        image,
        backing=DiskFile(
            said if "/" not in said and ":" not in said else below[0].path,
            below[0].form or image.backing.format,
        ),
    )


def _need_the_same(source: LibvirtHost, target: LibvirtHost, path: str, what: str, why: str) -> None:
    """A file that is not copied has to be there, and to be the same."""
    here, there = storage.fingerprints((source, target), path)
    if there is None:
        raise BackendRefused(
            f"{target.name}: there is no {path}, which is {what}", help=f"copy it to {target.name} first"
        )
    if here != there:
        raise BackendRefused(f"{target.name}: {path} is not the same as on {source.name}", help=why)


def _is_shared(source: LibvirtHost, target: LibvirtHost, path: str) -> bool:
    """Whether both hosts see the very same file; only what is proven counts.

    The same kind of network filesystem, or a mark that both see; the same inode, and a file made at one end that
    appears at the other.
    """
    folder = str(PurePosixPath(path).parent)
    there = _identity(target, path)
    if not there or _identity(source, path) != there or not may_be_same(source, target, folder):
        return False
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
