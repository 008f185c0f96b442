"""Disks of VMs that are there: plugged in, made larger, taken away; in the running VM and in its definition alike."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import libvirt

from vnetsh.backend import Progress
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh.model.change import Change
from vnetsh.schema import Size
from vnetsh_libvirt import disk_telling, disk_xml, remote_files, storage, storage_work
from vnetsh_libvirt.cleanup import leftovers_of, with_cleanup
from vnetsh_libvirt.definition import Definition, live_only
from vnetsh_libvirt.disk_fields import SIZE, THICK, bus_of, name_of, owner_of, said_of
from vnetsh_libvirt.disk_making import make_file
from vnetsh_libvirt.disk_xml import Target
from vnetsh_libvirt.drives import SCSI, SCSI_CONTROLLER, Disk, takes
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.libvirt_host import LibvirtHost, existing
from vnetsh_libvirt.thick_room import take_room

LIVE, CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG

Views = dict[int, Definition]
"""A domain as it runs and as it is defined, whichever there are, by the flag that changes it."""


def views(host: LibvirtHost, domain: Any) -> Views:
    """What there is of a domain."""
    found = {}
    if host.link.call(domain.isActive):
        found[LIVE] = host.live(domain)
    if host.persistent(domain):
        found[CONFIG] = host.defined(domain)
    return found


def plug(host: LibvirtHost, disk: Resource, files: Files, progress: Progress) -> None:
    """Give a VM a disk, where it runs also there, if its bus lets it. One that it has already is left as it is.

    Raises `BackendRefused`, or `ApplyFailed` with what is left.
    """
    domain, name = existing(host, owner_of(disk)), name_of(disk)
    found = views(host, domain)
    wanted = {flag for flag in found if _belongs(disk, flag, found)}
    missing = [flag for flag in wanted if found[flag].drive(name) is None]
    if not missing:
        _see_that_it_is(host, disk, found)
        return

    def work() -> None:
        element = _element(host, disk, found, files, progress)
        if not disk.record or disk.record.get("said") is not None:
            disk_telling.tell(host, domain, name, _said(disk))
        reached("disk is told of")
        if bus_of(disk) == SCSI and CONFIG in missing:
            _see_to_controller(host, domain, found[CONFIG], files)
        host.link.call(domain.attachDeviceFlags, ET.tostring(element, encoding="unicode"), sum(missing))
        reached("disk is plugged in")

    with_cleanup(work, lambda: [*_take_out(host, domain, disk, files, progress), *files.remove_made(host)])


def _said(disk: Resource) -> dict[str, str]:
    told = (disk.record or {}).get("said")
    return {str(key): str(value) for key, value in told.items()} if isinstance(told, dict) else said_of(disk)


def _belongs(disk: Resource, flag: int, found: Views) -> bool:
    """Whether a disk is to be in the definition, or in what runs."""
    return not live_only(disk) if flag == CONFIG else takes(bus_of(disk), found[flag].root)


def _see_that_it_is(host: LibvirtHost, disk: Resource, found: Views) -> None:
    """Raise `BackendRefused` where what has a disk's name is not the one that vnetsh would give it."""
    there = [view.drive(name_of(disk)) for view in found.values()]
    if not disk.record and any(one is not None and not one.marked for one in there):
        raise BackendRefused(
            f"{host.name}: the name is taken: {owner_of(disk)} has a disk {name_of(disk)} already"
        )


def _element(host: LibvirtHost, disk: Resource, found: Views, files: Files, progress: Progress) -> ET.Element:
    if disk.record:
        return ET.fromstring(str(disk.record["xml"]))
    taken = [
        target.get("dev", "")
        for view in found.values()
        for target in view.root.iterfind("devices/disk/target")
    ]
    file = make_file(host, disk, files, progress)
    return disk_xml.disk(Target(disk, file, disk_xml.targets([disk], taken)[0]))


def _see_to_controller(host: LibvirtHost, domain: Any, defined: Definition, files: Files) -> None:
    """Have a controller for SCSI disks: the one that libvirt would add by itself is one that few guests know."""
    if defined.root.find(SCSI_CONTROLLER) is None:
        files.note(host, "", controller=SCSI)
        xml = ET.tostring(disk_xml.scsi_controller(), encoding="unicode")
        host.link.call(domain.attachDeviceFlags, xml, CONFIG)


def _without_controller(host: LibvirtHost, domain: Any, files: Files) -> None:
    """Take the controller away again that was made for a disk, unless another one needs it by now."""
    if not any(thing.get("controller") == SCSI for thing in files.made) or not host.persistent(domain):
        return
    defined = host.defined(domain)
    found = defined.root.find(SCSI_CONTROLLER)
    if found is not None and defined.root.find(f"devices/*/target[@bus='{SCSI}']") is None:
        host.link.call(domain.detachDeviceFlags, ET.tostring(found, encoding="unicode"), CONFIG)


