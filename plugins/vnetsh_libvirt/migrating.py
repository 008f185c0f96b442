"""The live migration of a running VM: peer to peer, so that the data goes from host to host.

Flags and phases: https://libvirt.org/migration.html. `UNSAFE` only where vnetsh has
proven what libvirt cannot know, that both hosts see the same file, and post-copy only where it is wished.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial

import libvirt

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused, VnetshError
from vnetsh.hosts.workers import begin
from vnetsh_libvirt import domain_xml, means, storage
from vnetsh_libvirt.carrying import copy_file
from vnetsh_libvirt.course import Course
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.fencing import fence
from vnetsh_libvirt.how_far import state_of
from vnetsh_libvirt.journey import Journey
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.link import Link
from vnetsh_libvirt.migration_way import DISKS_STAY, SSH, TLS
from vnetsh_libvirt.pace import Pace
from vnetsh_libvirt.reaching import waited_for
from vnetsh_libvirt.thick_room import take_room

DROPS_CACHE = 4_000_000
"""The version of QEMU from which a disk's host lets go of what it has cached of it, before the other one reads it."""

POLL = 0.25
"""Seconds between two looks at a migration's progress. Its end is noticed at once."""

SOON = 0.05
"""The same where it has only just begun, or is about to end."""

FAR = 0.5
"""Seconds of sending that are left where the end of a migration is not near."""

LINGER = 40.0
"""Seconds that a migration which is broken off gets to end: libvirt gives up a daemon that hangs after 30 of them."""

FLAGS = (
    libvirt.VIR_MIGRATE_LIVE
    | libvirt.VIR_MIGRATE_PEER2PEER
    | libvirt.VIR_MIGRATE_ABORT_ON_ERROR
    | libvirt.VIR_MIGRATE_CHANGE_PROTECTION
)

_WAYS = {TLS: libvirt.VIR_MIGRATE_TLS, SSH: libvirt.VIR_MIGRATE_TUNNELLED}


def migrate(journey: Journey) -> None:
    """Make the disks' files at the target, then migrate. Raises `BackendRefused`, `HostUnreachable`."""
    files, target = journey.files, journey.target
    if journey.way.over == SSH and any(not disk.idle for disk in journey.disks):
        raise BackendRefused(f"{journey.name}: {DISKS_STAY}", help="`over tls` encrypts them as well")
    opening = begin("second link", journey.source.link.another)
    try:
        for disk in journey.disks:
            image = disk.image
            if disk.idle:
                copy_file(journey, image.path)
                continue
            create = partial(storage.create, target, image)
            files.make(target, image.path, create)
            if disk.thick:
                take_room(target, image.path, image.format, image.capacity)
            reached("disk is made at the target")
        if journey.nvram:  # QEMU writes there what the stream brings only when the VM goes on
            copy_file(journey, journey.nvram)
        _run(journey, opening.result())
    finally:
        with suppress(VnetshError):
            opening.result().close()


def _run(journey: Journey, link: Link) -> None:
    source, (flags, parameters) = journey.source, _how(journey)
    domain = link.call(link.connection.lookupByUUIDString, journey.definition.uuid)
    if pause := means.downtime(journey.wishes):
        link.call(domain.migrateSetMaxDowntime, pause, 0)  # libvirt forgets it with this migration
    future = link.begin(domain.migrateToURI3, journey.target.peer_uri, parameters, flags)
    reached("migration has begun")
    try:
        why = _watch(journey, future)
    except KeyboardInterrupt:
        _break_off(journey, future)
        if not future.done() or future.exception():
            raise  # else it was too late: it has moved
        why = None
    if why:
        _break_off(journey, future)
        if future.done() and future.exception():
            raise why
    link.result(future, source.timeout)


def _break_off(journey: Journey, future: Future[object]) -> None:
    journey.source.link.quietly(journey.domain.abortJob)
    wait([future], LINGER)


