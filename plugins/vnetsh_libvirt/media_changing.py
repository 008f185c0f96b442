"""Put another medium into the CD drive of a VM, or take it out: in what runs, and in its definition."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from typing import Any

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Change
from vnetsh_libvirt import media, media_xml, storage
from vnetsh_libvirt.definition import attribute_of, recorded
from vnetsh_libvirt.disk_plugging import CONFIG, LIVE, views
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.mark import DRIVE_ALIAS

_CLOSED = re.compile(r"Tray of .* is not open")
"""What QEMU says, in two ways, where a guest that boots has closed the drive that libvirt had just opened."""
_TRIES, _PAUSE = 5, 0.5  # seconds


def change(host: LibvirtHost, domain: Any, change: Change) -> None:
    """Have what the change says in the drive; a VM that has none gets one. Raises `BackendRefused`."""
    said = change.resource.text(media.CDROM)
    path = storage.path_of(host, said) if said else ""
    for flag, view in views(host, domain).items():
        drive = media.drive_in(view)
        if drive is None:
            if flag == CONFIG and path:
                element = _new(host, domain, path)
                host.link.call(domain.attachDeviceFlags, ET.tostring(element, encoding="unicode"), CONFIG)
            continue
        if attribute_of(drive, "source", "file") != path:
            put(host, domain, media_xml.with_medium(drive, path), flag)
        reached("medium is changed")
    _remove_drive(host, domain, change)


def _new(host: LibvirtHost, domain: Any, path: str) -> ET.Element:
    root = host.defined(domain).root
    taken = {target.get("dev", "") for target in root.iterfind("devices/disk/target")}
    kind = root.find("os/type")
    machine = kind.get("machine", "") if kind is not None else ""
    return media_xml.drive(path, taken, x86=host.is_x86(), machine=machine)


def put(host: LibvirtHost, domain: Any, xml: str, flag: int, tries: int = _TRIES) -> None:
    """Have a drive be as that element says. Raises `BackendRefused`."""
    try:
        host.link.call(domain.updateDeviceFlags, xml, flag)
    except BackendRefused as error:
        if flag != LIVE:
            raise
        if _CLOSED.search(error.message) and tries > 1:
            time.sleep(_PAUSE)
            return put(host, domain, xml, flag, tries - 1)
        raise BackendRefused(
            error.message,
            help="its guest may hold the medium: eject it there, or by force: "
            f"`virsh change-media {domain.name()} … --eject --force`",
        ) from error


def _remove_drive(host: LibvirtHost, domain: Any, change: Change) -> None:
    """Where a change is taken back that brought the drive, that goes, too."""
    old = recorded(change.resource) if change.undo else None
    if old is None or media.drive_in(old) is not None or not host.persistent(domain):
        return
    drive = media.drive_in(host.defined(domain))
    if drive is not None and attribute_of(drive, "alias", "name") == DRIVE_ALIAS:
        host.link.call(domain.detachDeviceFlags, ET.tostring(drive, encoding="unicode"), CONFIG)
