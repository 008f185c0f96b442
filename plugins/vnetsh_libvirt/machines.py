"""VMs on one host: make, restore, remove, start, stop, reconfigure."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from typing import Any

import libvirt

from vnetsh.backend import ApplyFailed, Progress
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused, VnetshError
from vnetsh.model import Resource
from vnetsh.model.change import Change
from vnetsh_libvirt import domain_xml, storage
from vnetsh_libvirt.definition import NAMESPACE, Definition
from vnetsh_libvirt.domain_xml import DiskFile
from vnetsh_libvirt.site import Site

GRACE = 30.0
"""Seconds that a guest has to shut down before it is switched off."""

ASK_AGAIN = 3.0
"""Seconds after which a guest that has not shut down is asked again."""


def make(site: Site, vm: Resource, ports: Sequence[Resource], progress: Progress) -> None:
    """Make a VM with its NICs and, where wanted, start it; or restore one that was removed.

    Raises `BackendRefused` when nothing was made, else `ApplyFailed` with what could not be cleaned up.
    """
    existing = site.domain(vm.name)
    if vm.record:
        _restore(site, vm, existing, progress)
        return
    if existing is not None:
        raise BackendRefused(
            f"{site.name}: the name is taken: libvirt has a domain {vm.name} already",
            help=f"choose another, or look at it: `show vms on {site.name}`",
        )
    openvswitch = site.openvswitch(port.text("bridge") for port in ports)
    nics = [domain_xml.interface(port, openvswitch=openvswitch[port.text("bridge")]) for port in ports]
    kind = site.domain_type()
    disk = _disk(site, vm)
    overlay = disk.path if disk and not vm.get("import") else ""
    with_cleanup(
        lambda: _define(site, domain_xml.domain(vm, kind, disk, nics), vm, progress),
        lambda: _unmake(site, vm.name, overlay),
    )


def _define(site: Site, xml: str, vm: Resource, progress: Progress) -> None:
    domain = site.call("defineXML", xml)
    reached("domain is defined")
    to_state(site, domain, vm.text("state") or "running", progress)


def _disk(site: Site, vm: Resource) -> DiskFile | None:
    """The file of the disk: the image itself or a new thin overlay of it; None for a VM without a disk."""
    said = vm.text("disk")
    if not said:
        return None
    path = storage.path_of(site, said)
    image = storage.find_image(site, path)
    if image is None:
        raise BackendRefused(
            f"{site.name}: there is no disk image {path}",
            help=f"put it there, or name another one on {site.name}",
        )
    if vm.get("import"):
        return image.file
    overlay = storage.overlay_path(site, vm.name)
    if storage.find_image(site, overlay):
        raise BackendRefused(
            f"{site.name}: the disk's name is taken: there is a file {overlay} already",
            help=f"to use it as it is: `disk {vm.name}.qcow2 import`; else move it away",
        )
    storage.create(site, overlay, image.capacity, "qcow2", image.file)
    reached("disk is made")
    return DiskFile(overlay, "qcow2")


def with_cleanup(work: Callable[[], object], clean_up: Callable[[], Sequence[str]]) -> None:
    """Do work; when it fails clean up, and raise `ApplyFailed` with what could not be cleaned."""
    try:
        work()
    except (VnetshError, KeyboardInterrupt) as error:
        message = error.message if isinstance(error, VnetshError) else "interrupted"
        leftovers = (*(error.leftovers if isinstance(error, ApplyFailed) else ()), *clean_up())
        raise ApplyFailed(message, leftovers=leftovers, help=getattr(error, "help", "")) from error


def leftovers_of(otherwise: str, work: Callable[[], object]) -> list[str]:
    """Do a part of a clean-up; when it fails, a sentence that says what that leaves, and why."""
    try:
        work()
    except VnetshError as error:
        return [f"{otherwise}: {error.message}"]
    return []


def _unmake(site: Site, name: str, overlay: str) -> list[str]:
    """Remove a half-made VM and its overlay; what resists, in sentences."""

    def undefine() -> None:
        domain = site.domain(name)
        if domain is not None:
            if site.link.call(domain.isActive):
                site.link.call(domain.destroy)
            site.link.find(domain.undefineFlags, libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM)

    leftovers = leftovers_of(f"the domain {name} may be left on {site.name}", undefine)
    if overlay:
        kept = f"the file {overlay} may be left on {site.name}"
        leftovers += leftovers_of(kept, lambda: storage.delete(site, overlay))
    return leftovers


def _restore(site: Site, vm: Resource, existing: Any, progress: Progress) -> None:
    """Bring back a VM that was removed, from its definition; its disk's file was kept."""
    assert vm.record
    xml = str(vm.record["xml"])
    if existing is not None and site.defined(existing).uuid != Definition(xml).uuid:
        raise BackendRefused(f"{site.name}: the name is taken: {vm.name} is another domain now")
    if not vm.record["persistent"]:
        if existing is None:
            site.call("createXML", xml, 0)
        return

    def work() -> None:
        domain = existing if existing is not None else site.call("defineXML", xml)
        to_state(site, domain, vm.text("state"), progress)

    with_cleanup(work, lambda: _unmake(site, vm.name, "") if existing is None else [])


