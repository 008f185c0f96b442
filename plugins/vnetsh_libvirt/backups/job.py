"""What libvirt is told of a backup of a VM that runs. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.drives import Disk


def xml(view: Definition, disks: Sequence[tuple[Disk, str]], part: str, since: str = "") -> str:
    """https://libvirt.org/formatbackup.html; `since` that checkpoint, or all that is on the disks."""
    files = {disk.target: file for disk, file in disks}
    root = ET.Element("domainbackup", mode="push")
    if since:
        ET.SubElement(root, "incremental").text = since
    listed = ET.SubElement(root, "disks")
    for element in view.root.iterfind("devices/disk/target"):
        target = element.get("dev", "")
        if target not in files:
            ET.SubElement(listed, "disk", name=target, backup="no")
            continue
        disk = ET.SubElement(listed, "disk", name=target, backup="yes", type="file")
        ET.SubElement(disk, "target", file=f"{part}/{files[target]}")
        ET.SubElement(disk, "driver", type="qcow2")
    return ET.tostring(root, encoding="unicode")


def checkpoint(name: str, view: Definition, disks: Sequence[tuple[Disk, str]], words: str) -> str:
    """https://libvirt.org/formatcheckpoint.html: of the disks that are copied, and of no other one."""
    targets = {disk.target for disk, _ in disks}
    root = ET.Element("domaincheckpoint")
    ET.SubElement(root, "name").text = name
    ET.SubElement(root, "description").text = words
    listed = ET.SubElement(root, "disks")
    for element in view.root.iterfind("devices/disk/target"):
        target = element.get("dev", "")
        ET.SubElement(listed, "disk", name=target, checkpoint="bitmap" if target in targets else "no")
    return ET.tostring(root, encoding="unicode")
