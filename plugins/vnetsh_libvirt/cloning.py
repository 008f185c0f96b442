"""The definition of a clone: what sentences say of it, and all else that its model has and two VMs can have. Pure.

What it does not have is said by `missing`, in the plan.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from copy import deepcopy
from string import ascii_lowercase

from vnetsh_libvirt.belongings import HOST_DEVICES
from vnetsh_libvirt.definition import Definition, Nic, attribute_of
from vnetsh_libvirt.drives import Disk
from vnetsh_libvirt.extras import words
from vnetsh_libvirt.mark import SEED_ALIAS
from vnetsh_libvirt.named_files import nvram_of

_SETTINGS = [
    "description",
    "maxMemory",
    "vcpus",
    "iothreads",
    "iothreadids",
    "defaultiothread",
    "cputune",
    "numatune",
    "memtune",
    "memoryBacking",
    "blkiotune",
    "resource",
    "sysinfo",
    "genid",
    "os",
    "features",
    "cpu",
    "clock",
    "on_poweroff",
    "on_reboot",
    "on_crash",
    "on_lockfailure",
    "pm",
    "perf",
]
"""The elements of a definition that a clone has as its model has them, or not at all."""

_DEVICES = [
    "emulator",
    "controller",
    "serial",
    "console",
    "parallel",
    "channel",
    "input",
    "graphics",
    "audio",
    "sound",
    "video",
    "tpm",
    "watchdog",
    "rng",
    "memballoon",
    "panic",
    "hub",
    "redirdev",
    "smartcard",
    "vsock",
    "iommu",
    "memory",
    "crypto",
    "filesystem",
]
"""The devices that it has as its model has them; but those of `_alone`."""

_OF_A_DISK = (
    *("serial", "wwn", "vendor", "product", "boot", "iotune", "geometry", "blockio"),
    *("readonly", "transient"),
)
_OF_A_NIC = ("filterref", "bandwidth", "link", "boot", "tune", "coalesce", "rom", "vlan")
"""What a disk, or a NIC, has as its model's, where no sentence has said it otherwise."""

_ADDRESSES = ("IP", "IPV6", "MAC")
"""Parameters of a NIC's filter that are a guest's own."""

_NUMBERS = ("uuid", "serial", "asset")
"""What a machine tells its guest of itself that no other machine tells."""

_SYSTEM = "http://libosinfo.org/xmlns/libvirt/domain/1.0"
"""Of the element in a domain's metadata that says which system its guest is, for virt-manager and others."""

ET.register_namespace("libosinfo", _SYSTEM)

_LOCAL = ("file", "dev", "pipe", "tcp", "udp", "unix")
"""Where a serial port or a channel leads that one VM has at a time, when it is said."""


def problem(model: Definition, copied: Sequence[Disk] = ()) -> tuple[str, str] | None:
    """What of a VM a clone would not start the same without, in words, and what to do instead.

    Of `copied` disks there are copies that are files, wherever they lie.
    """
    files = {disk.target for disk in model.disks} | {disk.target for disk in copied}
    for disk in model.root.iterfind("devices/disk"):
        target = attribute_of(disk, "target", "dev")
        if disk.get("device", "disk") not in ("cdrom", "floppy") and target not in files:
            return (
                f"a disk that is no file: {target}",
                "its contents cannot be copied: take it away, or clone by hand",
            )
        if disk.find(".//encryption") is not None:
            return f"an encrypted disk: {target}", "its copy would need the same secret: clone it by hand"
    if model.root.find("launchSecurity") is not None:
        return "memory that its host's CPU keeps secret", "take `launchSecurity` out, or clone it by hand"
    return None


def variables(model: Definition) -> str:
    """The file of its firmware's variables, to be copied as it is; empty where it has none, or keeps them otherwise."""
    nvram = model.root.find("os/nvram")
    plain = nvram is None or (nvram.get("format", "raw"), nvram.get("type", "file")) == ("raw", "file")
    return nvram_of(model) if plain else ""


