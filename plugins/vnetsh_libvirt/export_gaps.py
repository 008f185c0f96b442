"""What a VM or a NIC has that no sentence says: for `vnetsh export`. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.model import Resource
from vnetsh.schema import Size
from vnetsh_libvirt.definition import (
    Definition,
    Nic,
    attribute_of,
    definition_in,
    live_only,
    nic_of,
    recorded,
)
from vnetsh_libvirt.disk_fields import GROWN, USUAL_BUS
from vnetsh_libvirt.extras import extras
from vnetsh_libvirt.fields import NIC_FIELDS
from vnetsh_libvirt.guards import SECURITY
from vnetsh_libvirt.hardware import boots_one_by_one, topology
from vnetsh_libvirt.media import drive_in, seed_drive
from vnetsh_libvirt.refusals import of_kind, transient

_OF_DISKS = {
    "readonly": "its guest may only read it",
    "shareable": "other vms may write to it, too",
    "transient": "what is written to it is forgotten when the vm stops",
    "iotune": "limits of its rate",
    "driver[@cache]": "how it is cached",
    "driver[@io]": "how its file is read and written",
    "driver[@iothread]": "the thread that reads and writes it",
    "encryption": "it is encrypted",
    "source/encryption": "it is encrypted",
    "source/reservations": "reservations",
    "source/slices": "it is a part of its file",
    "blockio": "the size of its blocks",
    "geometry": "its geometry",
    "wwn": "its WWN",
}
"""Where a disk's XML says what no sentence does, and what that is."""


def left_out(resource: Resource) -> list[str]:
    """Of an observed VM its NICs and disks beyond the sentence's, of a NIC its trunk and limits; in words."""
    return [*of_kind(_TOLD, resource)(resource)] if resource.record else []


def _of_vm(vm: Resource) -> Iterator[str]:
    defined = recorded(vm)
    if defined is None:
        yield "it cannot be read"
        return
    if transient(vm):
        yield "it has no definition that would stay when it stops"
    if defined.root.find("cpu/feature") is not None:
        yield "features of its CPU that are said one by one"
    if defined.root.find("cpu/topology") is not None and topology(defined) is None:
        yield "the topology of its vcpus"
    if boots_one_by_one(defined):
        yield "the order in which its devices are booted from, said one by one"
    yield from _nics(defined)
    live = definition_in(vm.record, "live") if vm.record and vm.record.get("live") else defined
    for nic in defined.nics:
        if live.like(nic) is None:
            yield f"a NIC that comes with its next start: {nic.lasting_name or nic.mac}"
    yield from _further_disks(defined)
    first = defined.inherent_disk
    if first is not None and first.bus not in ("", USUAL_BUS):
        yield f"the bus of its disk: {first.bus}"
    for disk in defined.drives:
        if more := [words for where, words in _OF_DISKS.items() if disk.element.find(where) is not None]:
            yield f"of its disk {disk.name}: {', '.join(more)}"
    grown = (vm.record or {}).get(GROWN)
    if isinstance(grown, int):
        yield f"its disk was made larger, {Size().show(grown)}: anew it would be as its template"
    yield from extras(defined)
    for device in defined.root.iterfind("devices/hostdev"):
        yield f"a device of its host: {device.get('type', 'unknown')}"


def _nics(defined: Definition) -> Iterator[str]:
    on_bridges = [nic.element for nic in defined.nics]
    for element in defined.root.iterfind("devices/interface"):
        nic = Nic(element, defined.name)
        if nic.element not in on_bridges:
            kind = element.get("type", "unknown")
            name = attribute_of(element, "source", kind) or attribute_of(element, "source", "dev")
            yield f"a NIC on no bridge: {nic.mac}, {' '.join(filter(None, (kind, name)))}"


def _further_disks(defined: Definition) -> Iterator[str]:
    said = {disk.target for disk in defined.drives}
    drives = (drive for drive in (drive_in(defined), seed_drive(defined)) if drive is not None)
    said |= {attribute_of(drive, "target", "dev") for drive in drives}
    for disk in defined.root.iterfind("devices/disk"):
        target = attribute_of(disk, "target", "dev")
        source = disk.find("source")
        if source is not None and target not in said:
            place = next(
                (source.attrib[key] for key in ("file", "dev", "name", "volume") if key in source.attrib), ""
            )
            yield f"a further disk: {' '.join(filter(None, (target, disk.get('device'), place)))}"


def _of_nic(port: Resource) -> Iterator[str]:
    if live_only(port):
        yield "it goes when its vm stops: the definition does not have it"
    nic = nic_of(port)
    tags = nic.vlans[0]
    if tags and all(field.where.read(nic) is None for field in NIC_FIELDS if field.tags):
        yield f"a trunk of VLANs {', '.join(map(str, tags))}"
    if (rules := nic.element.find("filterref")) is not None and port.get(SECURITY) is None:
        yield f"a network filter: {rules.get('filter')}"
    if nic.element.find("bandwidth") is not None:
        yield "limits of its rate"
    if group := attribute_of(nic.element, "source", "portgroup"):
        yield f"it is of the port group {group} of its network"


def _of_disk(disk: Resource) -> Iterator[str]:
    if live_only(disk):
        yield "it goes when its vm stops: the definition does not have it"


def _nothing(resource: Resource) -> Iterator[str]:
    return iter(())


_TOLD = {
    "vm": _of_vm,
    "port": _of_nic,
    "disk": _of_disk,
    "cloudinit": _nothing,
    "pool": _nothing,
    "image": _nothing,
}
