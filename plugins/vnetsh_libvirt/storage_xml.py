"""The XML of new volumes and pools (https://libvirt.org/formatstorage.html). Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from uuid import UUID, uuid5

from vnetsh_libvirt.disk_xml import DiskFile
from vnetsh_libvirt.remote import SECRETS, VOLUME_GROUP, well_formed
from vnetsh_libvirt.remote_xml import servers_of, source_of


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
    """A pool that is an export of an NFS server, an iSCSI target, or a pool of Ceph's.

    Or a volume group. libvirt only keeps it: to start it would mount it, at that folder, log its host in, or activate
    each of its volumes.
    """
    if url.startswith(VOLUME_GROUP):
        return _volume_group(name, url, uuid)
    source = source_of(f"{url}/.")
    protocol, what = source.get("protocol", ""), source.get("name", "").removesuffix("/.")
    root = ET.Element("pool", type={"nfs": "netfs"}.get(protocol, protocol))
    _text(root, "name", name)
    if uuid:
        _text(root, "uuid", uuid)
    where = ET.SubElement(root, "source")
    for host in source.findall("host"):
        ET.SubElement(where, "host", dict(host.attrib))
    if protocol == "rbd":
        _text(where, "name", what)
    else:
        ET.SubElement(where, "device" if protocol == "iscsi" else "dir", path=what)
    if protocol == "nfs":
        ET.SubElement(where, "format", type="nfs")
    if (auth := source.find("auth")) is not None:
        proof = ET.SubElement(where, "auth", {"type": _PROOFS[protocol], **auth.attrib})
        ET.SubElement(proof, "secret", usage=url)
    if folder := {"iscsi": "/dev/disk/by-path", "nfs": f"/var/lib/libvirt/mounted/{name}"}.get(protocol):
        _text(ET.SubElement(root, "target"), "path", folder)
    return ET.tostring(root, encoding="unicode")


def _volume_group(name: str, folder: str, uuid: str) -> str:
    root = ET.Element("pool", type="logical")
    _text(root, "name", name)
    if uuid:
        _text(root, "uuid", uuid)
    where = ET.SubElement(root, "source")
    _text(where, "name", folder.removeprefix(VOLUME_GROUP))
    ET.SubElement(where, "format", type="lvm2")
    _text(ET.SubElement(root, "target"), "path", folder)
    return ET.tostring(root, encoding="unicode")


_PROOFS = {"iscsi": "chap", "rbd": "ceph"}
"""How a pool's XML calls what a server lets a user in by."""


_SECRET = UUID("8c0a5f0e-7f5e-5c55-8a0e-0d4a3f6b9c11")

_USES = {"iscsi": "target", "rbd": "name"}
"""How a secret's XML calls what it is used for."""


def secret_uuid(pool: str) -> str:
    """The UUID of the secret that vnetsh makes for a pool, by its URL: so it is known again."""
    return str(uuid5(_SECRET, pool))


def secret_xml(url: str, file: str) -> str:
    """The secret of a pool's user; it says the file that it came from, so that this can be shown."""
    protocol = url.partition("://")[0]
    root = ET.Element("secret", ephemeral="no", private="no")
    _text(root, "uuid", secret_uuid(url))
    _text(root, "description", file)
    _text(ET.SubElement(root, "usage", type=SECRETS[protocol]), _USES[protocol], url)
    return ET.tostring(root, encoding="unicode")


def pool_url(xml: str) -> str:
    """What the URLs of disks begin with that lie in a pool of network storage; empty of any other pool."""
    root = ET.fromstring(xml)
    if root.get("type") == "logical":
        group = root.findtext("source/name", "") or root.findtext("name", "")
        return f"{VOLUME_GROUP}{group}" if group else ""
    if root.get("type") in ("iscsi", "rbd"):
        return _block_url(root)
    host, where, form = (root.find(f"source/{tag}") for tag in ("host", "dir", "format"))
    if (
        root.get("type") != "netfs"
        or host is None
        or where is None
        or (form is not None and form.get("type") not in ("nfs", "auto"))
    ):
        return ""
    return f"{servers_of('nfs', [host])}{where.get('path', '')}".rstrip("/")


def _block_url(pool: ET.Element) -> str:
    """That of a target, by one server, or of a pool of Ceph's; whose secret its user has, no URL says.

    Empty where its hosts have to be a certain initiator.
    """
    protocol, hosts, auth = pool.get("type", ""), pool.findall("source/host"), pool.find("source/auth")
    if protocol == "rbd":
        names = [pool.findtext("source/name", "")]
    else:
        names = [one.get("path", "") for one in pool.findall("source/device")]
    if not hosts or len(names) != 1 or pool.find("source/initiator") is not None:
        return ""
    user = auth.get("username", "") if auth is not None else ""
    if auth is not None and (not user or auth.get("type", _PROOFS[protocol]) != _PROOFS[protocol]):
        return ""
    url = f"{servers_of(protocol, hosts, user)}/{names[0]}"
    return url if well_formed(f"{url}/0") else ""


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = text