def missing(model: Definition) -> Iterator[str]:
    """What a clone of a VM has not, or not the same, in words."""
    if nvram_of(model) and not variables(model):
        yield "the variables of its firmware (new ones: no boot entries, no keys that were enrolled)"
    if model.own_tpm:
        yield "the state of its TPM (empty: what its guest sealed in it is not there)"
    alone = _alone(model)
    yield from (name for _, name in alone)
    known = [element for element, _ in alone]
    for nic in model.unbridged:
        if nic.element not in known:
            yield f"a NIC on no bridge: {nic.mac}"
    for nic in model.nics:
        rules = nic.element.iterfind("filterref/parameter")
        if any(parameter.get("name") in _ADDRESSES for parameter in rules):
            yield f"the addresses that the filter of its NIC {nic.mac} lets pass"
        if group := attribute_of(nic.element, "source", "portgroup"):
            yield f"its NIC's place in the port group {group} of its network"
    for device in model.root.iterfind("devices/*"):
        if device.tag not in (*_DEVICES, "disk", "interface") and device not in known:
            yield words(device)
    usual = ("name", "uuid", "title", "metadata", "memory", "currentMemory", "vcpu", "devices", *_SETTINGS)
    for element in model.root:
        if element.tag == "seclabel" and element.get("type", "dynamic") == "dynamic":
            continue
        if element.tag not in usual:
            yield words(element)
    for element in model.root.iterfind("metadata/*"):
        space = element.tag[1:].partition("}")[0]
        if space != _SYSTEM and not space.startswith("urn:vnetsh:"):
            yield f"what others keep in its metadata ({space})"
    if model.root.find("sysinfo") is not None:
        yield "serial numbers of its machine"


def _alone(model: Definition) -> list[tuple[ET.Element, str]]:
    """The devices that only one VM may have at a time, and what each is, in words."""
    found: list[tuple[ET.Element, str]] = []
    for where, name in HOST_DEVICES.items():
        for element in model.root.iterfind(where):
            if element.tag != "filesystem" or element.find("readonly") is None:
                found.append((element, name(element).rstrip(": ")))
    for element in model.root.iterfind("devices/*"):
        port = element.tag in ("serial", "console", "parallel", "channel")
        path = next((s.get("path") or s.get("service") for s in element.iterfind("source")), None)
        if port and element.get("type") in _LOCAL and path and element not in [one for one, _ in found]:
            found.append((element, f"a {element.tag} port to {path}"))
    return found


def like(made: str, model: Definition, disks: Sequence[str], nics: Sequence[str]) -> str:
    """A new definition with what a model has. `disks` are its disks' names, `nics` its NICs', in the model's order."""
    root = ET.fromstring(made)
    devices = root.find("devices")
    assert devices is not None
    root.set("type", model.root.get("type", "kvm"))
    for tag in _SETTINGS:
        _exchange(root, tag, [deepcopy(one) for one in model.root.iterfind(tag)])
    _without_identity(root)
    if (metadata := root.find("metadata")) is not None:
        metadata.extend(deepcopy(one) for one in model.root.iterfind(f"metadata/{{{_SYSTEM}}}libosinfo"))
    alone = [element for element, _ in _alone(model)]
    for tag in _DEVICES:
        there = model.root.findall(f"devices/{tag}")
        kept = [_own(deepcopy(one)) for one in there if one not in alone]
        if kept or not there:
            _exchange(devices, tag, kept)
    mine = Definition(ET.tostring(root, encoding="unicode"))
    root, devices = mine.root, mine.root.find("devices")
    assert devices is not None
    for name in disks:
        copy, theirs = mine.drive(name), model.drive(name)
        if copy and theirs:
            _like_disk(copy, theirs)
    for nic, other in zip((mine.nic(name) for name in nics), model.nics, strict=False):
        if nic and nic.bridge == other.bridge:
            _like_nic(nic, other)
    _drives(devices, model)
    return ET.tostring(root, encoding="unicode")


def _exchange(parent: ET.Element, tag: str, elements: Sequence[ET.Element]) -> None:
    for old in parent.findall(tag):
        parent.remove(old)
    parent.extend(elements)


