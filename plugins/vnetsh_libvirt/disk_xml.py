"""The XML of disks that have names (https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms). Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from vnetsh.model import Resource
from vnetsh_libvirt.disk_fields import THICK, bus_of, name_of
from vnetsh_libvirt.drives import ALIAS
from vnetsh_libvirt.remote import is_remote
from vnetsh_libvirt.remote_xml import source_of, url_of

_PREFIXES = {"virtio": "vd", "ide": "hd"}
"""How a machine calls the disks of a bus; of all others `sd`."""

SCSI = "virtio-scsi"
"""The model of a new SCSI controller: guests have a driver for it, and it takes disks while they run."""


@dataclass(frozen=True)
class DiskFile:
    """The file that a new domain's disk is."""

    path: str
    format: str


@dataclass(frozen=True)
class Target:
    """A disk that a VM is given: its file, and what its machine will call it."""

    disk: Resource
    file: DiskFile
    target: str


def targets(disks: Sequence[Resource], taken: Collection[str]) -> list[str]:
    """What a machine calls new disks, beside those that it has: the first names that are free.

    One that is named as a machine would call it gets that, where it can.
    """
    used, found = set(taken), list[str]()
    for disk in disks:
        prefix, name = _PREFIXES.get(bus_of(disk), "sd"), name_of(disk)
        own = name.startswith(prefix) and name[2:].isalpha() and name.islower() and name not in used
        target = name if own else next(one for one in _names(prefix) if one not in used)
        used.add(target)
        found.append(target)
    return found


def _names(prefix: str) -> Iterator[str]:
    yield from (prefix + last for last in ascii_lowercase)
    yield from (prefix + first + last for first in ascii_lowercase for last in ascii_lowercase)


def disk(one: Target) -> ET.Element:
    """A disk with a name."""
    path = one.file.path
    element = ET.Element("disk", type="network" if is_remote(path) else "file", device="disk")
    discard = "ignore" if one.disk.get(THICK) else "unmap"  # what its guest discards is not to be lost to it
    ET.SubElement(element, "driver", name="qemu", type=one.file.format, discard=discard)
    element.append(_source(path))
    ET.SubElement(element, "target", dev=one.target, bus=bus_of(one.disk))
    ET.SubElement(element, "serial").text = name_of(one.disk)
    ET.SubElement(element, "alias", name=ALIAS + name_of(one.disk))
    return element


def elsewhere(disk: ET.Element, file: DiskFile) -> ET.Element:
    """A disk whose file is another one: what was said of that alone goes with it."""
    disk.set("type", "network" if is_remote(file.path) else "file")
    for tag in ("source", "backingStore", "mirror"):
        for old in disk.findall(tag):
            disk.remove(old)
    driver = disk.find("driver")
    if driver is None:
        driver = ET.SubElement(disk, "driver", name="qemu")
    driver.set("type", file.format)
    disk.insert(1, _source(file.path))
    return disk


def mirror_of(disk: ET.Element) -> str:
    """The path or URL that a disk is being copied to; empty where it is not."""
    mirror = disk.find("mirror")
    source = mirror.find("source") if mirror is not None else None
    if mirror is None or source is None:
        return ""
    return url_of(mirror) or source.get("file") or source.get("dev") or "elsewhere"


def _source(path: str) -> ET.Element:
    return source_of(path) if is_remote(path) else ET.Element("source", file=path)


def controllers(disks: Sequence[Target]) -> Iterator[ET.Element]:
    """What new disks are plugged into that a new machine would not have, or not so."""
    if any(bus_of(one.disk) == "scsi" for one in disks):
        yield scsi_controller()


def scsi_controller() -> ET.Element:
    """A controller for SCSI disks."""
    return ET.Element("controller", type="scsi", index="0", model=SCSI)
