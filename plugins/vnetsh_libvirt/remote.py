"""Disks that QEMU itself reaches over the network, by their URLs: `nfs://nas/export/web01-data.qcow2`. Pure, no XML.

A URL is to such a disk what a path is to a file of the host (https://www.qemu.org/docs/master/system/images.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PORTS = {"nfs": 2049, "iscsi": 3260, "nbd": 10809, "rbd": 0}
"""The protocols that are known, each with its usual port, which no URL says. Ceph's monitors have two: none is usual.
"""

SECRETS = {"iscsi": "iscsi", "rbd": "ceph"}
"""The protocols by which a user has a secret, each with what libvirt calls the secret's use."""

_BEGINNINGS = tuple(f"{protocol}://" for protocol in PORTS)

_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^/\[\]:@?#,\s]+)(?::(\d{1,5}))?")
_URL = re.compile(
    rf"(nfs|iscsi|nbd|rbd)://(?:([^/@?#,\s]+)@)?({_SERVER.pattern}(?:,{_SERVER.pattern})*)/([^?#\s]+)\Z"
)


@dataclass(frozen=True)
class Parts:
    """What a URL says: of Ceph several servers, its monitors; `user` is who has to prove to be that."""

    protocol: str
    user: str
    servers: tuple[tuple[str, str], ...]
    name: str


def parts_of(url: str) -> Parts | None:
    """What a URL says; None of what is none. Each server stands beside its port, which may be empty."""
    found = _URL.match(url)
    if found is None:
        return None
    servers = tuple((one[1].strip("[]"), one[2] or "") for one in _SERVER.finditer(found[3]))
    return Parts(found[1], found[2] or "", servers, found[found.re.groups])


VOLUME_GROUP = "/dev/"
"""Begins what the volumes of a volume group are called. A pool of it has that for a URL."""


def is_remote(path: str) -> bool:
    """Whether it is a URL, and no file of the host."""
    return path.startswith(_BEGINNINGS)


def well_formed(url: str) -> bool:
    """Whether QEMU and libvirt can be told of it: a protocol that is known, a server, and a name there."""
    found = parts_of(url)
    if found is None or (
        found.protocol == "nfs" and found.servers[0][1]
    ):  # libvirt takes no port of an NFS server
        return False
    if (found.user and found.protocol not in SECRETS) or (len(found.servers) > 1 and found.protocol != "rbd"):
        return False
    parts, servers = found.name.split("/"), url.split("/")[2].rpartition("@")[2].split(",")
    if servers != sorted(servers):  # one cluster is to have one URL, by which its secret is called, too
        return False
    if found.protocol == "rbd" and (len(parts) != 2 or "@" in found.name):
        return False
    return all(part not in ("", ".", "..") for part in parts)


def is_block(url: str) -> bool:
    """Whether it is what a server has as one disk, a LUN, Ceph's image or an export of NBD: the server's to grow."""
    return url.startswith(("iscsi://", "nbd://", "rbd://"))


def is_lun(url: str) -> bool:
    """Whether it is a LUN of an iSCSI target, by its number."""
    return url.startswith("iscsi://") and url.rpartition("/")[2].isdecimal()


def is_volume(url: str) -> bool:
    """Whether it is an image of Ceph, by its name."""
    return url.startswith("rbd://")


def user_in(url: str) -> str:
    """Who has to prove to be that before a server lets it have a disk; empty where anybody may."""
    found = parts_of(url)
    return found.user if found else ""


def is_open(url: str) -> bool:
    """Whether its URL alone is enough for QEMU's tools: nobody has to prove who they are, and it is none of Ceph's."""
    return not user_in(url) and not is_volume(url)


def same_of_all(url: str) -> str:
    """What is the same of all URLs of one disk, whoever has it.

    A target's name is its own in the world, not its server's; a cluster's monitors stand in no order.
    """
    if is_volume(url) and (found := parts_of(url)):
        return f"rbd:{','.join(sorted(server.lower() for server, _ in found.servers))}/{found.name}"
    if not is_lun(url):
        return url
    target, _, lun = url.rpartition("/")
    return f"iscsi:{target.rpartition('/')[2].lower()}/{int(lun)}"


def folder_of(path: str) -> str:
    """What a disk lies in: a folder of its host, or an export, a target, a server."""
    return path.rpartition("/")[0]
