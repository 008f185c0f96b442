"""Disks that QEMU itself reaches over the network, by their URLs: `nfs://nas/export/web01-data.qcow2`. Pure, no XML.

A URL is to such a disk what a path is to a file of the host (https://www.qemu.org/docs/master/system/images.html).
"""

from __future__ import annotations

import re

PORTS = {"nfs": 2049, "iscsi": 3260, "nbd": 10809}
"""The protocols that are known, each with its usual port, which no URL says."""

_BEGINNINGS = tuple(f"{protocol}://" for protocol in PORTS)

URL = re.compile(r"(nfs|iscsi|nbd)://(\[[0-9A-Fa-f:.]+\]|[^/\[\]:@?#\s]+)(?::(\d{1,5}))?/([^?#\s]+)\Z")
"""Its protocol, its server, the port where that is said, and what it is there."""


def is_remote(path: str) -> bool:
    """Whether it is a URL, and no file of the host."""
    return path.startswith(_BEGINNINGS)


def well_formed(url: str) -> bool:
    """Whether QEMU and libvirt can be told of it: a protocol that is known, a server, and a name there."""
    found = URL.match(url)
    if found is None or (found[1] == "nfs" and found[3]):  # libvirt takes no port of an NFS server
        return False
    return all(part not in ("", ".", "..") for part in found[4].split("/"))


def is_block(url: str) -> bool:
    """Whether it is what a server has as one disk, a LUN or an export of NBD: only the server makes that larger."""
    return url.startswith(("iscsi://", "nbd://"))


def is_lun(url: str) -> bool:
    """Whether it is a LUN of an iSCSI target, by its number."""
    return url.startswith("iscsi://") and url.rpartition("/")[2].isdecimal()


def same_of_all(url: str) -> str:
    """What is the same of all URLs of one disk: a target's name is its own in the world, not its server's."""
    if not is_lun(url):
        return url
    target, _, lun = url.rpartition("/")
    return f"iscsi:{target.rpartition('/')[2].lower()}/{int(lun)}"


def folder_of(path: str) -> str:
    """What a disk lies in: a folder of its host, or an export, a target, a server."""
    return path.rpartition("/")[0]
