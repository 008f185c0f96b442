"""The XML of a CD drive: a new one, and one with another medium. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Collection
from copy import deepcopy
from string import ascii_lowercase

from vnetsh_libvirt.mark import DRIVE_ALIAS as ALIAS


def drive(path: str, taken: Collection[str], *, x86: bool, machine: str, alias: str = ALIAS) -> ET.Element:
    """A new CD drive with a medium, on the bus that its machine has for such."""
    bus = "sata" if "q35" in machine else "ide" if x86 else "scsi"
    prefix = "hd" if bus == "ide" else "sd"
    target = next(name for last in ascii_lowercase if (name := prefix + last) not in taken)
    element = ET.Element("disk", type="file", device="cdrom")
    ET.SubElement(element, "driver", name="qemu", type="raw")
    ET.SubElement(element, "source", file=path)
    ET.SubElement(element, "target", dev=target, bus=bus)
    ET.SubElement(element, "readonly")
    ET.SubElement(element, "alias", name=alias)
    return element


def with_medium(element: ET.Element, path: str) -> str:
    """A drive as it is with another medium in it, or none."""
    new = deepcopy(element)
    for name in ("source", "backingStore"):
        for old in new.findall(name):
            new.remove(old)
    new.set("type", "file")
    if path:
        ET.SubElement(new, "source", file=path)
    return ET.tostring(new, encoding="unicode")
