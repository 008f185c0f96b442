"""The live migration of a running VM: peer to peer, so that the data goes from host to host.

Flags and phases: https://libvirt.org/migration.html. Never `UNSAFE`, and never post-copy by itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future, wait

import libvirt

from vnetsh.backend import JobState
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh_libvirt import domain_xml, storage
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.journey import Journey
from vnetsh_libvirt.link import Link

POLL = 0.25
"""Seconds between two looks at a migration's progress. Its end is noticed at once."""

FLAGS = (
    libvirt.VIR_MIGRATE_LIVE
    | libvirt.VIR_MIGRATE_PEER2PEER
    | libvirt.VIR_MIGRATE_ABORT_ON_ERROR
    | libvirt.VIR_MIGRATE_CHANGE_PROTECTION
)


def migrate(journey: Journey) -> None:
    """Make the disks' files at the target, then migrate. Raises `BackendRefused`, `HostUnreachable`."""
    for disk in journey.disks:
        image = disk.image
        storage.create(journey.target, image.path, image.capacity, image.format, image.backing)
        journey.made.append(image.path)
        reached("disk is made at the target")
    link = journey.source.link.another()
    try:
        _run(journey, link)
    finally:
        link.close()


def _run(journey: Journey, link: Link) -> None:
    source, (flags, parameters) = journey.source, _how(journey)
    domain = link.call(link.connection.lookupByUUIDString, journey.definition.uuid)
    future = link.begin(domain.migrateToURI3, journey.target.peer_uri, parameters, flags)
    reached("migration has begun")
    try:
        _watch(journey, future)
    except KeyboardInterrupt:
        source.link.quietly(journey.domain.abortJob)
        wait([future], source.timeout)
        if not future.done() or future.exception():
            raise  # else it was too late: it has moved
    link.result(future, source.timeout)


def _how(journey: Journey) -> tuple[int, Mapping[str, object]]:
    source, domain = journey.source, journey.domain
    flags = FLAGS
    parameters: dict[str, object] = {}
    persistent = source.persistent(domain)
    if persistent:
        flags |= libvirt.VIR_MIGRATE_PERSIST_DEST | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
    if journey.disks:
        # "Incremental" copies the top layer of each, which is the whole of one without a backing file.
        flags |= libvirt.VIR_MIGRATE_NON_SHARED_INC
        parameters[libvirt.VIR_MIGRATE_PARAM_MIGRATE_DISKS] = [disk.target for disk in journey.disks]
    if any(journey.openvswitch[nic.bridge] != nic.openvswitch for nic in journey.definition.nics):
        fit = libvirt.VIR_DOMAIN_XML_SECURE | libvirt.VIR_DOMAIN_XML_MIGRATABLE
        running = Definition(source.link.call(domain.XMLDesc, fit))
        parameters[libvirt.VIR_MIGRATE_PARAM_DEST_XML] = domain_xml.replugged(running, journey.openvswitch)
        if persistent:
            defined = source.defined(domain, secrets=True)
            parameters[libvirt.VIR_MIGRATE_PARAM_PERSIST_XML] = domain_xml.replugged(
                defined, journey.openvswitch
            )
    return flags, parameters


def _watch(journey: Journey, future: Future[object]) -> None:
    """Say how far it is until it ends. Raises `KeyboardInterrupt` when the user wants it no more."""
    started = time.monotonic()
    while not wait([future], POLL).done:
        try:
            stats = journey.source.link.call(journey.domain.jobStats)
        except BackendRefused:
            stats = {}  # it is just beginning or ending
        journey.tell(state_of(journey.name, stats, time.monotonic() - started))


def state_of(name: str, stats: Mapping[str, int], seconds: float) -> JobState:
    """How far a migration is, from libvirt's statistics of the job (bytes, memory and disks together)."""
    total, remaining = stats.get("data_total", 0), stats.get("data_remaining", 0)
    if not total:
        return JobState(f"{name}: migrating, {seconds:.0f} s")
    done = total - remaining
    text = f"{name}: migrating, {done // 2**20} of {total // 2**20} MiB, {seconds:.0f} s"
    return JobState(text, done, total, stats.get("memory_bps", 0) + stats.get("disk_bps", 0))