def unplug(host: LibvirtHost, change: Change, files: Files, progress: Progress) -> None:
    """Take a disk away from a VM, and wait until a running guest has let go of it; its file is kept.

    One that was only just made, which is taken back, goes with the file that was made for it.
    """
    disk = change.resource
    domain = host.domain(owner_of(disk))
    if domain is not None:
        _detach(host, domain, disk, progress)
        if change.undo:
            _without_controller(host, domain, files)
        disk_telling.tell(host, domain, name_of(disk), None)
    reached("disk is unplugged")
    if change.undo and not disk.record:
        files.say_stays(files.remove_made(host))


def _take_out(host: LibvirtHost, domain: Any, disk: Resource, files: Files, progress: Progress) -> list[str]:
    """Take a half-made disk out again; what resists, in sentences."""

    def out() -> None:
        _detach(host, domain, disk, progress)
        _without_controller(host, domain, files)
        disk_telling.tell(host, domain, name_of(disk), None)

    return leftovers_of(f"the disk {name_of(disk)} may be left at {domain.name()} on {host.name}", out)


def _detach(host: LibvirtHost, domain: Any, disk: Resource, progress: Progress) -> None:
    for flag, view in views(host, domain).items():
        found = view.drive(name_of(disk))
        if found is None or (not disk.record and not found.marked):
            continue
        if flag == CONFIG:
            host.link.call(domain.detachDeviceFlags, found.text, CONFIG)
        elif found.pluggable:
            _detach_live(host, domain, found, progress)


def _detach_live(host: LibvirtHost, domain: Any, disk: Disk, progress: Progress) -> None:
    name = domain.name()
    progress(f"{name}: waiting for the guest to let go of {disk.name}")
    host.link.call(domain.detachDeviceFlags, disk.text, LIVE)
    if not host.wait(lambda: host.live(domain).drive(disk.name) is None):
        raise BackendRefused(
            f"{host.name}: the guest of {name} did not let go of disk {disk.name} in {host.timeout:g} s",
            help="a guest can only when its system has booted, and does not while it uses the disk: unmount it there, "
            "or stop the vm first",
        )


def disk_size(host: LibvirtHost, domain: Any, disk: Disk) -> int | None:
    """How large a disk of a VM is, in bytes; None where nobody tells."""
    if host.link.call(domain.isActive) and (told := host.link.quietly(domain.blockInfo, disk.target)):
        return int(told[0])
    if disk.remote:
        return remote_files.size_of(host, disk.path, disk.format)
    image = storage.find_image(host, disk.path)
    return image.capacity if image else None


def grow(host: LibvirtHost, change: Change, files: Files) -> None:
    """Make a disk larger: of a VM that runs by QEMU, which tells the guest; else its file. Never smaller.

    What was made larger stays so when that is taken back, and that is said.
    """
    disk, size = change.resource, change.resource.get(SIZE)
    if SIZE not in change.differing() or not isinstance(size, int):
        return
    name, owner = name_of(disk), owner_of(disk)
    domain = existing(host, owner)
    found = views(host, domain)
    if change.undo:
        have = change.before.get(SIZE) if change.before else None
        if isinstance(have, int) and have > size:
            files.say_stays(
                [f"disk {name} of {owner} stays at {Size().show(have)}: what is on it may need that"]
            )
        return
    running = found[LIVE].drive(name) if LIVE in found else None
    there = running or next((one for view in found.values() if (one := view.drive(name))), None)
    if there is None:
        raise BackendRefused(f"{host.name}: {owner} has no disk {name} any more")
    have = disk_size(host, domain, there)
    if have is None:
        raise BackendRefused(
            f"{host.name}: nobody tells how large disk {name} of {owner} is: it is left alone"
        )
    if have > size:
        raise BackendRefused(
            f"{host.name}: disk {name} of {owner} has {Size().show(have)} by now: it is made no smaller",
            help=f"say its size: `size {Size().show(have)}`",
        )
    if disk.get(THICK):  # before: where there is no room for it, it does not grow
        take_room(host, there.path, there.format, size)
    if running:
        host.link.call(domain.blockResize, running.target, size, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
    elif there.remote or disk.get(
        THICK
    ):  # libvirt would have it that a file with more room than that shrinks
        remote_files.grow(host, there.path, there.format, size)
    else:
        storage_work.grow(host, there.path, size)
    reached("disk has grown")
