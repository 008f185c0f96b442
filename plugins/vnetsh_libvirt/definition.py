"""What a domain's XML says, as values: memory, vcpus, disks, NICs, and vnetsh's own marks in it."""

from __future__ import annotations

import copy
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from vnetsh.model import Resource
from vnetsh_libvirt.drives import Disk as Disk, Told, attribute_of as attribute_of, disk_of, made_for, told_in
from vnetsh_libvirt.mark import DISK, IMPORT, Mark, Placing, placing_in
from vnetsh_libvirt.vlan_tags import VlanTags, tags_in

NAMESPACE = "urn:vnetsh:1"
"""Of the element in a domain's `<metadata>` that is vnetsh's mark."""

ALIAS = "ua-vnetsh-"
"""Begins the alias of a NIC that vnetsh made; libvirt keeps aliases that begin with `ua-` as they are."""

GENERATED = ("vnet", "vif", "macvtap", "macvlan")
"""Prefixes of interface names that libvirt gives out itself and does not keep (virNetDevGenerateName)."""

LIVE_ONLY = "live only"
"""In a port's record: the NIC is there as its VM runs, and not in the VM's definition."""


def is_generated(name: str) -> bool:
    """Whether a link's name is one that is given out anew on each host: by libvirt, or by the kernel (`tap0`)."""
    return name.startswith(GENERATED) or re.fullmatch("tap[0-9]+", name) is not None


@dataclass(frozen=True)
class Nic:
    """A NIC of the domain `owner`. Its attributes are read by the fields of a port.

    One of a libvirt network has its bridge and, unless it has its own, its VLANs from the network's XML (`network`).
    """

    element: ET.Element
    owner: str
    network: ET.Element | None = None

    @property
    def name(self) -> str:
        """Its tap's name on the host: empty where that is not fixed and the VM is off."""
        return attribute_of(self.element, "target", "dev")

    @property
    def lasting_name(self) -> str:
        """Its tap's name where that is the same on each host and at each start, else empty."""
        name = self.name
        return "" if "%" in name or is_generated(name) else name

    @property
    def bridge(self) -> str:
        """The bridge it is on; empty when it is on none."""
        found = attribute_of(self.element, "source", "bridge")
        return found or (attribute_of(self.network, "bridge", "name") if self.network is not None else "")

    @property
    def mac(self) -> str:
        """Its address."""
        return attribute_of(self.element, "mac", "address")

    @property
    def openvswitch(self) -> bool:
        """Whether its bridge is Open vSwitch's."""
        port = self._said("virtualport")
        return port is not None and port.get("type") == "openvswitch"

    @property
    def interface(self) -> str:
        """What its switch tells a network of many hosts of it; empty where that is nothing."""
        port = self._said("virtualport")
        return attribute_of(port, "parameters", "interfaceid") if port is not None else ""

    @property
    def marked(self) -> bool:
        """Whether vnetsh made it."""
        return attribute_of(self.element, "alias", "name").startswith(ALIAS)

    @property
    def vlans(self) -> tuple[list[int], bool]:
        """Its VLANs, and whether it is a trunk of them; else there is one at most, its access VLAN."""
        said = self._said("vlan")
        if said is None:
            return [], False
        tags = [int(tag.get("id", "0"), 0) for tag in said.iterfind("tag")]
        return tags, len(tags) > 1 or said.get("trunk") == "yes"

    @property
    def tags(self) -> VlanTags:
        """What it carries untagged and tagged, as far as a sentence can say it."""
        return tags_in(self._said("vlan"))

    @property
    def keeps_vlans(self) -> bool:
        """Whether it has VLANs from its network when it has none of its own."""
        return self._said("vlan", own=False) is not None

    def _said(self, tag: str, *, own: bool = True) -> ET.Element | None:
        """What it says itself or, else, its port group, or its network."""
        said = [self.element] if own else []
        if self.network is not None:
            name = attribute_of(self.element, "source", "portgroup")
            group = f"portgroup[@name='{name}']" if name else "portgroup[@default='yes']"
            said += [*self.network.iterfind(group), self.network]
        return next((found for one in said if (found := one.find(tag)) is not None), None)

    def copy(self) -> Nic:
        """One that can be changed."""
        return replace(self, element=copy.deepcopy(self.element))


def record_of(nic: Nic) -> dict[str, object]:
    """What a port keeps of its NIC."""
    record: dict[str, object] = {"xml": ET.tostring(nic.element, encoding="unicode").strip()}
    if nic.network is not None:
        record["network"] = ET.tostring(nic.network, encoding="unicode").strip()
    return record


def of_network(port: Resource) -> bool:
    """Whether a port's NIC is of a libvirt network: of one that runs, libvirt then changes nothing in place."""
    return "network" in (port.record or {})


def live_only(port: Resource) -> bool:
    """Whether a NIC of a VM that runs is not in its definition: it goes when the VM stops, and is not put there."""
    return bool((port.record or {}).get(LIVE_ONLY))


def definition_in(record: Mapping[str, object], key: str = "xml") -> Definition:
    """A definition that a VM was recorded with."""
    volumes, networks = (
        told if isinstance(told := record.get(name), dict) else None for name in ("volumes", "networks")
    )
    return Definition(str(record[key]), volumes, networks)


def recorded(vm: Resource) -> Definition | None:
    """What a VM was defined with when it was observed; None of one that was not."""
    return definition_in(vm.record) if vm.record and vm.record.get("xml") else None