def remove(site: Site, vm: Resource, progress: Progress, *, undo: bool = False) -> None:
    """Shut a VM down and undefine it; its disks' files stay.

    One without a record was never observed: it was only just made, and that is taken back, with its overlay;
    `undo`: also when no more than that was made of it. Its file was not there when that was planned.
    """
    domain = site.domain(vm.name)
    if domain is None:
        if undo and not vm.record and vm.text("disk") and not vm.get("import"):
            storage.delete(site, storage.overlay_path(site, vm.name))
        return
    defined = site.defined(domain)
    just_made = not vm.record
    if just_made and defined.mark is None:
        raise BackendRefused(f"{site.name}: the domain {vm.name} is not the one that vnetsh made: left alone")
    persistent = site.persistent(domain)
    if persistent:
        _refuse_saved_states(site, vm.name, domain)
    if site.state(domain) != "stopped":
        if just_made:
            site.link.find(domain.destroy)
        else:
            stop(site, domain, progress)
    reached("domain is off")
    if persistent:
        site.link.call(domain.undefineFlags, libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM)
    overlay = storage.overlay_path(site, vm.name)
    if just_made and any(disk.path == overlay for disk in defined.disks) and not vm.get("import"):
        storage.delete(site, overlay)


def _refuse_saved_states(site: Site, name: str, domain: Any) -> None:
    """Say before anything stops what libvirt would say only at the end."""
    snapshots = site.link.call(domain.snapshotNum, 0)
    if snapshots or site.link.call(domain.hasManagedSaveImage, 0):
        what = f"{snapshots} snapshots" if snapshots else "a saved state"
        raise BackendRefused(
            f"{site.name}: {name} has {what}, which would be lost",
            help="`virsh snapshot-delete` or `virsh managedsave-remove` remove them",
        )


def change(site: Site, change: Change, progress: Progress) -> None:
    """Change a VM's memory and vcpus (in its definition) and its state."""
    before, after = change.before, change.after
    assert before
    assert after
    domain = existing(site, after.name)
    differing = change.differing()
    _configure(site, domain, after)
    if (before.marked, before.owner) != (after.marked, after.owner):
        xml = ET.tostring(domain_xml.mark(after), encoding="unicode") if after.marked else None
        kind, where = libvirt.VIR_DOMAIN_METADATA_ELEMENT, libvirt.VIR_DOMAIN_AFFECT_CONFIG
        where |= libvirt.VIR_DOMAIN_AFFECT_LIVE if site.link.call(domain.isActive) else 0
        site.link.call(domain.setMetadata, kind, xml, "vnetsh", NAMESPACE, where)
    if "state" in differing:
        with_cleanup(
            lambda: to_state(site, domain, after.text("state"), progress),
            lambda: leftovers_of("memory and vcpus are changed", lambda: _configure(site, domain, before)),
        )


def existing(site: Site, name: str) -> Any:
    """The domain of that name, which must be there."""
    domain = site.domain(name)
    if domain is None:
        raise BackendRefused(f"{site.name}: the domain {name} is gone", help="did somebody else remove it?")
    return domain


def _configure(site: Site, domain: Any, vm: Resource) -> None:
    config = libvirt.VIR_DOMAIN_AFFECT_CONFIG
    defined = site.defined(domain)
    memory, vcpus = vm.get("memory"), vm.get("vcpus")
    if isinstance(memory, int) and memory != defined.memory:
        size = memory // 1024
        site.link.call(domain.setMemoryFlags, size, config | libvirt.VIR_DOMAIN_MEM_MAXIMUM)
        site.link.call(domain.setMemoryFlags, size, config)
    if isinstance(vcpus, int) and vcpus != defined.vcpus:
        site.link.call(domain.setVcpusFlags, vcpus, config | libvirt.VIR_DOMAIN_VCPU_MAXIMUM)
        site.link.call(domain.setVcpusFlags, vcpus, config)


def to_state(site: Site, domain: Any, wanted: str, progress: Progress) -> None:
    """Bring a VM into a state: `running`, `stopped` or `paused`."""
    now = site.state(domain)
    if now == wanted:
        return
    if wanted == "stopped":
        stop(site, domain, progress)
    elif wanted == "paused":
        if now == "running":
            site.link.call(domain.suspend)
        else:
            site.link.call(domain.createWithFlags, libvirt.VIR_DOMAIN_START_PAUSED)
    elif now == "stopped":
        site.link.call(domain.create)
    elif site.link.call(domain.state)[0] == libvirt.VIR_DOMAIN_PMSUSPENDED:
        site.link.call(domain.pMWakeup, 0)
    else:
        site.link.call(domain.resume)


def stop(site: Site, domain: Any, progress: Progress) -> None:
    """Ask the guest to shut down; one that does not in `GRACE` seconds is switched off, and that is said."""
    name = domain.name()
    asked = time.monotonic()

    def off() -> bool:
        nonlocal asked
        progress(f"{name}: waiting for the guest to shut down")
        if time.monotonic() - asked > ASK_AGAIN:  # one that was booting has not heard
            site.link.find(domain.shutdown)
            asked = time.monotonic()
        return not site.link.find(domain.isActive)

    if site.state(domain) == "running":  # a paused guest cannot hear
        site.link.call(domain.shutdown)
        if site.wait(off, GRACE):
            return
        progress(f"{name}: the guest did not shut down in {GRACE:g} s: switched off")
    site.link.find(domain.destroy)
