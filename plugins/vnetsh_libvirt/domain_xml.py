"""The XML of new domains and NICs, built as trees (https://libvirt.org/formatdomain.html). Pure."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vnetsh.model import Resource
from vnetsh_libvirt import disk_xml, media_xml
from vnetsh_libvirt.built_in import GRAPHICS, build_in, machine_for
from vnetsh_libvirt.definition import ALIAS, NAMESPACE, Definition, Nic
from vnetsh_libvirt.disk_fields import name_of, said_of
from vnetsh_libvirt.disk_xml import DiskFile as DiskFile, Target
from vnetsh_libvirt.draft import Draft
from vnetsh_libvirt.drives import telling
from vnetsh_libvirt.fields import NETWORK, NIC_FIELDS, NicField
from vnetsh_libvirt.hardware import (
    BOOT,
    CPU,
    MACHINE,
    TOPOLOGY,
    Child,
    boot_written,
    cpu_written,
    topology_written,
)
from vnetsh_libvirt.mark import (
    DISK,
    DRIVE_ALIAS,
    IMPORT,
    PLACING_NAMESPACE,
    PLACING_PREFIX,
    SEED_ALIAS,
    Placing,
    mark_of,
    placing_of,
)
from vnetsh_libvirt.seed.contents import values_of
from vnetsh_libvirt.seed.telling import telling as seed_telling
from vnetsh_libvirt.vm_fields import MEMORY, MEMORY_MAX, SETTINGS, VCPUS, VCPUS_MAX

ORDER = "mac source virtualport vlan target model driver link mtu alias"
"""The elements of a new NIC, as libvirt orders them; others may stand anywhere."""

ET.register_namespace("vnetsh", NAMESPACE)

_TIMERS = (
    {"name": "rtc", "tickpolicy": "catchup"},
    {"name": "pit", "tickpolicy": "delay"},
    {"name": "hpet", "present": "no"},
)
"""How a guest on x86 is told the time, as virt-install has it: ticks that were missed are caught up."""
ET.register_namespace(PLACING_PREFIX, PLACING_NAMESPACE)


@dataclass(frozen=True)
class Seed:
    """The seed of a new domain, and its file."""

    resource: Resource
    path: str


NETWORK_FIELD = next(field for field in NIC_FIELDS if field.name == NETWORK)


def interface(port: Resource, *, openvswitch: bool) -> ET.Element:
    """The NIC of a port; its tap on the host has the port's name."""
    element = ET.Element("interface", type="bridge")
    renew(Nic(element, ""), port, openvswitch=openvswitch)
    ET.SubElement(element, "target", dev=port.name)
    if element.find("model") is None:
        ET.SubElement(element, "model", type="virtio")
    ET.SubElement(element, "alias", name=alias_of(port))
    element[:] = sorted(element, key=lambda child: ORDER.find(child.tag))
    return element


def alias_of(port: Resource) -> str:
    """The alias of a port's NIC: not the port's name itself, for an alias may not have a dot in it."""
    return ALIAS + hashlib.sha256(port.name.encode()).hexdigest()[:12]


def place(nic: Nic, port: Resource, *, openvswitch: bool) -> None:
    """Give a NIC all that a port says and that can be changed in place; what else it has stays.

    One of a libvirt network stays that while it is said to be.
    """
    element, network = nic.element, NETWORK_FIELD.where.read(nic)
    stays = network is not None and network == port.get(NETWORK)
    if not stays:
        nic = Nic(element, nic.owner)  # it leaves the network, and gets nothing from it any more
    _write(nic, port, [field for field in NIC_FIELDS if not field.anew])
    if not stays:
        NETWORK_FIELD.where.write(element, port.get(NETWORK))
        switch(element, openvswitch=openvswitch and not port.get(NETWORK))


def renew(nic: Nic, port: Resource, *, openvswitch: bool) -> None:
    """Give a NIC also what it can have from its making only."""
    place(nic, port, openvswitch=openvswitch)
    _write(nic, port, [field for field in NIC_FIELDS if field.anew])


def _write(nic: Nic, port: Resource, fields: Sequence[NicField]) -> None:
    """Write what differs; what is cleared first, for a VLAN and a trunk have the same place."""
    wanted = [(field, field.wanted(port)) for field in fields]
    differing = [(field, value) for field, value in wanted if field.where.read(nic) != value]
    for field, value in sorted(differing, key=lambda found: found[1] is not None):
        field.where.write(nic.element, value)


def switch(element: ET.Element, *, openvswitch: bool) -> None:
    """Say whether a NIC's bridge is Open vSwitch's. The identity that it has there already stays the same."""
    port = element.find("virtualport[@type='openvswitch']")
    if openvswitch and port is None:
        ET.SubElement(element, "virtualport", type="openvswitch")
    if not openvswitch and port is not None:
        element.remove(port)


def mark(vm: Resource, tag: str = "vm") -> ET.Element:
    """Vnetsh's mark for a domain's metadata; libvirt's own call for it gives the namespace by itself."""
    said = mark_of(vm)
    element = ET.Element(tag, {DISK: said.disk})
    if said.imported:
        element.set(IMPORT, "yes")
    if said.owner:
        element.set("owner", said.owner)
    return element


def placing(said: Placing, *, bare: bool = False) -> str:
    """What is kept of where a VM belongs, for its metadata; empty where there is nothing to keep.

    `bare`: without the namespace, which libvirt's own call for it gives to all of it.
    """
    if not said:
        return ""
    space = "" if bare else f"{{{PLACING_NAMESPACE}}}"
    element = ET.Element(f"{space}vm")
    for name in sorted(said):
        for one in said[name]:
            _text(element, f"{space}{name}", one)
    return ET.tostring(element, encoding="unicode")