def as_it_runs(vm: Resource) -> Definition | None:
    """What a VM runs with; of one that is off what it is defined with."""
    record = vm.record or {}
    return definition_in(record, "live") if record.get("live") else recorded(vm)


def nic_of(port: Resource) -> Nic:
    """The NIC that a port was recorded as."""
    assert port.record
    assert port.parent
    network = port.record.get("network")
    parsed = ET.fromstring(str(network)) if network else None
    return Nic(ET.fromstring(str(port.record["xml"])), port.parent[1], parsed)


class Definition:
    """A domain's XML, read. Any of libvirt's, also of domains that vnetsh never made."""

    def __init__(
        self, xml: str, volumes: Mapping[str, str] | None = None, networks: Mapping[str, str] | None = None
    ) -> None:
        self.xml = xml
        self.root = ET.fromstring(xml)
        self.volumes = volumes or {}
        """The files of its disks that are volumes of pools, by the disk's name in the guest; empty: no file."""
        self.networks = networks or {}
        """The XML of the libvirt networks that its NICs are of, by name."""

    @property
    def name(self) -> str:
        """The domain's name."""
        return self.root.findtext("name", "")

    @property
    def uuid(self) -> str:
        """The domain's UUID."""
        return self.root.findtext("uuid", "")

    @cached_property
    def mark(self) -> Mark | None:
        """Vnetsh's mark, if it is there."""
        element = self.root.find(f"metadata/{{{NAMESPACE}}}vm")
        if element is None:
            return None
        return Mark(element.get(DISK, ""), element.get(IMPORT) == "yes", element.get("owner", ""))

    @cached_property
    def placing(self) -> Placing:
        """Where it belongs, as vnetsh keeps it there."""
        return placing_in(self.root)

    @cached_property
    def told(self) -> Told:
        """What vnetsh keeps there of disks that it gave it."""
        return told_in(self.root)

    @property
    def made_disks(self) -> tuple[Disk, ...]:
        """The disks and media whose files were made for it."""
        return tuple(disk for disk in self.disks if disk.seed or made_for(self.told, disk, self.name))

    @property
    def inherent_disk(self) -> Disk | None:
        """The disk that its `disk FILE` says: of a domain that vnetsh did not make, its first one."""
        if self.mark is not None and not self.mark.disk:
            return None
        own = self.mark is not None  # which may have been moved to a server
        return next((disk for disk in self.drives if not disk.marked and (own or not disk.remote)), None)

    @property
    def own_tpm(self) -> bool:
        """Whether it has a TPM whose state is files of its host's libvirt."""
        return self.root.find("devices/tpm/backend[@type='emulator']") is not None

    @cached_property
    def nics(self) -> tuple[Nic, ...]:
        """The NICs that are on a bridge, in the guest's order."""
        found = (self._nic(element) for element in self.root.iterfind("devices/interface"))
        return tuple(nic for nic in found if nic.bridge)

    @property
    def unbridged(self) -> tuple[Nic, ...]:
        """The NICs that are on no bridge."""
        found = (self._nic(element) for element in self.root.iterfind("devices/interface"))
        return tuple(nic for nic in found if not nic.bridge)

    def _nic(self, element: ET.Element) -> Nic:
        network = self.networks.get(attribute_of(element, "source", "network"))
        return Nic(element, self.name, ET.fromstring(network) if network else None)

    def nic(self, name: str) -> Nic | None:
        """The NIC of that name."""
        return next((nic for nic in self.nics if nic.name == name), None)

    def like(self, nic: Nic) -> Nic | None:
        """What a NIC of another of its definitions is in this one: by its address and, of several, by its name."""
        alike = [other for other in self.nics if other.mac == nic.mac]
        return next((other for other in alike if other.name == nic.name), alike[0] if alike else None)

    def nic_of(self, port: Resource) -> Nic | None:
        """A port's NIC: the one of its name or, where that is not fixed or not kept here, of its address."""
        named = self.nic(port.name)
        if named:
            return named
        mac = port.get("mac")
        return next((nic for nic in self.nics if nic.mac == mac and not nic.lasting_name), None)

    @cached_property
    def disks(self) -> tuple[Disk, ...]:
        """The disks and media that are files, also in pools: no block devices, no network disks, no empty drives."""
        return tuple(disk for disk in self.all_disks if not disk.remote)

    @property
    def remote_disks(self) -> tuple[Disk, ...]:
        """The disks and media on network storage that have a URL: every host that reaches it has the same."""
        return tuple(disk for disk in self.all_disks if disk.remote)

    @cached_property
    def all_disks(self) -> tuple[Disk, ...]:
        """The disks and media that are files or have a URL."""
        found = (disk_of(element, self.volumes) for element in self.root.iterfind("devices/disk"))
        return tuple(disk for disk in found if disk.path)

    @cached_property
    def drives(self) -> tuple[Disk, ...]:
        """The disks that are files or have a URL, without media in drives."""
        return tuple(disk for disk in self.all_disks if disk.device == "disk")

    def drive(self, name: str) -> Disk | None:
        """The disk of that name."""
        return next((disk for disk in self.drives if disk.name == name), None)

    @property
    def local_devices(self) -> tuple[str, ...]:
        """The targets of writable disks that are neither files nor on the network: devices of the host."""
        files = {disk.target for disk in self.disks}
        targets = (
            attribute_of(element, "target", "dev")
            for element in self.root.iterfind("devices/disk")
            if element.get("type") not in ("file", "network") and element.find("readonly") is None
        )
        return tuple(target for target in targets if target not in files)
