"""The disks of a domain as values, and what vnetsh keeps in it of those that it gave it. Pure.

A disk with a name has it in its alias, which libvirt keeps as it is, and as its serial number, by which its guest finds
it (`/dev/disk/by-id/virtio-data`). What only its maker knows is beside it, in the domain's metadata.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field

from vnetsh_libvirt.mark import SEED_ALIAS
from vnetsh_libvirt.remote import is_remote
from vnetsh_libvirt.remote_xml import url_of

ALIAS = "ua-vnetsh-disk-"
"""Begins the alias of a disk that has a name."""

NAMESPACE = "urn:vnetsh:disks:1"
"""Of the element in a domain's metadata that tells of its disks."""

PREFIX = "vnetsh-disks"
"""What stands for it in the XML."""

Told = Mapping[str, Mapping[str, str]]
"""Of each disk, by name, what was said when it was made: `from`, `copy` or `file`, `thick`; of an empty one nothing."""

FILE = "file"
"""Said of a disk that is a file which was there; of all others one was made."""

PLUGGABLE = frozenset({"virtio", "scsi", "usb"})
"""Buses that take a disk while a guest runs."""

SCSI = "scsi"

SCSI_CONTROLLER = f"devices/controller[@type='{SCSI}']"
"""Where a domain's XML says that it has one."""


def takes(bus: str, running: ET.Element | None) -> bool:
    """Whether a domain takes a disk of a bus as it runs. It is not given a SCSI controller then: that would stay."""
    if bus == SCSI and running is not None and running.find(SCSI_CONTROLLER) is None:
        return False
    return bus in PLUGGABLE


def attribute_of(element: ET.Element, child: str, name: str) -> str:
    """The attribute of a child element; empty where there is none."""
    found = element.find(child)
    return found.get(name, "") if found is not None else ""


@dataclass(frozen=True)
class Disk:
    """A disk or medium that is a file, or that QEMU reaches over the network: then `path` is its URL.

    `target` is its name in the guest (`vda`), `device` what the guest takes it for; `pool` is the one that it is a
    volume of.
    """

    target: str
    path: str
    format: str
    readonly: bool
    pool: str = ""
    shareable: bool = False
    device: str = "disk"
    element: ET.Element = field(
        default_factory=lambda: ET.Element("disk"), compare=False, repr=False, hash=False
    )

    @property
    def remote(self) -> bool:
        """Whether it is no file of the host, but reached over the network."""
        return is_remote(self.path)

    @property
    def bus(self) -> str:
        """What it is plugged into."""
        return attribute_of(self.element, "target", "bus")

    @property
    def marked(self) -> bool:
        """Whether vnetsh gave it its name."""
        return self._alias.startswith(ALIAS)

    @property
    def name(self) -> str:
        """What it is called: by the name that it was given or, else, as the machine calls it."""
        return self._alias.removeprefix(ALIAS) if self.marked else self.target

    @property
    def seed(self) -> bool:
        """Whether it is the medium with its VM's seed, which was made for that."""
        return self._alias == SEED_ALIAS

    @property
    def pluggable(self) -> bool:
        """Whether it comes and goes while the guest runs."""
        return self.bus in PLUGGABLE

    @property
    def _alias(self) -> str:
        return attribute_of(self.element, "alias", "name")

    @property
    def text(self) -> str:
        """Its XML."""
        return ET.tostring(self.element, encoding="unicode").strip()


def disk_of(element: ET.Element, volumes: Mapping[str, str]) -> Disk:
    """What an element says; of one that is no file and has no URL, with an empty path."""
    target, file = attribute_of(element, "target", "dev"), attribute_of(element, "source", "file")
    return Disk(
        target=target,
        path=file if element.get("type") == "file" else volumes.get(target, "") or url_of(element),
        format=attribute_of(element, "driver", "type") or "raw",
        readonly=element.find("readonly") is not None,
        pool=attribute_of(element, "source", "pool"),
        shareable=element.find("shareable") is not None,
        device=element.get("device", "disk"),
        element=element,
    )


def made_for(told: Told, disk: Disk, owner: str) -> bool:
    """Whether the file of a VM's disk was made for it, and is called so: nobody else has it."""
    if not disk.marked or FILE in told.get(disk.name, {FILE: ""}):
        return False
    return disk.path.rpartition("/")[2] == f"{owner}-{disk.name}.{disk.format}"


def told_in(domain: ET.Element) -> Told:
    """What a domain's XML tells of its disks."""
    element = domain.find(f"metadata/{{{NAMESPACE}}}vm")
    if element is None:
        return {}
    return {
        one.get("name", ""): {key: value for key, value in one.attrib.items() if key != "name"}
        for one in element.iterfind(f"{{{NAMESPACE}}}disk")
    }


def telling(told: Told, *, bare: bool = False) -> str:
    """That, as XML; empty where there is nothing to tell. `bare`: without the namespace, which libvirt's call gives."""
    if not told:
        return ""
    space = "" if bare else f"{{{NAMESPACE}}}"
    element = ET.Element(f"{space}vm")
    for name, said in told.items():
        ET.SubElement(element, f"{space}disk", {"name": name, **said})
    return ET.tostring(element, encoding="unicode")


ET.register_namespace(PREFIX, NAMESPACE)
