"""Read a host: its domains as VMs and ports, and the facts that plans are checked against."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import libvirt

from vnetsh.backend import Observation, Progress
from vnetsh.errors import BackendRefused
from vnetsh.hosts.workers import begin
from vnetsh.model import Resource
from vnetsh.model.power import RUNNING, STOPPED
from vnetsh_libvirt import folders, holding, served, surroundings, tls
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.backups.observing import observed_backups
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disk_observing import observed_disks
from vnetsh_libvirt.facts import LibvirtFacts, owner_of_macs
from vnetsh_libvirt.fetching.observing import observed_images
from vnetsh_libvirt.keeping import SNAPSHOTS, UNREADABLE
from vnetsh_libvirt.libvirt_host import STATES, LibvirtHost, definition_of
from vnetsh_libvirt.pools import observed_pools
from vnetsh_libvirt.seen import Seen
from vnetsh_libvirt.states import SAVED, is_off
from vnetsh_libvirt.vm_fields import MEMORY, NOTE
from vnetsh_libvirt.vm_observing import resources, switched


def observe(host: LibvirtHost, progress: Progress) -> Observation:
    """All domains and NICs of a host, and its facts."""
    reading = begin("folders", folders.read, host, (host.folder,), folders.USUAL, (), tls.ASK)
    domains = list(_domains(host, progress))
    read = [resource for seen in domains for resource in _readable(seen, host.name)]
    facts = _facts(host)
    seen = [domain for domain in domains if isinstance(domain, Seen)]
    told = reading.result()
    facts = replace(
        facts,
        switching=switched,
        folders=told.folders,
        tls=tls.read(told.also),
        running=_running(read),
        macs=_unbridged(seen),
        coming=_coming(seen),
    )
    if images := facts.folders.get(host.folder):
        facts = replace(facts, images=images.files, free_disk=images.free)
    facts = folders.read_further(host, seen, facts)
    facts = replace(facts, in_use=served.sizes(host, seen, facts))
    disks, pools = observed_disks(seen, read, facts, host.name), observed_pools(facts, host.name)
    fetched = observed_images(facts, host.name)
    return Observation([*pools, *fetched, *disks, *observed_backups(host, facts, seen)], facts)


def _unbridged(domains: Iterable[Seen]) -> Mapping[str, str]:
    """The MAC addresses of NICs that are no ports, for they are on no bridge, each with the VM that has it."""
    return {
        nic.mac: owner_of_macs(seen.defined.name)
        for seen in domains
        for view in (seen.defined, seen.live)
        for nic in view.unbridged
        if nic.mac
    }


def _coming(domains: Iterable[Seen]) -> Mapping[str, str]:
    """The MAC addresses of NICs that a VM which runs is defined with, and has not, each with the VM."""
    return {
        nic.mac: seen.defined.name
        for seen in domains
        for nic in seen.defined.nics
        if seen.live is not seen.defined and nic.mac and seen.live.like(nic) is None
    }


def _running(resources: Iterable[Resource]) -> Mapping[str, int]:
    """The VMs that have memory now."""
    sizes = {vm.name: vm.get(MEMORY) for vm in resources if vm.kind == "vm" and not is_off(vm)}
    return {name: size for name, size in sizes.items() if isinstance(size, int)}


@dataclass(frozen=True)
class _Unread:
    """A domain that is there and cannot be read."""

    name: str
    why: str


_ODD = (ET.ParseError, ValueError, LookupError, AttributeError, TypeError, AssertionError)
"""What reading XML raises that is not as libvirt's documentation says."""


def _domains(host: LibvirtHost, progress: Progress) -> Iterator[Seen | _Unread]:
    held = holding.of_all(host)
    domains = host.call("listAllDomains", 0)
    for number, domain in enumerate(domains):
        progress(f"libvirt: reading {len(domains)} vms", number / len(domains))
        try:
            seen = host.link.find(_see, domain, held, host.folder)
        except BackendRefused as error:
            yield _Unread(domain.name(), error.message.removeprefix(f"{host.name}: "))
        except _ODD as error:
            yield _Unread(domain.name(), _odd(error))
        else:
            if seen:  # else it went away meanwhile
                yield seen


