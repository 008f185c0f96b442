"""Read a host: its domains as VMs and ports, and the facts that plans are checked against."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import libvirt

from vnetsh.backend import Observation
from vnetsh.hosts.workers import begin
from vnetsh.model import Attributes, Resource
from vnetsh_libvirt.definition import Definition, Nic
from vnetsh_libvirt.facts import ImageFile, Images, LibvirtFacts
from vnetsh_libvirt.site import STATES, Site


@dataclass(frozen=True)
class Seen:
    """A domain as it was found. `defined` is what its next start makes of it."""

    state: str
    persistent: bool
    defined: Definition
    live: Definition


def observe(site: Site) -> Observation:
    """All domains and NICs of a host, and its facts."""
    images = begin("images", _images, site)
    resources = [resource for seen in _domains(site) for resource in _resources(seen, site.name)]
    facts = _facts(site)
    listing = images.result()
    if listing:
        facts = replace(facts, images=listing[0], free_disk=listing[1])
    return Observation(resources, facts)


def _domains(site: Site) -> Iterator[Seen]:
    for domain in site.call("listAllDomains", 0):
        seen = site.link.find(_see, domain)
        if seen:  # else it went away meanwhile
            yield seen


def _see(domain: Any) -> Seen:
    state = STATES.get(domain.state()[0], "running")
    defined = Definition(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    live = Definition(domain.XMLDesc(0)) if state != "stopped" else defined
    return Seen(state, bool(domain.isPersistent()), defined, live)


def _resources(seen: Seen, host: str) -> Iterable[Resource]:
    """The VM and its ports: those that it runs with or, when it is off, that are in its definition.

    A NIC that is only in one of both therefore counts as missing where it matters, and adding it mends both.
    """
    name, defined = seen.defined.name, seen.defined
    yield Resource(
        "vm",
        name,
        host,
        _vm_attributes(seen),
        backend="libvirt",
        marked=defined.mark is not None,
        owner=defined.mark.owner if defined.mark else "",
        record={"xml": defined.xml, "persistent": seen.persistent},
    )
    for nic in seen.live.nics:
        # Where a VM is off and its tap's name is left to libvirt, there is no name yet, and none is invented:
        # it could be another port's.
        if nic.name:
            yield _port(nic, defined, host)


def _vm_attributes(seen: Seen) -> Attributes:
    defined, mark = seen.defined, seen.defined.mark
    attributes: dict[str, str | int] = {
        "memory": defined.memory,
        "vcpus": defined.vcpus,
        "state": seen.state,
    }
    disk = mark.disk if mark else defined.disks[0].path if defined.disks else ""
    if disk:
        attributes["disk"] = disk
        if mark is None or mark.imported:
            attributes["import"] = True
    return attributes


def _port(nic: Nic, defined: Definition, host: str) -> Resource:
    attributes = {"bridge": nic.bridge, "vm": defined.name, "vlan": nic.vlan, "type": "vm", "mac": nic.mac}
    attributes["mtu"] = nic.mtu
    lasting = next((other for other in defined.nics if other.mac == nic.mac), nic)
    return Resource(
        "port",
        nic.name,
        host,
        {name: value for name, value in attributes.items() if value is not None},
        parent=("vm", defined.name),
        backend="libvirt",
        marked=nic.marked,
        owner=defined.mark.owner if nic.marked and defined.mark else "",
        record={"xml": ET.tostring(lasting.element, encoding="unicode").strip()},
    )


def _facts(site: Site) -> LibvirtFacts:
    """What libvirt itself tells; the image folder is read beside it."""
    memory = site.call("getMemoryStats", libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
    free = sum(memory.get(part, 0) for part in ("free", "buffers", "cached"))
    return LibvirtFacts(free * 1024, site.call("getLibVersion"), site.folder)


def _images(site: Site) -> Images | None:
    """The files of the image folder and what is free there, read by one command; None where it cannot be read.

    A command changes nothing, where a libvirt pool would have to be refreshed or made.
    """
    script = 'stat -f -c "%a %S" -- "$1" && find -L "$1" -maxdepth 1 -type f -printf "%s %b %f\\0"'
    done = site.transport.ask(["sh", "-c", script, "sh", site.folder], timeout=site.timeout)
    if done.returncode:
        return None
    head, _, listing = done.stdout.partition("\n")
    blocks, block_size = head.split()
    images = {}
    for entry in listing.split("\0"):
        if entry:
            size, occupied, name = entry.split(" ", 2)
            images[name] = ImageFile(int(size), int(occupied) * 512)
    return images, int(blocks) * int(block_size)
