"""The XML of new volumes and pools (https://libvirt.org/formatstorage.html). Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from vnetsh_libvirt.disk_xml import DiskFile
from vnetsh_libvirt.remote import well_formed
from vnetsh_libvirt.remote_xml import server_of, source_of


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


def remote_pool(name: str, url: str, uuid: str = "") -> str:
    """A pool that is an export of an NFS server, or an iSCSI target.

    libvirt only keeps it: to start it would mount it, at that folder, or log its host in.
    """
    source = source_of(f"{url}/.")
    host, what = source.find("host"), source.get("name", "").removesuffix("/.")
    target = source.get("protocol") == "iscsi"
    root = ET.Element("pool", type="iscsi" if target else "netfs")
    _text(root, "name", name)
    if uuid:
        _text(root, "uuid", uuid)
    where = ET.SubElement(root, "source")
    ET.SubElement(where, "host", dict(host.attrib) if host is not None else {})
    ET.SubElement(where, "device" if target else "dir", path=what)
    if not target:
        ET.SubElement(where, "format", type="nfs")
    folder = "/dev/disk/by-path" if target else f"/var/lib/libvirt/mounted/{name}"
    _text(ET.SubElement(root, "target"), "path", folder)
    return ET.tostring(root, encoding="unicode")


def pool_url(xml: str) -> str:
    """What the URLs of disks begin with that lie in a pool of network storage; empty of any other pool."""
    root = ET.fromstring(xml)
    if root.get("type") == "iscsi":
        return _target_url(root)
    host, where, form = (root.find(f"source/{tag}") for tag in ("host", "dir", "format"))
    if (
        root.get("type") != "netfs"
        or host is None
        or where is None
        or (form is not None and form.get("type") not in ("nfs", "auto"))
    ):
        return ""
    return f"{server_of('nfs', host)}{where.get('path', '')}".rstrip("/")


def _target_url(pool: ET.Element) -> str:
    """That of a target which anybody may use, by one server; else empty: no URL says a name or a password."""
    hosts, devices = pool.findall("source/host"), pool.findall("source/device")
    needs = [tag for tag in ("auth", "initiator") if pool.find(f"source/{tag}") is not None]
    if len(hosts) != 1 or len(devices) != 1 or needs:
        return ""
    url = f"{server_of('iscsi', hosts[0])}/{devices[0].get('path', '')}"
    return url if well_formed(f"{url}/0") else ""


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = text
