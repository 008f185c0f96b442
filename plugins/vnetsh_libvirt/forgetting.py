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
        name, words = found.getName(), _words(host, found)
        if which(name, words):
            _forget(host, domain, found, name)


def _own(host: LibvirtHost, domain: Any) -> Iterator[Any]:
    listed = host.link.quietly(domain.listAllCheckpoints, 0) or ()
    return (found for found in listed if checkpoints.is_own(found.getName()))


def _words(host: LibvirtHost, found: Any) -> str:
    xml = host.link.find(found.getXMLDesc, libvirt.VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN)
    return ET.fromstring(xml).findtext("description", "") if xml else ""


def _forget(host: LibvirtHost, domain: Any, found: Any, name: str) -> None:
    if host.link.call(domain.isActive):
        host.link.find(found.delete, 0)
        return
    # Of a VM that is off libvirt takes away its own note only. The lists go first: a note without them is no harm.
    for disk in host.defined(domain).drives:
        if disk.format == "qcow2" and not disk.remote:
            _remove_lists(host, disk.path, name)
    host.link.find(found.delete, libvirt.VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY)


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
