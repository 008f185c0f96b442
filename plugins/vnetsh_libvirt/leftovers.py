"""What a run that was killed leaves on a host besides its changes: pools, files that only asked, ports of probes.

Only what is surely vnetsh's: a transient pool whose name is made of its folder (`storage.pool_name`), an empty file
of the name that `disks` gives those by which it finds out whether a folder is shared, and ports of Open vSwitch with
the mark of a prober that was killed itself, or with its host: their device is no more. (At a Linux bridge the kernel
removes them.)
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from contextlib import suppress

import libvirt

from vnetsh.errors import VnetshError
from vnetsh_libvirt import storage
from vnetsh_libvirt.libvirt_host import LibvirtHost

_TRANSIENT = libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE | libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT
_ASKED = ".vnetsh-??????????"
_MINUTES = "+2"  # no run asks for so long
_PORTS = r"""
command -v ovs-vsctl >/dev/null || exit 0
ovs="ovs-vsctl --timeout=2 --no-wait"
for port in $($ovs --bare --columns=name find port external_ids:vnetsh-probe=1 2>/dev/null); do
    test -e "/sys/class/net/$port" || $ovs -- --if-exists del-port "$port"
done
"""
_SWEEP = 'find "$1" -maxdepth 1 -name "$2" -type f -empty -mmin "$3" -delete' + _PORTS


def sweep(host: LibvirtHost) -> None:
    """Remove it, for who has the host's lock: nobody else's run is under way there. Never raises; no image goes."""
    for pool in host.link.quietly(host.link.connection.listAllStoragePools, _TRANSIENT) or ():
        name = host.link.quietly(pool.name) or ""
        if name not in host.pools and re.fullmatch("vnetsh-[0-9a-f]{12}", name):
            described = host.link.quietly(pool.XMLDesc, 0)
            if described and storage.pool_name(ET.fromstring(described).findtext("target/path", "")) == name:
                host.link.quietly(pool.destroy)
    with suppress(VnetshError):  # whoever needs the host will say so
        host.transport.ask(["sh", "-c", _SWEEP, "sh", host.folder, _ASKED, _MINUTES], timeout=host.timeout)


def sweep_ports(host: LibvirtHost) -> None:
    """Remove what Open vSwitch still has of probes that were killed. Needs no lock: of one that lives its device is
    there. Never raises.
    """
    with suppress(VnetshError):  # whoever needs the host will say so
        host.transport.ask(["sh", "-c", _PORTS], timeout=host.timeout)
