"""What a domain's XML says, as values: memory, vcpus, disks, NICs, and vnetsh's own marks in it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cached_property

NAMESPACE = "urn:vnetsh:1"
"""Of the element in a domain's `<metadata>` that is vnetsh's mark."""

ALIAS = "ua-vnetsh-"
"""Begins the alias of a NIC that vnetsh made; libvirt keeps aliases that begin with `ua-` as they are."""

_UNITS = {"b": 1, "bytes": 1, "KB": 10**3, "k": 2**10, "KiB": 2**10, "MB": 10**6, "M": 2**20, "MiB": 2**20}
_UNITS |= {"GB": 10**9, "G": 2**30, "GiB": 2**30, "TB": 10**12, "T": 2**40, "TiB": 2**40}


@dataclass(frozen=True)
class Nic:
    """A NIC on a bridge. `name` is its tap's on the host: empty where that is not fixed and the VM is off.

    `vlan` is its access VLAN: a trunk has none. `mtu` is what it was told to have.
    """

    name: str
    bridge: str
    mac: str
    vlan: int | None
    mtu: int | None
    openvswitch: bool
    marked: bool
    element: ET.Element


@dataclass(frozen=True)
class Disk:
    """A disk that is a file. `target` is its name in the guest (`vda`)."""

    target: str
    path: str
    format: str
    readonly: bool


@dataclass(frozen=True)
class Mark:
    """What vnetsh wrote into the domain when it made it: the disk as it was said, how it is used, for which script."""

    disk: str
    imported: bool
    owner: str = ""


class Definition:
    """A domain's XML, read. Any of libvirt's, also of domains that vnetsh never made."""

    def __init__(self, xml: str) -> None:
        self.xml = xml
        self.root = ET.fromstring(xml)

    @property
    def name(self) -> str:
        """The domain's name."""
        return self.root.findtext("name", "")

    @property
    def uuid(self) -> str:
        """The domain's UUID."""
        return self.root.findtext("uuid", "")

    @property
    def memory(self) -> int:
        """Memory at its start, in bytes."""
        element = self.root.find("memory")
        if element is None or not element.text:
            return 0
        return int(element.text) * _UNITS[element.get("unit", "KiB")]

    @property
    def vcpus(self) -> int:
        """Virtual CPUs at its start."""
        element = self.root.find("vcpu")
        if element is None:
            return 1
        return int(element.get("current") or element.text or 1)

    @cached_property
    def mark(self) -> Mark | None:
        """Vnetsh's mark, if it is there."""
        element = self.root.find(f"metadata/{{{NAMESPACE}}}vm")
        if element is None:
            return None
        return Mark(element.get("disk", ""), element.get("import") == "yes", element.get("owner", ""))

    @cached_property
    def nics(self) -> tuple[Nic, ...]:
        """The NICs that are on a bridge, in the guest's order."""
        found = (_nic(element) for element in self.root.iterfind("devices/interface"))
        return tuple(nic for nic in found if nic.bridge)

    def nic(self, name: str) -> Nic | None:
        """The NIC of that name."""
        return next((nic for nic in self.nics if nic.name == name), None)

    @cached_property
    def disks(self) -> tuple[Disk, ...]:
        """The disks that are files: no block devices, no network disks, no empty drives."""
        return tuple(
            _disk(element)
            for element in self.root.iterfind("devices/disk[@type='file']")
            if element.find("source") is not None
        )

    @property
    def local_devices(self) -> tuple[str, ...]:
        """The targets of writable disks that are neither files nor on the network: devices of the host."""
        targets = (
            element.find("target")
            for element in self.root.iterfind("devices/disk")
            if element.get("type") not in ("file", "network") and element.find("readonly") is None
        )
        return tuple(target.get("dev", "") for target in targets if target is not None)


def _nic(element: ET.Element) -> Nic:
    source, target = element.find("source"), element.find("target")
    tags, trunk = vlans(element)
    port, alias, mac = element.find("virtualport"), element.find("alias"), element.find("mac")
    mtu = element.find("mtu")
    return Nic(
        name=target.get("dev", "") if target is not None else "",
        bridge=source.get("bridge", "") if source is not None else "",
        mac=mac.get("address", "") if mac is not None else "",
        vlan=tags[0] if tags and not trunk else None,
        mtu=int(mtu.get("size", "0")) or None if mtu is not None else None,
        openvswitch=port is not None and port.get("type") == "openvswitch",
        marked=alias is not None and alias.get("name", "").startswith(ALIAS),
        element=element,
    )


def vlans(nic: ET.Element) -> tuple[list[int], bool]:
    """The VLANs of a NIC, and whether it is a trunk of them; else there is one at most, its access VLAN."""
    tags = [int(tag.get("id", "0"), 0) for tag in nic.iterfind("vlan/tag")]
    return tags, len(tags) > 1 or nic.find("vlan[@trunk='yes']") is not None


def _disk(element: ET.Element) -> Disk:
    source, target, driver = element.find("source"), element.find("target"), element.find("driver")
    assert source is not None
    return Disk(
        target=target.get("dev", "") if target is not None else "",
        path=source.get("file", ""),
        format=driver.get("type", "raw") if driver is not None else "raw",
        readonly=element.find("readonly") is not None,
    )
