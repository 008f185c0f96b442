"""A disk of a VM that runs comes to lie elsewhere: QEMU writes to both files until it goes over to the new one."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET

import libvirt

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh_libvirt import disk_xml, storage
from vnetsh_libvirt.disk_fields import THICK
from vnetsh_libvirt.disk_move import (
    LOOK,
    DiskMove,
    below,
    define,
    job_of,
    keep_thick,
    make,
    make_way,
    options,
    size_of,
)
from vnetsh_libvirt.disk_plugging import LIVE
from vnetsh_libvirt.disk_xml import DiskFile
from vnetsh_libvirt.drives import Disk
from vnetsh_libvirt.how_far import copying
from vnetsh_libvirt.means import bytes_a_second
from vnetsh_libvirt.thick_room import see_to_room

_PIVOT = libvirt.VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT


def live(move: DiskMove, disk: Disk) -> None:
    """By QEMU, which writes to both until it goes over to the new one."""
    host, domain, size = move.host, move.domain, size_of(move, disk)
    if not job_of(disk):
        make_way(move)
        template = below(move, disk)
        image = None if disk.remote else storage.find_image(host, disk.path)
        make(move, size, template, options(image, move.form))
        reached("new file of a disk is made")
        target = disk_xml.elsewhere(ET.Element("disk", device="disk"), DiskFile(move.new, move.form))
        flags = libvirt.VIR_DOMAIN_BLOCK_COPY_REUSE_EXT | libvirt.VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB
        flags |= libvirt.VIR_DOMAIN_BLOCK_COPY_SHALLOW if template else 0
        xml = ET.tostring(target, encoding="unicode")
        limit = bytes_a_second(move.change.wishes)
        said = {libvirt.VIR_DOMAIN_BLOCK_COPY_BANDWIDTH: limit} if limit else {}
        host.link.call(domain.blockCopy, disk.target, xml, said, flags)
        reached("disk is being copied")
    _follow(move, disk)
    keep_thick(move, size)
    reached("disk is mirrored")
    host.link.call(domain.blockJobAbort, disk.target, _PIVOT)
    if not host.wait(lambda: _lies(move, LIVE, move.new)):
        raise BackendRefused(f"{host.name}: QEMU did not go over to {move.new} in {host.timeout:g} s")
    reached("vm has gone over to its new file")
    if move.change.resource.get(THICK):
        see_to_room(host, move.new, move.form, size, move.files)
    define(move, move.new)


def _lies(move: DiskMove, flag: int, path: str) -> bool:
    found = move.where().get(flag)
    return found is not None and found.path == path and not job_of(found)


def _follow(move: DiskMove, disk: Disk) -> None:
    """Wait until the new file has all that the old one has. Raises `BackendRefused` where the job ends before."""
    began = time.monotonic()
    while True:
        now = move.where().get(LIVE)
        if now is None or not job_of(now):
            raise BackendRefused(
                f"{move.host.name}: the copy of disk {move.name} of {move.owner} was broken off",
                help=f"has {move.new} room, and does its vm run? The log of its QEMU tells more",
            )
        mirror = now.element.find("mirror")
        if mirror is not None and mirror.get("ready") == "yes":
            return
        told = move.host.link.call(move.domain.blockJobInfo, disk.target, 0) or {}
        done, total = int(told.get("cur", 0)), int(told.get("end", 0))
        move.tell(copying(move.owner, move.new, done, total, time.monotonic() - began))
        time.sleep(LOOK)


def abort(move: DiskMove, disk: Disk) -> None:
    """Break a copy off: the VM goes on with the file that it has."""
    move.host.link.call(move.domain.blockJobAbort, disk.target, 0)

    def ended() -> bool:
        found = move.where().get(LIVE)
        return found is None or not job_of(found)

    if not move.host.wait(ended):
        raise BackendRefused(
            f"{move.host.name}: libvirt did not break off the copy of {move.name} of {move.owner}"
        )
