"""Where a host's disk images are and what they are, as far as a fleet tells. Pure."""

from __future__ import annotations

from vnetsh.model import Fleet
from vnetsh_libvirt.assessing import NAME
from vnetsh_libvirt.domain_xml import DiskFile

_UNKNOWN = "FORMAT"


def folder_of(fleet: Fleet, host: str) -> str:
    """The folder of a host's disk images."""
    said = fleet.fact(host, NAME, "folder") or fleet.hosts[host].text("images", "/var/lib/libvirt/images")
    return str(said).rstrip("/")


def path_of(fleet: Fleet, host: str, disk: str) -> str:
    """The file that a `disk NAME` means."""
    return disk if disk.startswith("/") else f"{folder_of(fleet, host)}/{disk}"


def overlay_of(fleet: Fleet, host: str, vm: str) -> str:
    """Where the thin overlay of a VM lies."""
    return f"{folder_of(fleet, host)}/{vm}.qcow2"


def format_of(fleet: Fleet, host: str, disk: str) -> str:
    """An image's format; a word that nothing takes for one where it was not seen."""
    found = fleet.fact(host, NAME, "formats")
    name = path_of(fleet, host, disk).removeprefix(folder_of(fleet, host) + "/")
    return str(found.get(name, _UNKNOWN)) if isinstance(found, dict) else _UNKNOWN


def unknown_format(image: DiskFile) -> str:
    """A note on a format that is not known; empty where it is."""
    return f"{_UNKNOWN}: as `qemu-img info -U {image.path}` says" if image.format == _UNKNOWN else ""
