"""Whether a host reaches the storage of pools and disks on servers: asked before anything is made or moves."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from vnetsh.backend import FREE, Assessment
from vnetsh.errors import BackendRefused
from vnetsh.model import Change, Resource
from vnetsh.model.disks import moves, place_of
from vnetsh_libvirt import pool_secrets, remote_files
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disk_fields import FILE, PATH
from vnetsh_libvirt.disk_making import remote_file
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.remote import folder_of, is_remote


def take_keys(host: LibvirtHost, changes: Iterable[Change]) -> None:
    """Take what opens pools from their files: they are yet to be made, and are asked before."""
    host.keys.clear()
    for change in changes:
        if change.after and change.after.get("secret") and not (change.undo and change.before):
            with suppress(BackendRefused):  # `reached` says it
                host.keys[place_of(change.after)] = pool_secrets.in_file(change.after) or b""


def reached(host: LibvirtHost, change: Change) -> Assessment:
    """What speaks against what is new, and is to lie on a server. Raises `HostUnreachable`."""
    new, word = change.resource, "source" if change.resource.kind == "pool" else FILE
    if new.get("monitors") and not change.before and not _knows(host, "rbd"):
        message = f"libvirt of {host.name} has no pools of type `rbd`"
        help = "its driver is a package of its own (Debian: libvirt-daemon-driver-storage-rbd); it counts after a "
        return refused("E585", new, message, help + "restart of libvirt's daemon", word="type")
    if new.get("type") == "logical" and not change.before:
        return _tried(new, word, lambda: remote_files.ask_server(host, place_of(new)), "E601")
    if new.kind == "pool" and "secret" in change.differing() and not (change.undo and change.before):
        if (problem := _secret(new)).problem:
            return problem
        return _tried(new, word, lambda: remote_files.ask_server(host, place_of(new)))
    if moves(change) and is_remote(new.text(PATH)):
        return _tried(new, "to", lambda: remote_files.ask_server(host, folder_of(new.text(PATH))))
    if change.before or (not is_remote(new.text(FILE)) and not new.get("source")):
        return FREE
    if word == FILE:
        return _tried(new, word, lambda: remote_file(host, new))
    return _tried(new, word, lambda: remote_files.ask_server(host, place_of(new)))


def _knows(host: LibvirtHost, kind: str) -> bool:
    """Whether a libvirt has a driver for pools of a type; one that does not tell, it is believed of."""
    told = host.link.quietly(host.link.connection.getStoragePoolCapabilities, 0)
    found = ET.fromstring(told).find(f"pool[@type='{kind}']") if told else None
    return found is None or found.get("supported") == "yes"


def _secret(pool: Resource) -> Assessment:
    try:
        pool_secrets.in_file(pool)
    except BackendRefused as error:
        return refused("E584", pool, error.message, error.help, word="secret")
    return FREE


def _tried(new: Resource, word: str, work: Callable[[], object], code: str = "E569") -> Assessment:
    try:
        work()
    except BackendRefused as error:
        if code == "E601":
            help = "libvirt needs a volume group that is there: `vgs` lists them; none is made, for that takes devices"
            return refused(code, new, error.message, help, word=word)
        return refused(code, new, error.message, error.help, word=word)
    return FREE


def silent(host: LibvirtHost, vms: Iterable[Definition]) -> Mapping[tuple[str, str], str]:
    """Why a host cannot have disks that VMs have on servers, by the VM's name and the disk's.

    Raises `HostUnreachable`.
    """
    disks = {(vm.name, disk.name): disk for vm in vms for disk in vm.remote_disks}
    answers = remote_files.asked(host, {disk.path: disk.format for disk in disks.values()})
    found = {key: answers.get(disk.path) for key, disk in disks.items()}
    return {key: answer for key, answer in found.items() if isinstance(answer, str)}


def waited_for(host: LibvirtHost, vm: Definition) -> str:
    """What a VM waits for, in words: its disks on servers that do not answer. Raises `HostUnreachable`."""
    return ", ".join(f"it waits for disk {disk}: {why}" for (_, disk), why in silent(host, [vm]).items())


def held_up(host: LibvirtHost, name: str) -> str:
    """As `waited_for`, of the VM of that name as it runs; empty where libvirt does not tell of it."""
    try:
        domain = host.domain(name)
        return waited_for(host, host.live(domain)) if domain is not None else ""
    except BackendRefused:
        return ""
