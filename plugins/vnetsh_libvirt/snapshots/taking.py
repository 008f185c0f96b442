"""Take a snapshot of a VM, go back to one, remove one: calls of libvirt that take as long as its disks do."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import libvirt

from vnetsh.backend import Progress
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.model.power import REVERT
from vnetsh.model.snapshots import TAKEN, own_name
from vnetsh_libvirt.definition import recorded
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.libvirt_host import LibvirtHost, existing
from vnetsh_libvirt.long_calls import to_its_end
from vnetsh_libvirt.snapshots.snapshot import Snapshot, snapshot_of, when

MADE = "snapshot"
"""In what a change made: what the snapshot that it takes says of itself, so that no other one is taken for it."""


def make(host: LibvirtHost, change: Change, files: Files, progress: Progress) -> None:
    """Take a snapshot, or remove one. Raises `BackendRefused`, `ApplyFailed`."""
    if change.action is ActionKind.ADD:
        _take(host, change.resource, files, progress)
    else:
        _remove(host, change, files, progress)


def look_up(host: LibvirtHost, vm: str, name: str) -> Any:
    """A VM's snapshot; None where it, or the VM, is not there."""
    domain = host.domain(vm)
    return host.link.find(domain.snapshotLookupByName, name) if domain is not None else None


def _take(host: LibvirtHost, wanted: Resource, files: Files, progress: Progress) -> None:
    vm, name = wanted.text("vm"), own_name(wanted)
    existing(host, vm)
    root = ET.Element("domainsnapshot")
    ET.SubElement(root, "name").text = name
    token = f"taken by vnetsh: {uuid4()}"
    ET.SubElement(root, "description").text = token
    xml = ET.tostring(root, encoding="unicode")
    if look_up(host, vm, name) is not None:
        raise BackendRefused(f"{host.name}: {vm} has a snapshot {name} by now", help="choose another name")
    files.note(host, "", **{MADE: token})

    def work(domain: Any) -> Any:
        return domain.snapshotCreateXML(xml, libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC)

    try:
        _long(host, vm, work, f"{vm}: its snapshot {name} is being taken", progress)
    except KeyboardInterrupt:  # libvirt cannot break it off: it was waited for
        found = look_up(host, vm, name)
        if found is not None and _is_made(_read(host, found), files):
            host.link.call(found.delete, 0)
        raise
    reached("snapshot is taken")


def _remove(host: LibvirtHost, change: Change, files: Files, progress: Progress) -> None:
    snapshot = change.resource
    vm, name = snapshot.text("vm"), own_name(snapshot)
    found = look_up(host, vm, name)
    if found is None:
        return
    there, known = _read(host, found), snapshot_of(snapshot)
    if not (_is_made(there, files) if change.undo else known is None or known.taken == there.taken):
        raise BackendRefused(
            f"{host.name}: snapshot {name} of {vm} is another one by now: left alone",
            help=f"look at it: `show snapshots on {host.name}`",
        )

    def work(domain: Any) -> Any:
        return domain.snapshotLookupByName(name, 0).delete(0)

    _long(host, vm, work, f"{vm}: its snapshot {name} is being removed", progress)
    reached("snapshot is removed")


def _is_made(there: Snapshot, files: Files) -> bool:
    """Whether a snapshot is the one that a run took, or was about to."""
    return any(thing.get(MADE) == there.description for thing in files.made)


def revert(host: LibvirtHost, change: Change, progress: Progress) -> None:
    """Take a VM back to the snapshot that was planned with. Raises `BackendRefused`."""
    vm, name = change.resource.name, str(change.wishes[REVERT])
    domain, old = existing(host, vm), recorded(change.before) if change.before else None
    found = look_up(host, vm, name)
    meant = change.wishes.get(TAKEN)
    if old and old.uuid != domain.UUIDString():
        raise BackendRefused(f"{host.name}: {vm} is another domain now")
    if found is None or (meant and when(_read(host, found).taken) != meant):
        gone = "is there no more" if found is None else "is another one by now"
        raise BackendRefused(f"{host.name}: snapshot {name} of {vm} {gone}: it was not gone back to")

    def work(domain: Any) -> Any:
        # With force a VM that runs is started anew where its snapshot had other hardware: the plan says what.
        snapshot = domain.snapshotLookupByName(name, 0)
        return domain.revertToSnapshot(snapshot, libvirt.VIR_DOMAIN_SNAPSHOT_REVERT_FORCE)

    _long(host, vm, work, f"{vm}: going back to {name}", progress)
    reached("vm is reverted")


def _read(host: LibvirtHost, found: Any) -> Snapshot:
    return Snapshot(host.link.call(found.getXMLDesc, 0))


def _long(host: LibvirtHost, vm: str, work: Callable[[Any], object], words: str, progress: Progress) -> None:
    """Make a call about a VM that may take minutes."""
    to_its_end(
        host,
        lambda link: link.begin(work, link.call(link.connection.lookupByName, vm)),
        lambda: progress(words),
    )