def _without_identity(root: ET.Element) -> None:
    """What is one machine's alone: the file of its variables, its numbers."""
    for nvram in root.iterfind("os/nvram"):
        nvram.text = None
        nvram[:] = []
        nvram.attrib = {
            name: value for name, value in nvram.attrib.items() if name.startswith(("template", "format"))
        }
    for system in root.iterfind("sysinfo/*"):
        for entry in system.findall("entry"):
            if entry.get("name") in _NUMBERS:
                system.remove(entry)
    for genid in root.iterfind("genid"):
        genid.text = None  # libvirt makes one


def _own(device: ET.Element) -> ET.Element:
    """A device without the port or number that another VM has."""
    if device.tag == "graphics":
        for name in ("port", "tlsPort", "websocket", "socket"):
            device.attrib.pop(name, None)
        if device.get("type") in ("vnc", "spice"):
            device.set("autoport", "yes")
        for listen in device.findall("listen[@socket]"):
            listen.attrib.pop("socket")
    for cid in device.findall("cid") if device.tag == "vsock" else ():
        cid.attrib = {"auto": "yes"}
    return device


def _same_slot(device: ET.Element, model: ET.Element) -> None:
    """Where its guest finds it: guests call NICs by their slots (`enp1s0`)."""
    for address in model.findall("address"):
        scsi = attribute_of(device, "target", "bus") == attribute_of(model, "target", "bus") == "scsi"
        if (address.get("type") == "pci" or scsi) and device.find("address") is None:
            device.append(deepcopy(address))


def _like_disk(copy: Disk, model: Disk) -> None:
    for tag in _OF_A_DISK:
        if said := model.element.findall(tag):
            _exchange(copy.element, tag, [deepcopy(one) for one in said])
    mine, theirs = (one.element.find("driver") for one in (copy, model))
    if mine is not None:
        form, more = mine.get("type", ""), theirs.attrib if theirs is not None else {}
        mine.attrib = {**more, "name": "qemu", "type": form}
    _same_slot(copy.element, model.element)
    target, other = (one.element.find("target") for one in (copy, model))
    if target is not None and other is not None and (rate := other.get("rotation_rate")):
        target.set("rotation_rate", rate)


def _like_nic(nic: Nic, model: Nic) -> None:
    for tag in _OF_A_NIC:
        if nic.element.find(tag) is None:
            nic.element.extend(deepcopy(one) for one in model.element.iterfind(tag))
    _same_slot(nic.element, model.element)
    for parameter in nic.element.findall("filterref/parameter"):
        if parameter.get("name") in _ADDRESSES:
            for rules in nic.element.iterfind("filterref"):
                rules.remove(parameter)
    said = model.element.find("driver")
    if said is not None:
        driver = nic.element.find("driver")
        if driver is None:
            driver = ET.SubElement(nic.element, "driver")
        driver.attrib = {**said.attrib, **driver.attrib}


def _drives(devices: ET.Element, model: Definition) -> None:
    """Its CD and floppy drives, with the media in them, which are only read; a seed is one's own."""
    theirs = [one for one in model.root.iterfind("devices/disk") if one.get("device") in ("cdrom", "floppy")]
    for drive in devices.findall("disk"):
        if drive.get("device") in ("cdrom", "floppy") and attribute_of(drive, "alias", "name") != SEED_ALIAS:
            devices.remove(drive)
    used = {attribute_of(drive, "target", "dev") for drive in devices.iterfind("disk")}
    for drive in theirs:
        if attribute_of(drive, "alias", "name") == SEED_ALIAS:
            continue
        copy = deepcopy(drive)
        target = copy.find("target")
        if target is not None and (name := target.get("dev", "")) in used:
            free = (name[:2] + last for last in ascii_lowercase)
            target.set("dev", next(one for one in free if one not in used))
            for address in copy.findall("address"):
                copy.remove(address)
        used.add(attribute_of(copy, "target", "dev"))
        devices.append(copy)
