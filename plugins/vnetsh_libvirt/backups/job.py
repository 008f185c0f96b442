"""What libvirt is told of a backup of a VM that runs. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.drives import Disk


def xml(view: Definition, disks: Sequence[tuple[Disk, str]], part: str) -> str:
    """https://libvirt.org/formatbackup.html."""
    files = {disk.target: file for disk, file in disks}
    root = ET.Element("domainbackup", mode="push")
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
