"""Read a host: its domains as VMs and ports, and the facts that plans are checked against."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import libvirt

from vnetsh.backend import Observation, Progress
from vnetsh.hosts.workers import begin
from vnetsh.model import Resource, nic_name
from vnetsh_libvirt import folders, holding, surroundings
from vnetsh_libvirt.definition import Definition, Nic, Seen, record_of
from vnetsh_libvirt.facts import NAME, LibvirtFacts
from vnetsh_libvirt.fields import attributes_of, vm_attributes
from vnetsh_libvirt.libvirt_host import STATES, LibvirtHost, definition_of


def observe(host: LibvirtHost, progress: Progress) -> Observation:
    """All domains and NICs of a host, and its facts."""
    reading = begin("folders", folders.read, host, (host.folder, *folders.USUAL))
    domains = list(_domains(host, progress))
    facts = _facts(host)
    found = reading.result()
    more = folders.named(domains, facts) - found.keys()
    if more:
        found |= folders.read(host, sorted(more))
    facts = replace(facts, folders=found)
    if images := found.get(host.folder):
        facts = replace(facts, images=images.files, free_disk=images.free)
    return Observation([resource for seen in domains for resource in _resources(seen, host.name)], facts)


def _domains(host: LibvirtHost, progress: Progress) -> Iterator[Seen]:
    held = holding.of_all(host)
    domains = host.call("listAllDomains", 0)
    for number, domain in enumerate(domains):
        progress(f"libvirt: reading {len(domains)} vms", number / len(domains))
        seen = host.link.find(_see, domain, held)
        if seen:  # else it went away meanwhile
            yield seen


def _see(domain: Any, held: holding.Held) -> Seen:
    now = domain.state()
    state = STATES.get(now[0], "running")
    defined = definition_of(domain, libvirt.VIR_DOMAIN_XML_INACTIVE)
    live = definition_of(domain, 0) if state != "stopped" else defined
    return Seen(state, bool(domain.isPersistent()), defined, live, holding.record(domain, held, now))


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
        record={
            "xml": defined.xml,
            "persistent": seen.persistent,
            **({"live": seen.live.xml} if seen.live is not defined else {}),
            **({"volumes": {**defined.volumes, **seen.live.volumes}} if seen.live.volumes else {}),
            **({"networks": defined.networks} if defined.networks else {}),
            **seen.held,
        },
    )
    known: set[str] = set()
    for nic in seen.live.nics:
        port = _port(nic, defined, host, known, running=seen.live is not defined)
        known.add(port.name)
        yield port


def _port(nic: Nic, defined: Definition, host: str, known: Collection[str], *, running: bool) -> Resource:
    """A NIC as a port. One whose link gets another name each time is called by its VM and its address.

    The record of one that runs has its link, and what libvirt itself told of it.
    """
    alike = [other for other in defined.nics if other.mac == nic.mac]
    lasting = next((other for other in alike if other.name == nic.name), alike[0] if alike else nic)
    unnamed = (nic_name(defined.name, nic.mac, number) for number in count())
    name = lasting.lasting_name or next(name for name in unnamed if name not in known)
    return Resource(
        "port",
        name,
        host,
        attributes_of(nic),
        parent=("vm", defined.name),
        backend=NAME,
        marked=nic.marked,
        owner=defined.mark.owner if nic.marked and defined.mark else "",
        record={
            **record_of(lasting),
            **({"link": nic.name, "told": dict(attributes_of(nic))} if running and nic.name else {}),
        },
    )


def _facts(host: LibvirtHost) -> LibvirtFacts:
    """What libvirt itself tells; the image folder is read beside it."""
    memory = host.call("getMemoryStats", libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
    free = sum(memory.get(part, 0) for part in ("free", "buffers", "cached"))
    return replace(surroundings.read(host), free_memory=free * 1024, version=host.call("getLibVersion"))