def _how(journey: Journey) -> tuple[int, Mapping[str, object]]:
    source, domain = journey.source, journey.domain
    wished, wishes = means.flags_and_parameters(journey.wishes)
    flags, parameters = FLAGS | wished | _WAYS.get(journey.way.over, 0), dict(wishes)
    if journey.way.address:  # also for disks, which go to the same host
        parameters[libvirt.VIR_MIGRATE_PARAM_URI] = journey.way.uri
        parameters[libvirt.VIR_MIGRATE_PARAM_LISTEN_ADDRESS] = journey.way.address
    if journey.proven and source.call("getVersion") >= DROPS_CACHE:  # else libvirt itself refuses
        flags |= libvirt.VIR_MIGRATE_UNSAFE
    persistent = source.persistent(domain)
    if persistent:
        flags |= libvirt.VIR_MIGRATE_PERSIST_DEST | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
    travelling = [disk.target for disk in journey.disks if not disk.idle]
    if travelling:
        # "Incremental" copies the top layer of each, which is the whole of one without a backing file.
        flags |= libvirt.VIR_MIGRATE_NON_SHARED_INC
        parameters[libvirt.VIR_MIGRATE_PARAM_MIGRATE_DISKS] = travelling
    elsewhere = any(journey.openvswitch[nic.bridge] != nic.openvswitch for nic in journey.definition.nics)
    if elsewhere or journey.definition.volumes:
        fit = libvirt.VIR_DOMAIN_XML_SECURE | libvirt.VIR_DOMAIN_XML_MIGRATABLE
        running = Definition(source.link.call(domain.XMLDesc, fit))
        plugged = domain_xml.replugged(running, journey.openvswitch)
        # As files, for libvirt does not see that those of volumes are there, and would make them itself.
        as_files = domain_xml.as_files(plugged, journey.definition.volumes)
        parameters[libvirt.VIR_MIGRATE_PARAM_DEST_XML] = as_files
        if persistent:
            defined = source.defined(domain, secrets=True)
            parameters[libvirt.VIR_MIGRATE_PARAM_PERSIST_XML] = domain_xml.replugged(
                defined, journey.openvswitch
            )
    return flags, parameters


def _watch(journey: Journey, future: Future[object]) -> BackendRefused | None:
    """Say how far it is until it ends; else why it is to be broken off.

    Raises `KeyboardInterrupt` when the user wants it no more.
    """
    started, target, course = time.monotonic(), _Heed(journey.target), Course(journey.wishes)
    pace = Pace(partial(waited_for, journey.source, journey.definition))
    sending = False
    soon = SOON
    while not wait([future], soon).done:
        try:
            stats = journey.source.link.call(journey.domain.jobStats)
        except BackendRefused:
            stats = {}  # it is just beginning or ending
        journey.tell(state_of(journey.name, stats, time.monotonic() - started))
        if why := pace.stalls(stats):
            return BackendRefused(f"the migration of {journey.name} makes no progress: {why}")
        left = seconds_left(stats)
        sending = sending or bool(stats.get("data_total"))
        journey.far((left > FAR if sending else True) and not course.post_copying)
        soon = min(max(left / 4, SOON), POLL) if stats else SOON
        course.note(stats)
        if course.needs_post_copy():
            journey.far(False)
            begun = journey.source.link.quietly(journey.domain.migrateStartPostCopy, 0)
            course.post_copying = begun is not None
        elif course.is_hopeless(time.monotonic() - started):
            return course.why(journey.name)
        if target.silent():
            # Its daemon may hang with the order to run the VM in its ear: then it must find none.
            fence(journey.target, journey.definition.uuid)
            return BackendRefused(
                f"{journey.target.name}: libvirt gave no answer in {journey.target.timeout:g} s"
            )
    return None


class _Heed:
    """Asks a host's libvirt again and again whether it answers, and waits for none of its answers."""

    def __init__(self, host: LibvirtHost) -> None:
        self._host = host
        self._asked = 0.0
        self._answer: Future[object] | None = None

    def silent(self) -> bool:
        """Whether it owes an answer for as long as a call may take."""
        now = time.monotonic()
        if self._answer is None or self._answer.done():
            if now - self._asked > 1:
                self._asked, self._answer = (
                    now,
                    self._host.link.begin(self._host.link.connection.getLibVersion),
                )
            return False
        return now - self._asked > self._host.timeout


def seconds_left(stats: Mapping[str, int]) -> float:
    """How long what is left would take at the rate of now; where nothing was sent yet, for ever."""
    rate, left = stats.get("memory_bps", 0) + stats.get("disk_bps", 0), stats.get("data_remaining", 0)
    return left / rate if rate else math.inf if left else 0.0
