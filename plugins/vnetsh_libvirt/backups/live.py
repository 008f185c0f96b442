"""Have QEMU copy the disks of a VM while it runs, as they are at one moment: all of them, or what has changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import libvirt

from vnetsh.backend import JobState
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.schema import Size
from vnetsh_libvirt import remote_files
from vnetsh_libvirt.backups import at_host, copying, job, layout
from vnetsh_libvirt.backups.layout import About
from vnetsh_libvirt.checkpoints import name_of
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.drives import Disk
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.link import error_code
from vnetsh_libvirt.remote import is_open

_OPERATION = libvirt.VIR_DOMAIN_JOB_OPERATION_BACKUP

_LOST = (libvirt.VIR_ERR_CHECKPOINT_INCONSISTENT, libvirt.VIR_ERR_NO_DOMAIN_CHECKPOINT)
"""Codes of libvirt that say: what has changed nobody knows any more."""


@dataclass(frozen=True)
class Copy:
    """What is to be copied of a running VM: which disks into which files of a folder that is not whole yet.

    `tracked` is what the checkpoint is called that is made with it, and its description; `base` the backup that it
    builds on, whose checkpoint knows what has changed since.
    """

    view: Definition
    disks: Sequence[tuple[Disk, str]]
    part: str
    tracked: tuple[str, str] | None = None
    base: About | None = None


def copy(
    host: LibvirtHost, domain: Any, what: Copy, tell: Tell, say: Callable[[str], None]
) -> tuple[str, About | None]:
    """How far what was copied fits together, and what it builds on. Raises `BackendRefused`.

    Where what has changed is lost all is copied, which is said.
    """
    host.link.quietly(domain.jobStats, libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED)  # of an earlier job
    base = what.base
    with at_host.resting(host, what.view.uuid) as rests:
        try:
            _begin(host, domain, what, base)
        except BackendRefused as error:
            if base is None or error_code(error) not in _LOST:
                raise
            _refuse_for_room(host, what)
            say(f"{what.view.name}: what has changed since {base.name} nobody knows any more: all was copied")
            base = None
            _begin(host, domain, what, base)
        reached("backup runs")
    _wait(host, domain, f"{what.view.name}: its disks are copied while it runs", what.view.name, tell)
    if base:
        for disk, file in what.disks:
            copying.builds(host, f"{what.part}/{file}", layout.below(base, disk.target))
    return layout.GUEST if rests else layout.CRASH, base


def _begin(host: LibvirtHost, domain: Any, what: Copy, base: About | None) -> None:
    xml = job.xml(what.view, what.disks, what.part, name_of(base.id) if base else "")
    made = job.checkpoint(what.tracked[0], what.view, what.disks, what.tracked[1]) if what.tracked else None
    host.link.call(domain.backupBegin, xml, made, 0)


def _wait(host: LibvirtHost, domain: Any, words: str, vm: str, tell: Tell) -> None:
    ends: dict[str, Any] = {}

    def ended() -> bool:
        nonlocal ends
        stats = host.link.call(domain.jobStats, 0)
        if stats.get("type"):
            total, done = int(stats.get("disk_total", 0)), int(stats.get("disk_processed", 0))
            tell(JobState(words, done, total))
            return False
        ends = host.link.call(domain.jobStats, libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED)
        return True

    while not host.wait(ended):
        continue  # it takes as long as it does
    if ends.get("type") != libvirt.VIR_DOMAIN_JOB_COMPLETED or ends.get("operation") != _OPERATION:
        why = ends.get("errmsg") or "it was broken off: did its vm stop, or somebody end it?"
        raise BackendRefused(f"{host.name}: the backup of {vm} did not come to its end: {why}")


def tracks(host: LibvirtHost, disks: Sequence[tuple[Disk, str]]) -> bool:
    """Whether each disk is an image that can keep a list of what changes."""
    return all(
        disk.format == "qcow2" and is_open(disk.path) and _image(host, disk.path)[0].get("compat") != "0.10"
        for disk, _ in disks
    )


def _image(host: LibvirtHost, path: str) -> tuple[dict[str, Any], int]:
    """What an image says of its format, and the bytes that it and what it builds on take."""
    file = remote_files.as_qemu(host, path)
    text = copying.must(host, ["qemu-img", "info", "-U", "--backing-chain", "--output=json", "--", file])
    chain = json.loads(text[text.index("[") :])  # QEMU's warnings come before it
    return chain[0].get("format-specific", {}).get("data", {}), sum(one["actual-size"] for one in chain)


def _refuse_for_room(host: LibvirtHost, what: Copy) -> None:
    needed = sum(_image(host, disk.path)[1] for disk, _ in what.disks)
    free = int(copying.must(host, ["df", "-B1", "--output=avail", "--", what.part]).split()[-1])
    if free < needed:
        raise BackendRefused(
            f"{host.name}: what has changed nobody knows any more, and for a full copy {Size().show(needed)} may be "
            f"needed, {Size().show(free)} are free",
            help="free some, and make the backup again: it is a full one then",
        )