def _odd(error: Exception) -> str:
    return f"its XML is not as libvirt's should be: {error}"


def _see(domain: Any, held: holding.Held, folder: str) -> Seen:
    now = domain.state()
    state = STATES.get(now[0], RUNNING)
    defined = definition_of(domain, libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE)
    live = definition_of(domain, 0) if state != STOPPED else defined
    more = holding.record(domain, held, now)
    kept = _saved(domain, defined) if more.get(SAVED) else None
    state = SAVED if state == STOPPED and more.get(SAVED) else state
    snapshots, current = holding.snapshots(domain) if more.get(SNAPSHOTS) else ((), "")
    return Seen(state, bool(domain.isPersistent()), defined, live, more, kept, snapshots, current, folder)


def _saved(domain: Any, defined: Definition) -> Definition | None:
    """What a domain's saved state has; None where it goes meanwhile, or a daemon cannot tell (libvirt before 3.7)."""
    try:
        return Definition(domain.managedSaveGetXMLDesc(0), defined.volumes, defined.networks)
    except libvirt.libvirtError:
        return None


def _readable(found: Seen | _Unread, host: str) -> Sequence[Resource]:
    """A domain's VM and ports; of one that cannot be read a VM of that name, which says so."""
    if isinstance(found, Seen):
        try:
            return list(resources(found, host))
        except _ODD as error:
            found = _Unread(found.defined.name, _odd(error))
    note = f"cannot be read: {found.why}"
    return [Resource("vm", found.name, host, {NOTE: note}, backend=NAME, record={UNREADABLE: found.why})]


def _facts(host: LibvirtHost) -> LibvirtFacts:
    """What libvirt itself tells; the image folder is read beside it."""
    memory = host.call("getMemoryStats", libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
    free = sum(memory.get(part, 0) for part in ("free", "buffers", "cached"))
    return replace(
        surroundings.read(host),
        memory=memory["total"] * 1024 if "total" in memory else None,
        free_memory=free * 1024,
        machines=_machines(host),
        **_can(host),
        version=host.call("getLibVersion"),
    )


def _can(host: LibvirtHost) -> Mapping[str, Any]:
    """The CPUs, firmwares and TPMs that the host's VMs can have; nothing where its libvirt does not tell."""
    told = host.link.quietly(
        host.link.connection.getDomainCapabilities, None, None, None, host.domain_type(), 0
    )
    root = ET.fromstring(told) if told else None
    if root is None:
        return {}
    modes = (mode.get("name", "") for mode in root.iterfind("cpu/mode[@supported='yes']"))
    models = root.iterfind("cpu/mode[@name='custom']/model")
    usable = (model.text or "" for model in models if model.get("usable") != "no")
    firmwares = root.iterfind("os/enum[@name='firmware']/value")
    tpms = root.iterfind("devices/tpm[@supported='yes']/enum[@name='backendModel']/value")
    return {
        "cpus": frozenset({*modes, *usable} - {"custom", ""}),
        "firmwares": frozenset(value.text or "" for value in firmwares),
        "tpms": frozenset(value.text or "" for value in tpms),
    }


def _machines(host: LibvirtHost) -> Mapping[str, int]:
    """Each machine type of the host's own kind, and the vcpus that it takes at most."""
    capabilities = ET.fromstring(host.call("getCapabilities"))
    kind = capabilities.findtext("host/cpu/arch", "")
    machines = capabilities.iterfind(f"guest/arch[@name='{kind}']/machine[@maxCpus]")
    return {machine.text: int(machine.get("maxCpus", "0")) for machine in machines if machine.text}
