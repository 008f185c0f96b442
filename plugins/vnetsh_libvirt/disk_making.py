"""The files of new disks: thin overlays, copies, empty ones; and files that are there.

Each is made by `files`, which writes it down before and after. No image that another one builds on is ever written to.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from vnetsh.backend import Progress
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh.model.disks import made_path
from vnetsh.schema import Size
from vnetsh_libvirt import pools, remote_files, storage, storage_work, storage_xml
from vnetsh_libvirt.disk_fields import (
    COPY,
    FILE,
    FORMAT,
    FROM,
    POOL,
    SIZE,
    THICK,
    form_of,
    name_of,
    owner_of,
)
from vnetsh_libvirt.domain_xml import DiskFile
from vnetsh_libvirt.files import Files, stat
from vnetsh_libvirt.growing import Growing
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.long_calls import beside
from vnetsh_libvirt.remote import is_remote
from vnetsh_libvirt.storage import Image
from vnetsh_libvirt.thick_room import take_room

FORMATS = frozenset({"qcow2", "qcow", "qed", "vmdk", "vdi", "vpc"})
"""Formats that a file's name promises, and that its beginning tells."""


def image_at(host: LibvirtHost, said: str, form: str = "") -> Image:
    """The image that a sentence names; `form` is the format that it says. Raises `BackendRefused`.

    So where there is none, or it is not what its name says. A guest can write to its raw disk what begins as an image
    of another format, which builds on a file of the host's: it is not to be obeyed.
    """
    path = storage.path_of(host, said)
    image = storage.find_image(host, path)
    if image is None:
        raise BackendRefused(
            f"{host.name}: there is no disk image {path}",
            help=f"put it there, or name another one on {host.name}",
        )
    named = PurePosixPath(path).suffix[1:].lower()
    if named == "raw" and image.format != "raw":
        if form == "raw":
            return replace(image, format="raw", backing=None, options=())
        raise BackendRefused(
            f"{host.name}: {path} is called raw, and begins as a {image.format} image: a guest may have written that",
            help="as the disk that it is: `file … format raw`; if it is such an image, give it a name that fits",
        )
    if named in FORMATS and named != image.format:
        raise BackendRefused(
            f"{host.name}: {path} is no {named} image: it is {image.format}",
            help="was it copied to its end? `qemu-img info` says what a file is; give it a name that fits",
        )
    return image


def _raw_disk_of(host: LibvirtHost, path: str) -> str:
    """The domain that has a file as a raw disk; empty when none does."""
    raw = (
        view.name for view in host.views() if any(d.path == path and d.format == "raw" for d in view.disks)
    )
    return next(raw, "")


def make_file(host: LibvirtHost, disk: Resource, files: Files, progress: Progress) -> DiskFile:
    """The file that a new disk is: the one that is said, or one that is made. Raises `BackendRefused`."""
    size, name = disk.get(SIZE), name_of(disk)
    if is_remote(disk.text(FILE)):
        return remote_file(host, disk)
    if disk.get(FILE):
        there = image_at(host, disk.text(FILE), disk.text(FORMAT))
        _refuse_other_size(host, disk, there.path, there.capacity)
        return DiskFile(there.path, disk.text(FORMAT) or there.format)
    image = image_at(host, disk.text(FROM)) if disk.get(FROM) else None
    if image and image.format != "raw" and (owner := _raw_disk_of(host, image.path)):
        raise BackendRefused(
            f"{host.name}: {image.path} is a raw disk of {owner}, and begins as a {image.format} image: its guest may "
            "have written that",
            help=f"copy it by hand, as the raw disk that it is: `qemu-img convert -f raw {image.path} …`",
        )
    if image and isinstance(size, int) and size < image.capacity:
        raise BackendRefused(
            f"{host.name}: {image.path} has {Size().show(image.capacity)}, and cannot become smaller",
            help="leave `size` out, or say a larger one",
        )
    folder = pools.folder_of(host, disk.text(POOL)) if disk.get(POOL) else host.folder
    path = made_path(folder, owner_of(disk), name, form_of(disk))
    if is_remote(path):
        return _make_remote(host, disk, image, path, files, progress)
    if stat(host, path):  # also a link to nothing, through which libvirt would write
        raise BackendRefused(
            f"{host.name}: the disk's name is taken: there is a file {path} already",
            help=f"to use it as it is: `disk {name} file {PurePosixPath(path).name}`; else move it away",
        )
    capacity = size if isinstance(size, int) else image.capacity if image else 0
    new = storage_xml.newest(form_of(disk))
    if image and disk.get(COPY):
        whole = Image(path, form_of(disk), capacity, options=new)
        say = noting(host, path, files, progress)
        files.make(host, path, lambda: storage_work.clone(host, image, whole, owner_of(disk), say))
    else:
        made = Image(path, form_of(disk), capacity, image.file if image else None, options=new)
        files.make(host, path, lambda: storage.create(host, made))
    reached("disk is made")
    if disk.get(THICK):
        take_room(host, path, form_of(disk), capacity)
    return DiskFile(path, form_of(disk))


