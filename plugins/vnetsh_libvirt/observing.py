"""Read a host: its domains as VMs and ports, and the facts that plans are checked against."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import libvirt

from vnetsh.backend import Observation, Progress
from vnetsh.hosts.workers import begin
from vnetsh.model import Resource
from vnetsh_libvirt.definition import Definition, Nic, Seen
from vnetsh_libvirt.facts import NAME, ImageFile, Images, LibvirtFacts
from vnetsh_libvirt.fields import attributes_of, vm_attributes
from vnetsh_libvirt.libvirt_host import STATES, LibvirtHost


def observe(host: LibvirtHost, progress: Progress) -> Observation:
    """All domains and NICs of a host, and its facts."""
    images = begin("images", _images, host)
    resources = [resource for seen in _domains(host, progress) for resource in _resources(seen, host.name)]
    facts = _facts(host)
    listing = images.result()
    if listing:
        facts = replace(facts, images=listing[0], free_disk=listing[1])
    return Observation(resources, facts)


def _domains(host: LibvirtHost, progress: Progress) -> Iterator[Seen]:
    domains = host.call("listAllDomains", 0)
    for number, domain in enumerate(domains):
        progress(f"libvirt: reading {len(domains)} vms", number / len(domains))
        seen = host.link.find(_see, domain)
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
        vm_attributes(seen),
        backend=NAME,
        marked=defined.mark is not None,
        owner=defined.mark.owner if defined.mark else "",
        record={"xml": defined.xml, "persistent": seen.persistent},
    )
    for nic in seen.live.nics:
        # Where a VM is off and its tap's name is left to libvirt, there is no name yet, and none is invented:
        # it could be another port's.
        if nic.name:
            yield _port(nic, defined, host)


def _port(nic: Nic, defined: Definition, host: str) -> Resource:
    lasting = next((other for other in defined.nics if other.mac == nic.mac), nic)
    return Resource(
        "port",
        nic.name,
        host,
        attributes_of(nic),
        parent=("vm", defined.name),
        backend=NAME,
        marked=nic.marked,
        owner=defined.mark.owner if nic.marked and defined.mark else "",
        record={"xml": ET.tostring(lasting.element, encoding="unicode").strip()},
    )


def _facts(host: LibvirtHost) -> LibvirtFacts:
    """What libvirt itself tells; the image folder is read beside it."""
    memory = host.call("getMemoryStats", libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
    free = sum(memory.get(part, 0) for part in ("free", "buffers", "cached"))
    return LibvirtFacts(free * 1024, host.call("getLibVersion"), host.folder)


def _images(host: LibvirtHost) -> Images | None:
    """The files of the image folder and what is free there, read by one command; None where it cannot be read.

    A command changes nothing, where a libvirt pool would have to be refreshed or made.
    """
    script = 'stat -f -c "%a %S" -- "$1" && find -L "$1" -maxdepth 1 -type f -printf "%s %b %f\\0"'
    done = host.transport.ask(["sh", "-c", script, "sh", host.folder], timeout=host.timeout)
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
