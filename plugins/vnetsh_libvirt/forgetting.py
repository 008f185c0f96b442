"""Have libvirt forget checkpoints of ours, and QEMU the lists that they stand for."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any

import libvirt

from vnetsh.errors import BackendRefused
from vnetsh_libvirt import checkpoints
from vnetsh_libvirt.libvirt_host import LibvirtHost


def forget(host: LibvirtHost, vm: str, which: Callable[[str, str], bool] = lambda name, words: True) -> None:
    """Remove those of our checkpoints of a VM that `which` says by their names and descriptions. Said again it does no
    more, and others' stay.

    Raises `BackendRefused`.
    """
    domain = host.domain(vm)
    for found in list(_own(host, domain)) if domain is not None else ():
        name = found.getName()
        if which(name, ET.fromstring(_xml(host, found)).findtext("description", "")):
            _forget(host, domain, found, name)


def _own(host: LibvirtHost, domain: Any) -> Iterator[Any]:
    # The eldest first: the list of one that has none before it is just dropped, any other is merged into that one's.
    listed = (
        host.link.quietly(domain.listAllCheckpoints, libvirt.VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL) or ()
    )
    return (found for found in listed if checkpoints.is_own(found.getName()))


def _xml(host: LibvirtHost, found: Any, more: int = 0) -> str:
    """What libvirt tells of a checkpoint; of one that goes meanwhile nothing."""
    flags = libvirt.VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN | more
    return host.link.find(found.getXMLDesc, flags) or "<domaincheckpoint/>"


def _forget(host: LibvirtHost, domain: Any, found: Any, name: str) -> None:
    note_only = libvirt.VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY
    if host.link.call(domain.isActive):
        try:
            host.link.find(found.delete, 0)
        except BackendRefused:
            # A list that QEMU had not written yet when it was killed is nowhere: then only libvirt's note is left.
            if checkpoints.sizes(_xml(host, found, libvirt.VIR_DOMAIN_CHECKPOINT_XML_SIZE)):
                raise
            host.link.find(found.delete, note_only)
        return
    # Of a VM that is off libvirt takes away its own note only. The lists go first: a note without them is no harm.
    for disk in host.defined(domain).drives:
        if disk.format == "qcow2" and not disk.remote:
            _remove_lists(host, disk.path, name)
    host.link.find(found.delete, note_only)


def _remove_lists(host: LibvirtHost, path: str, name: str) -> None:
    """Remove the list of that name in each image of a chain."""
    asked = host.transport.ask(
        ["qemu-img", "info", "--backing-chain", "--output=json", "--", path], timeout=host.timeout
    )
    for image in json.loads(asked.stdout or "[]"):
        data = image.get("format-specific", {}).get("data", {})
        if name in (one["name"] for one in data.get("bitmaps", ())):
            command = ["qemu-img", "bitmap", "--remove", "-f", "qcow2", "--", image["filename"], name]
            done = host.transport.run(command, timeout=host.timeout)
            if done.returncode:
                raise BackendRefused(
                    f"{host.name}: {(done.stderr.strip().splitlines() or ['qemu-img failed'])[-1]}",
                    help=f"by hand: `{' '.join(command)}`",
                )