def noting(host: LibvirtHost, path: str, files: Files, progress: Progress) -> Progress:
    """The progress of what makes a file, which is written down once it is there: it may take long, and be cut off."""
    known = False

    def say(text: str, fraction: float | None = None) -> None:
        nonlocal known
        if not known and stat(host, path):
            known = True
            files.note_made(host, path)
        progress(text, fraction)

    return say


def remote_file(host: LibvirtHost, disk: Resource) -> DiskFile:
    """A disk that there is over the network: read as nothing but the format that is said, or that its name promises."""
    url = disk.text(FILE)
    form = disk.text(FORMAT) or ("qcow2" if url.endswith(".qcow2") else "raw")
    found = remote_files.asked(host, {url: form}).get(url, "its host does not tell")
    if isinstance(found, str):
        raise BackendRefused(
            f"{host.name}: there is no {form} disk {url}: {found}",
            help="does its server run and have it, does it let the host in, and with which secret? "
            "A pool's `user` has one",
        )
    _refuse_other_size(host, disk, url, remote_files.in_image(found))
    return DiskFile(url, form)


def _refuse_other_size(host: LibvirtHost, disk: Resource, path: str, have: int) -> None:
    """What is there is taken as it is."""
    said = disk.get(SIZE)
    if isinstance(said, int) and said != have:
        raise BackendRefused(
            f"{host.name}: {path} has {Size().show(have)}, not {Size().show(said)}",
            help="leave `size` out; a larger one can be said when the vm has the disk",
        )


def _make_remote(
    host: LibvirtHost, disk: Resource, image: Image | None, url: str, files: Files, progress: Progress
) -> DiskFile:
    """A new file on a server. It is made empty first, which fails where there is one: QEMU's tools would not ask."""
    said, form = disk.get(SIZE), form_of(disk)
    size = said if isinstance(said, int) else 0
    if stat(host, url):
        raise BackendRefused(
            f"{host.name}: the disk's name is taken: there is {url} already",
            help=f"to use it as it is: `disk {name_of(disk)} file {url}`; else move it away",
        )
    new_remote(host, url, files)
    if image is None:
        remote_files.create(host, url, form, size)
    else:
        copy = Growing(host, image, url, owner_of(disk))

        def say() -> None:
            state = copy.look()
            progress(state.text, state.fraction)

        beside(lambda: remote_files.copy(host, image.path, image.format, url, form), say)
        if size > image.capacity:
            remote_files.grow(host, url, form, size)
    if not files.of_own(host, url):
        raise BackendRefused(f"{host.name}: somebody has put another file in the place of {url}")
    reached("disk is made")
    return DiskFile(url, form)


def new_remote(host: LibvirtHost, url: str, files: Files) -> None:
    """A new file on a server, with nothing in it. Raises `BackendRefused`, also where there is one."""
    files.intend(host, url)
    remote_files.ask_nfs(host, "create", url)
    files.note_made(host, url)
    reached("a file over the network is made")
