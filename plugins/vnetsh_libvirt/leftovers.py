"""What a run that was killed leaves on a host besides its changes: transient storage pools, and files that only asked.

Only what is surely vnetsh's: a transient pool whose name is made of its folder (`storage.pool_name`), and an empty file
of the name that `disks` gives those by which it finds out whether a folder is shared.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import libvirt

from vnetsh.errors import VnetshError
from vnetsh_libvirt import storage
from vnetsh_libvirt.libvirt_host import LibvirtHost

_TRANSIENT = libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE | libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT
_ASKED = ".vnetsh-??????????"
_MINUTES = "+2"  # no run asks for so long


def sweep(host: LibvirtHost) -> None:
    """Remove it, for who has the host's lock: nobody else's run is under way there. Never raises; no image goes."""
    for pool in host.link.quietly(host.link.connection.listAllStoragePools, _TRANSIENT) or ():
        name = host.link.quietly(pool.name) or ""
        if name not in host.pools and re.fullmatch("vnetsh-[0-9a-f]{12}", name):
            described = host.link.quietly(pool.XMLDesc, 0)
            if described and storage.pool_name(ET.fromstring(described).findtext("target/path", "")) == name:
                host.link.quietly(pool.destroy)
    find = ["find", host.folder, "-maxdepth", "1", "-name", _ASKED, "-type", "f", "-empty", "-mmin", _MINUTES]
    try:
        host.transport.ask([*find, "-delete"], timeout=host.timeout)
    except VnetshError:  # whoever needs the host will say so
        return
