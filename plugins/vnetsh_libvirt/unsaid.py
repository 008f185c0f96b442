"""What a VM or a NIC has that no sentence says: for `vnetsh export`. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from vnetsh.model import Resource
from vnetsh_libvirt.assessing import GENERATED
from vnetsh_libvirt.definition import Definition, vlans
from vnetsh_libvirt.refusals import transient


def unsaid(resource: Resource) -> list[str]:
    """Of an observed VM its NICs and disks beyond the sentence's, of a NIC its trunk and limits; in words."""
    xml = str((resource.record or {}).get("xml", ""))
    if not xml:
        return []
    if resource.kind == "port":
        return [*_of_nic(resource, ET.fromstring(xml))]
    return [*_of_vm(resource, Definition(xml))]


def _of_vm(vm: Resource, defined: Definition) -> Iterator[str]:
    if transient(vm):
        yield "it has no definition that would stay when it stops"
    for nic in defined.root.iterfind("devices/interface"):
        address = _attribute(nic, "mac", "address")
        bridge = _attribute(nic, "source", "bridge")
        if not bridge:
            kind = nic.get("type", "unknown")
            name = _attribute(nic, "source", kind) or _attribute(nic, "source", "dev")
            yield f"a NIC on no bridge: {address}, {' '.join(filter(None, (kind, name)))}"
        elif vm.get("state") == "stopped" and not _attribute(nic, "target", "dev"):
            yield f"a NIC without a name while the vm is off: {address} on bridge {bridge}"
    said = defined.disks[0].target if defined.disks else ""
    for disk in defined.root.iterfind("devices/disk"):
        target = _attribute(disk, "target", "dev")
        source = disk.find("source")
        if source is not None and target != said:
            place = next(
                (source.attrib[key] for key in ("file", "dev", "name", "volume") if key in source.attrib), ""
            )
            yield f"a further disk: {' '.join(filter(None, (target, disk.get('device'), place)))}"
    for device in defined.root.iterfind("devices/hostdev"):
        yield f"a device of its host: {device.get('type', 'unknown')}"


def _of_nic(port: Resource, element: ET.Element) -> Iterator[str]:
    tags, trunk = vlans(element)
    if trunk:
        yield f"a trunk of VLANs {', '.join(map(str, tags))}"
    if element.find("bandwidth") is not None:
        yield "limits of its rate"
    if port.name.startswith(GENERATED):
        yield "libvirt gave it its name, which lasts until the vm stops"


def _attribute(element: ET.Element, child: str, name: str) -> str:
    found = element.find(child)
    return found.get(name, "") if found is not None else ""
