"""The XML of new domains and NICs, built as trees (https://libvirt.org/formatdomain.html). Pure."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vnetsh.model import Resource
from vnetsh_libvirt.definition import ALIAS, NAMESPACE, Definition, vlans

ET.register_namespace("vnetsh", NAMESPACE)


@dataclass(frozen=True)
class DiskFile:
    """The file that a new domain's disk is."""

    path: str
    format: str


def mac_of(port: Resource) -> str:
    """The NIC's address: the one said or, else, one that follows from the port's name.

    52:54:00 is the prefix that QEMU's NICs have. A name gives the same address each time, so that a plan made
    twice is the same plan.
    """
    said = port.text("mac")
    digest = hashlib.sha256(port.name.encode()).hexdigest()
    return said or f"52:54:00:{digest[0:2]}:{digest[2:4]}:{digest[4:6]}"


def interface(port: Resource, *, openvswitch: bool) -> ET.Element:
    """The NIC of a port; its tap on the host has the port's name."""
    element = ET.Element("interface", type="bridge")
    ET.SubElement(element, "mac", address=mac_of(port))
    place(element, port, openvswitch=openvswitch)
    ET.SubElement(element, "target", dev=port.name)
    ET.SubElement(element, "model", type="virtio")
    resize(element, port)
    # Not the name itself: an alias may not have a dot in it.
    ET.SubElement(element, "alias", name=ALIAS + hashlib.sha256(port.name.encode()).hexdigest()[:12])
    return element


def place(element: ET.Element, port: Resource, *, openvswitch: bool) -> None:
    """Put a NIC on the port's bridge and VLAN; what else it has stays, also a trunk when no VLAN is said."""
    vlan = port.get("vlan")
    trunk = vlans(element)[1] and vlan is None
    for tag in ("source",) if trunk else ("source", "vlan"):
        for old in element.findall(tag):
            element.remove(old)
    element.set("type", "bridge")
    ET.SubElement(element, "source", bridge=port.text("bridge"))
    switch(element, openvswitch=openvswitch)
    if vlan is not None:
        ET.SubElement(ET.SubElement(element, "vlan"), "tag", id=str(vlan))


def resize(element: ET.Element, port: Resource) -> None:
    """Give a NIC the port's MTU, or none; QEMU tells it to a virtio guest when it makes the device."""
    for old in element.findall("mtu"):
        element.remove(old)
    mtu = port.get("mtu")
    if mtu is not None:
        ET.SubElement(element, "mtu", size=str(mtu))


def switch(element: ET.Element, *, openvswitch: bool) -> None:
    """Say whether a NIC's bridge is Open vSwitch's. The identity that it has there already stays the same."""
    port = element.find("virtualport[@type='openvswitch']")
    if openvswitch and port is None:
        ET.SubElement(element, "virtualport", type="openvswitch")
    if not openvswitch and port is not None:
        element.remove(port)


def mark(vm: Resource, tag: str = "vm") -> ET.Element:
    """Vnetsh's mark for a domain's metadata; libvirt's own call for it gives the namespace by itself."""
    element = ET.Element(tag, disk=vm.text("disk"))
    if vm.get("import"):
        element.set("import", "yes")
    if vm.owner:
        element.set("owner", vm.owner)
    return element


def domain(vm: Resource, kind: str, disk: DiskFile | None, nics: Sequence[ET.Element]) -> str:
    """A new VM: virtio disk and NICs, a serial console, no graphics. `kind` is `kvm` or `qemu`.

    Machine type, emulator and addresses are left to the host's libvirt, which writes its choice down. Under
    KVM the CPU is `host-model`: what the host has, named so that another host can be asked for the same.
    """
    root = ET.Element("domain", type=kind)
    _text(root, "name", vm.name)
    ET.SubElement(root, "metadata").append(mark(vm, f"{{{NAMESPACE}}}vm"))
    memory = vm.get("memory")
    assert isinstance(memory, int)
    _text(root, "memory", str(memory // 1024), unit="KiB")
    _text(root, "vcpu", vm.text("vcpus"))
    boot = ET.SubElement(root, "os")
    _text(boot, "type", "hvm")
    ET.SubElement(boot, "boot", dev="hd" if disk else "network")
    ET.SubElement(ET.SubElement(root, "features"), "acpi")
    if kind == "kvm":
        ET.SubElement(root, "cpu", mode="host-model")
    ET.SubElement(root, "clock", offset="utc")
    devices = ET.SubElement(root, "devices")
    if disk:
        devices.append(_disk(disk))
    devices.extend(nics)
    ET.SubElement(devices, "controller", type="usb", model="none")
    ET.SubElement(devices, "serial", type="pty")
    ET.SubElement(ET.SubElement(devices, "console", type="pty"), "target", type="serial")
    ET.SubElement(devices, "memballoon", model="none")
    return ET.tostring(root, encoding="unicode")


def _disk(disk: DiskFile) -> ET.Element:
    element = ET.Element("disk", type="file", device="disk")
    ET.SubElement(element, "driver", name="qemu", type=disk.format, discard="unmap")
    ET.SubElement(element, "source", file=disk.path)
    ET.SubElement(element, "target", dev="vda", bus="virtio")
    return element


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = text


def replugged(definition: Definition, openvswitch: Mapping[str, bool]) -> str:
    """A domain's XML for a host where bridges of these names are Open vSwitch's or not."""
    changed = Definition(definition.xml)
    for nic in changed.nics:
        if nic.bridge in openvswitch:
            switch(nic.element, openvswitch=openvswitch[nic.bridge])
    return ET.tostring(changed.root, encoding="unicode")


def volume(name: str, capacity: int, format: str, backing: DiskFile | None = None) -> str:
    """A new disk image of a pool, sparse; with `backing` it holds only what differs from that file."""
    root = ET.Element("volume")
    _text(root, "name", name)
    _text(root, "capacity", str(capacity), unit="bytes")
    if format == "raw":
        _text(root, "allocation", "0", unit="bytes")
    ET.SubElement(ET.SubElement(root, "target"), "format", type=format)
    if backing:
        below = ET.SubElement(root, "backingStore")
        _text(below, "path", backing.path)
        ET.SubElement(below, "format", type=backing.format)
    return ET.tostring(root, encoding="unicode")


def pool(name: str, folder: str) -> str:
    """A pool that is a folder."""
    root = ET.Element("pool", type="dir")
    _text(root, "name", name)
    _text(ET.SubElement(root, "target"), "path", folder)
    return ET.tostring(root, encoding="unicode")
