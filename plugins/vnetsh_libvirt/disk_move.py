"""A disk on its way to another file of its host, or of a server: where it lies, its new file, its definition."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from vnetsh.backend import JobState
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Change
from vnetsh_libvirt import disk_xml, remote_files, storage, storage_xml
from vnetsh_libvirt.disk_fields import THICK, form_of, name_of, owner_of
from vnetsh_libvirt.disk_making import new_remote
from vnetsh_libvirt.disk_plugging import CONFIG, Views, disk_size, views
from vnetsh_libvirt.disk_xml import DiskFile
from vnetsh_libvirt.drives import Disk
from vnetsh_libvirt.files import Files, stat
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.looking import Looking
from vnetsh_libvirt.remote import is_remote
from vnetsh_libvirt.storage import Image
from vnetsh_libvirt.thick_room import take_room

LOOK = 0.25
"""Seconds between two looks at a copy."""


@dataclass(frozen=True)
class DiskMove:
    """A disk's move on a host: from the file `old` to the file `new`."""

    host: LibvirtHost
    domain: Any
    change: Change
    files: Files
    tell: Tell
    old: str
    new: str

    @property
    def name(self) -> str:
        """The disk's name within its VM."""
        return name_of(self.change.resource)

    @property
    def owner(self) -> str:
        """Its VM."""
        return owner_of(self.change.resource)

    @property
    def form(self) -> str:
        """The format of its file."""
        return form_of(self.change.resource)

    def views(self) -> Views:
        """The VM as it is, in those of its views that have the disk."""
        found = views(self.host, self.domain)
        return {flag: view for flag, view in found.items() if view.drive(self.name)}

    def where(self) -> Mapping[int, Disk]:
        """The disk, in each of its VM's views that has it."""
        return {flag: disk for flag, view in self.views().items() if (disk := view.drive(self.name))}

    def say(self, text: str) -> None:
        """Tell what is done just now."""
        self.tell(JobState(f"{self.owner}: {text}"))


def make_way(move: DiskMove) -> None:
    """See that there is no file where the disk is to lie; what a run of before made or left there goes."""
    files, host = move.files, move.host
    if stat(host, move.new) is None:
        return
    known = (*files.made_on(host), *files.to_go(host), *files.old_on(host))
    why = "" if move.new in known else f"the disk's name is taken: there is {move.new} already"
    if not why and files.of_own(host, move.new):
        if move.new in files.old_on(host):
            files.note(host, f"{move.new} on {host.name}", replaced=move.new)
        why = files.remove(host, move.new)
    elif not why:
        why = f"{move.new} is another file by now"
    if why:
        raise BackendRefused(f"{host.name}: {why}", help="move it away")


def below(move: DiskMove, disk: Disk) -> DiskFile | None:
    """What its new file is to build on: what its old one does, where that is a file of the host as well."""
    if disk.remote or is_remote(move.new) or disk.format == "raw":
        return None
    chain = Looking(move.host).layers(disk.path, disk.format)
    if not chain[1:]:
        return None
    below = chain[1]
    image = None if below.form else storage.find_image(move.host, below.path)
    return DiskFile(below.path, below.form or (image.format if image else "raw"))


def make(move: DiskMove, size: int, below: DiskFile | None, options: tuple[str, ...]) -> None:
    """Its new file, with nothing in it yet."""
    host, files = move.host, move.files
    if is_remote(move.new):
        new_remote(host, move.new, files)
        remote_files.create(host, move.new, move.form, size)
    else:
        made = Image(move.new, move.form, size, below, options=options)
        files.make(host, move.new, lambda: storage.create(host, made))
        keep_thick(move, size)


def keep_thick(move: DiskMove, size: int) -> None:
    """Where it is thick, have its new file as thick as its old one."""
    if move.change.resource.get(THICK):
        take_room(move.host, move.new, move.form, size)


def options(image: Image | None, form: str) -> tuple[str, ...]:
    """How a new file is made: as the old one, where that tells; else as any."""
    return (image.options if image else ()) or storage_xml.newest(form)


def size_of(move: DiskMove, disk: Disk) -> int:
    """How large the disk is for its guest, in bytes. Raises `BackendRefused` where nobody tells."""
    size = disk_size(move.host, move.domain, disk)
    if size is None:
        raise BackendRefused(f"{move.host.name}: nobody tells how large disk {move.name} of {move.owner} is")
    return size


def define(move: DiskMove, path: str) -> None:
    """Have its VM's definition say that file."""
    if not move.host.persistent(move.domain):
        return
    found = move.host.defined(move.domain, secrets=True).drive(move.name)
    if found is None or found.path == path:
        return
    element = disk_xml.elsewhere(deepcopy(found.element), DiskFile(path, move.form))
    move.host.link.call(move.domain.updateDeviceFlags, ET.tostring(element, encoding="unicode"), CONFIG)
    reached("vm is defined with its new file")


def job_of(disk: Disk) -> str:
    """The file that a job of libvirt's copies a disk to; empty where none does."""
    return disk_xml.mirror_of(disk.element)
