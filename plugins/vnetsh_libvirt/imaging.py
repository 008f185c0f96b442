"""Where a host's disk images are and what they are, as far as a fleet tells. Pure."""

from __future__ import annotations

from vnetsh.model import Fleet, Resource, Value
from vnetsh.model.disks import made_path, place_of
from vnetsh_libvirt.disk_fields import FILE, PATH, POOL, form_of, name_of, owner_of
from vnetsh_libvirt.domain_xml import DiskFile
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.remote import VOLUME_GROUP, is_remote

FORMAT = "FORMAT"
"""Stands for an image's format: the fleet does not tell it, and no command takes this word for one."""


def folder_of(fleet: Fleet, host: str) -> str:
    """The folder of a host's disk images."""
    said = facts(fleet, host).folder or fleet.hosts[host].text("images", "/var/lib/libvirt/images")
    return str(said).rstrip("/")


def said_server(url: str) -> dict[str, Value]:
    """What a pool's URL means, as a sentence says it: an export, a target, a pool of Ceph's, a volume group."""
    if url.startswith(VOLUME_GROUP):
        return {"type": "logical", "source": url.removeprefix(VOLUME_GROUP)}
    kind, _, rest = url.partition("://")
    server, _, path = rest.partition("/")
    user, at, server = server.rpartition("@")
    proving = {"user": user} if at else {}
    if kind == "rbd":
        return {"type": kind, "source": path, "monitors": tuple(server.split(",")), **proving}
    if kind == "iscsi":
        return {"type": kind, "source": server, "target": path, **proving}
    return {"type": kind, "source": f"{server}:/{path}"}


def path_of(fleet: Fleet, host: str, disk: str) -> str:
    """The file that a `disk NAME` means, or the URL that it is."""
    return disk if disk.startswith("/") or is_remote(disk) else f"{folder_of(fleet, host)}/{disk}"


def overlay_of(fleet: Fleet, host: str, vm: str) -> str:
    """Where the thin overlay of a VM lies."""
    return f"{folder_of(fleet, host)}/{vm}.qcow2"


def disk_path(fleet: Fleet, disk: Resource) -> str:
    """The file of a disk: its own as it was found or, of a new one, the one that is said or will be made."""
    if disk.get(PATH) or disk.get(FILE):
        return path_of(fleet, disk.place, disk.text(PATH) or disk.text(FILE))
    pool = fleet.get("pool", disk.place, disk.text(POOL)) if disk.get(POOL) else None
    folder = place_of(pool) if pool else folder_of(fleet, disk.place)
    return made_path(folder, owner_of(disk), name_of(disk), form_of(disk))


def image_of(fleet: Fleet, host: str, disk: str) -> DiskFile:
    """The image that a `disk NAME` means; what its format is, only the host can tell."""
    return DiskFile(path_of(fleet, host, disk), FORMAT)


def format_note(image: DiskFile) -> str:
    """Where an image's format is to be had."""
    return f"{FORMAT}: what `qemu-img info -U {image.path}` says"