def domain(
    vm: Resource,
    kind: str,
    disk: DiskFile | None,
    nics: Sequence[ET.Element],
    uuid: str = "",
    named: Sequence[Target] = (),
    cdrom: str = "",
    seeds: Sequence[Seed] = (),
    *,
    x86: bool = True,
) -> str:
    """A new VM: virtio disk and NICs, a serial console. `kind` is `kvm` or `qemu`.

    `named` are the disks that have names, `cdrom` is the medium in its CD drive, `seeds` its seed.

    With what virt-install gives, too: a channel for a guest agent, a memory balloon, its host's random numbers; and
    (`x86`) a device that tells that its guest has panicked.

    Emulator, addresses and, where it is not said, machine type are left to the host's libvirt, which writes its choice
    down. Under KVM the CPU is, unless it is said, `host-model`: what the host has, named so that another host can be
    asked for the same.
    """
    root = ET.Element("domain", type=kind)
    _text(root, "name", vm.name)
    if uuid:
        _text(root, "uuid", uuid)
    metadata = ET.SubElement(root, "metadata")
    metadata.append(mark(vm, f"{{{NAMESPACE}}}vm"))
    if belongs := placing(placing_of(vm)):
        metadata.append(ET.fromstring(belongs))
    if told := telling({name_of(one.disk): said_of(one.disk) for one in named}):
        metadata.append(ET.fromstring(told))
    for seed in seeds:
        metadata.append(ET.fromstring(seed_telling(values_of(seed.resource))))
    _sizes(root, vm)
    boot = ET.SubElement(root, "os")
    said = vm.get(MACHINE) or machine_for(vm)
    machine = {"machine": str(said)} if said else {}
    _text(boot, "type", "hvm", **machine)
    _children(boot, boot_written(vm.get(BOOT), ("disk" if disk or named else "network",)))
    features = ET.SubElement(root, "features")
    ET.SubElement(features, "acpi")
    if x86:
        ET.SubElement(features, "apic")
    if said := vm.get(CPU) or ("host-model" if kind == "kvm" else None):
        values, children = cpu_written(said)
        _children(ET.SubElement(root, "cpu", dict(values)), children)
    if said := vm.get(TOPOLOGY):
        element = root.find("cpu")
        _children(element if element is not None else ET.SubElement(root, "cpu"), topology_written(said))
    clock = ET.SubElement(root, "clock", offset="utc")
    if x86:
        for timer in _TIMERS:
            ET.SubElement(clock, "timer", timer)
        asleep = ET.SubElement(root, "pm")
        for sleep in ("suspend-to-mem", "suspend-to-disk"):
            ET.SubElement(asleep, sleep, enabled="no")
    devices = ET.SubElement(root, "devices")
    if disk:
        devices.append(_disk(disk))
    devices.extend(disk_xml.disk(one) for one in named)
    devices.extend(disk_xml.controllers(named))
    media = [(cdrom, DRIVE_ALIAS)] if cdrom else []
    for path, alias in (*media, *((seed.path, SEED_ALIAS) for seed in seeds)):
        taken = [target.get("dev", "") for target in devices.iterfind("disk/target")]
        devices.append(media_xml.drive(path, taken, x86=x86, machine=machine.get("machine", ""), alias=alias))
    devices.extend(nics)
    usb = "qemu-xhci" if vm.get(GRAPHICS) else "none"
    ET.SubElement(devices, "controller", type="usb", model=usb)
    ET.SubElement(devices, "serial", type="pty")
    ET.SubElement(ET.SubElement(devices, "console", type="pty"), "target", type="serial")
    channel = ET.SubElement(devices, "channel", type="unix")
    ET.SubElement(channel, "target", type="virtio", name="org.qemu.guest_agent.0")
    ET.SubElement(devices, "memballoon", model="virtio")
    rng = ET.SubElement(devices, "rng", model="virtio")
    ET.SubElement(rng, "backend", model="random").text = "/dev/urandom"
    if x86:
        ET.SubElement(devices, "panic", model="isa")
    build_in(root, vm)
    return ET.tostring(root, encoding="unicode")


def _children(parent: ET.Element, children: Sequence[Child]) -> None:
    for tag, values, text in children:
        ET.SubElement(parent, tag, dict(values)).text = text or None


def _sizes(root: ET.Element, vm: Resource) -> None:
    """Its memory and its vcpus, and what it may come to have of them."""
    memory, most = (SETTINGS[name].wanted(name, vm) for name in (MEMORY, MEMORY_MAX))
    _text(root, "memory", str(SETTINGS[MEMORY].number(most)), unit="KiB")
    if memory != most:
        _text(root, "currentMemory", str(SETTINGS[MEMORY].number(memory)), unit="KiB")
    vcpus, most = (SETTINGS[name].wanted(name, vm) for name in (VCPUS, VCPUS_MAX))
    _text(root, "vcpu", str(most), **({"current": str(vcpus)} if vcpus != most else {}))


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
    draft = Draft(definition.xml)
    for bridge, theirs in openvswitch.items():
        draft.switch(bridge, openvswitch=theirs)
    return draft.text


def as_files(xml: str, volumes: Mapping[str, str]) -> str:
    """A domain's XML with files in place of volumes of pools, by the disk's name in the guest."""
    draft = Draft(xml)
    draft.files({target: path for target, path in volumes.items() if path})
    return draft.text
