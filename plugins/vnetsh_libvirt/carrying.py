"""The move of a VM that is off: its files are copied, then its definition goes from one host to the other."""

from __future__ import annotations

import time
from functools import partial

import libvirt

from vnetsh.backend import JobState
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh_libvirt import domain_xml, storage, storage_work
from vnetsh_libvirt.how_far import copying
from vnetsh_libvirt.journey import Journey
from vnetsh_libvirt.thick_room import take_room


def carry(journey: Journey) -> None:
    """Copy its files, define it there, undefine it here. Raises `BackendRefused`, `HostUnreachable`."""
    source, target = journey.source, journey.target
    if source.link.call(journey.domain.hasManagedSaveImage, 0):
        raise BackendRefused(
            f"{source.name}: {journey.name} has a saved state, which would be lost",
            help="start it and migrate it live, or remove the state: `virsh managedsave-remove`",
        )
    files = [path for path in (*(disk.image.path for disk in journey.disks), journey.nvram) if path]
    for path in files:
        copy_file(journey, path)
    for disk in journey.disks:
        if disk.thick:
            take_room(target, disk.image.path, disk.image.format, disk.image.capacity)
    for path in files:
        say = partial(
            journey.tell, JobState(f"{journey.name}: {path} is brought to the disk of {target.name}")
        )
        storage_work.to_disk(target, path, say)
    reached("disks are copied")
    defined = source.defined(journey.domain, secrets=True)
    target.call("defineXML", domain_xml.replugged(defined, journey.openvswitch))
    reached("domain is defined on both")
    source.link.call(journey.domain.undefineFlags, libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM)


def copy_file(journey: Journey, path: str) -> None:
    """Copy one of its files. Raises `BackendRefused`, `HostUnreachable`."""
    begun = time.monotonic()

    def copied(moved: int, total: int) -> None:
        journey.tell(copying(journey.name, path, moved, total, time.monotonic() - begun))

    make = partial(journey.files.make, journey.target, path)
    storage.copy(journey.source, path, journey.target, make, copied)
