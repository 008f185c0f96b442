"""The XML of new volumes and pools (https://libvirt.org/formatstorage.html). Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from vnetsh_libvirt.disk_xml import DiskFile


def volume(
    name: str,
    capacity: int,
    format: str,
    backing: DiskFile | None = None,
    mode: str = "",
    options: Sequence[str] = (),
) -> str:
    """A new disk image of a pool, sparse; with `backing` it holds only what differs from that file.

    `options` are further elements of its target: how the image is made.
    """
    root = ET.Element("volume")
    _text(root, "name", name)
    _text(root, "capacity", str(capacity), unit="bytes")
    if format == "raw":
        _text(root, "allocation", "0", unit="bytes")
    target = ET.SubElement(root, "target")
    ET.SubElement(target, "format", type=format)
    if mode:
        _text(ET.SubElement(target, "permissions"), "mode", mode)
    target.extend(map(ET.fromstring, options))
    if backing:
        below = ET.SubElement(root, "backingStore")
        _text(below, "path", backing.path)
        ET.SubElement(below, "format", type=backing.format)
    return ET.tostring(root, encoding="unicode")


def newest(format: str) -> tuple[str, ...]:
    """The options of a new image that is no copy of another one: the version of qcow2 that QEMU itself makes.

    libvirt makes the older one, 0.10, which keeps no bitmaps; of that one it tells no version, and a copy of it is one.
    """
    return ("<compat>1.1</compat>",) if format == "qcow2" else ()


def pool(name: str, folder: str, uuid: str = "") -> str:
    """A pool that is a folder."""
    root = ET.Element("pool", type="dir")
    _text(root, "name", name)
    if uuid:
        _text(root, "uuid", uuid)
    _text(ET.SubElement(root, "target"), "path", folder)
    return ET.tostring(root, encoding="unicode")


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = text
