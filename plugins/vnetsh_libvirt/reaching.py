"""Whether a host reaches the storage of pools and disks on servers: asked before anything is made or moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from vnetsh.backend import FREE, Assessment
from vnetsh.errors import BackendRefused
from vnetsh.model import Change, Resource
from vnetsh.model.disks import moves, place_of
from vnetsh_libvirt import remote_files
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disk_fields import FILE, PATH
from vnetsh_libvirt.disk_making import remote_file
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.remote import folder_of, is_remote


def reached(host: LibvirtHost, change: Change) -> Assessment:
    """What speaks against what is new, and is to lie on a server. Raises `HostUnreachable`."""
    new, word = change.resource, "source" if change.resource.kind == "pool" else FILE
    if moves(change) and is_remote(new.text(PATH)):
        return _tried(new, "to", lambda: remote_files.ask_server(host, folder_of(new.text(PATH))))
    if change.before or (not is_remote(new.text(FILE)) and not new.get("source")):
        return FREE
    if word == FILE:
        return _tried(new, word, lambda: remote_file(host, new))
    return _tried(new, word, lambda: remote_files.ask_server(host, place_of(new)))


def _tried(new: Resource, word: str, work: Callable[[], object]) -> Assessment:
    try:
        work()
    except BackendRefused as error:
        return refused("E569", new, error.message, error.help, word=word)
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
