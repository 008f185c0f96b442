"""Make a backup of a VM that runs or is off; remove one.

Its folder is written under another name, and gets its own when all in it is on the disk and was checked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from uuid import uuid4

import libvirt

from vnetsh.backend import JobState
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh.model.backups import folder as folder_named, image, own_name
from vnetsh.model.change import ActionKind, Change
from vnetsh_libvirt import pools
from vnetsh_libvirt.backups import at_host, copying, job, layout, wanted
from vnetsh_libvirt.backups.found import about_of, folder_of
from vnetsh_libvirt.backups.layout import ABOUT, DOMAIN, About, SavedDisk, SavedFile
from vnetsh_libvirt.cleanup import leftovers_of, with_cleanup
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.drives import Disk
from vnetsh_libvirt.files import Files, stat
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost, existing
from vnetsh_libvirt.remote import is_remote


def make(host: LibvirtHost, change: Change, files: Files, tell: Tell) -> None:
    """Make a backup, or remove one. Raises `BackendRefused`, `ApplyFailed`."""
    if change.action is ActionKind.REMOVE:
        _remove(host, change, files)
    elif not change.undo:  # what had begun to go, and is there still, is left as it is
        _take(host, change.resource, files, tell)


def folder_in(host: LibvirtHost, pool: str, vm: str, name: str) -> str:
    """The folder of a backup in a pool of a host. Raises `BackendRefused`."""
    where = pools.folder_of(host, pool)
    if is_remote(where):
        raise BackendRefused(f"{host.name}: pool {pool} is on a server: no backups are made there yet")
    return folder_named(where, vm, name)


def trouble(backup: Resource, host: LibvirtHost) -> str:
    """What is not there of a backup that was made."""
    vm, name = backup.text("vm"), own_name(backup)
    whole = stat(host, f"{folder_in(host, backup.text('pool'), vm, name)}/{ABOUT}") is not None
    return "" if whole else f"{host.name} has no backup {name} of {vm}"


def still_there(backup: Resource, host: LibvirtHost) -> str:
    """Where a backup is that should be gone."""
    folder = folder_of(backup)
    return f"{folder} is still on {host.name}" if folder and stat(host, folder) else ""


def _take(host: LibvirtHost, backup: Resource, files: Files, tell: Tell) -> None:
    vm, name = backup.text("vm"), own_name(backup)
    domain = existing(host, vm)
    folder = folder_in(host, backup.text("pool"), vm, name)
    part = layout.unfinished(folder)
    for path in (folder, part):
        if stat(host, path):
            raise BackendRefused(
                f"{host.name}: there is {path} already",
                help="choose another name; if a run was cut off there, `vnetsh recover` removes what is left of it",
            )
    files.make(host, part, lambda: copying.must(host, ["mkdir", "-m", "711", "--", part]))
    made = stat(host, part)
    assert made
    files.note(host, f"{folder} on {host.name}", file=folder, id=made.identity)

    def work() -> None:
        reached("backup is begun")
        _copy(host, domain, backup, part, tell)
        reached("backup is whole")
        # A folder with something in it is never replaced by this.
        copying.must(host, ["mv", "-nT", "--", part, folder])
        if stat(host, part) or not files.of_own(host, folder):
            raise BackendRefused(f"{host.name}: somebody has made {folder} meanwhile")
        copying.must(host, ["sync", "--", str(PurePosixPath(folder).parent)])
        reached("backup is named")

    with_cleanup(work, lambda: _drop(host, vm, files, part, folder))


def _copy(host: LibvirtHost, domain: Any, backup: Resource, part: str, tell: Tell) -> None:
    """All that is to be in a backup, into its folder."""
    vm, name = backup.text("vm"), own_name(backup)
    running = bool(host.link.call(domain.isActive))
    view = host.live(domain) if running else host.defined(domain)
    if found := next(wanted.problems(view), None):
        raise BackendRefused(f"{host.name}: no backup can be made of {vm}: {found[0]}", help=found[1])
    taken = int(copying.must(host, ["date", "+%s"]))
    disks = [(disk, image("", disk.name)[1:]) for disk in wanted.disks(view)]
    if running:
        consistent = _live(host, domain, view, disks, part, tell)
    else:
        consistent = layout.OFF
        _idle(host, domain, vm, disks, part, tell)
    reached("disks are copied")
    further = [path for path in wanted.further(view) if stat(host, path)]
    for number, path in enumerate(further):
        copying.must(host, ["cp", "--", path, f"{part}/file-{number}"])
    definition = host.defined(domain, secrets=True)
    copying.write(host, f"{part}/{DOMAIN}", definition.xml, secret=True)
    say = partial(tell, JobState(f"{vm}: its backup {name} is checked"))
    sums = copying.sums(
        host, part, [*(file for _, file in disks), *(f"file-{n}" for n in range(len(further)))], say
    )
    saved = [
        SavedDisk(
            d.name,
            d.target,
            d.path,
            d.format,
            file,
            copying.checked(host, f"{part}/{file}", say),
            sums[file],
        )
        for d, file in disks
    ]
    others = [SavedFile(path, f"file-{n}", sums[f"file-{n}"]) for n, path in enumerate(further)]
    about = About(str(uuid4()), vm, name, definition.uuid, taken, layout.FULL, consistent, saved, others)
    copying.write(host, f"{part}/{ABOUT}", layout.written(about))
    copying.sync(host, part, say)


def _live(
    host: LibvirtHost,
    domain: Any,
    view: Definition,
    disks: Sequence[tuple[Disk, str]],
    part: str,
    tell: Tell,
) -> str:
    """Have QEMU write what the disks have at one moment; how far that fits together."""
    xml = job.xml(view, disks, part)
    host.link.quietly(domain.jobStats, libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED)  # of an earlier job
    with at_host.resting(host, view.uuid) as rests:
        host.link.call(domain.backupBegin, xml, None, 0)
        reached("backup runs")
    words = f"{view.name}: its disks are copied while it runs"
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
        raise BackendRefused(f"{host.name}: the backup of {view.name} did not come to its end: {why}")
    return layout.GUEST if rests else layout.CRASH


_OPERATION = libvirt.VIR_DOMAIN_JOB_OPERATION_BACKUP


def _idle(
    host: LibvirtHost, domain: Any, vm: str, disks: Sequence[tuple[Disk, str]], part: str, tell: Tell
) -> None:
    """Copy the disks of a VM that is off; QEMU's locks keep it from being started over one that is being read."""

    def states() -> list[str]:
        return [found.state if (found := stat(host, disk.path)) else "" for disk, _ in disks]

    before = states()
    for disk, file in disks:
        command = ["qemu-img", "convert", "-f", disk.format, "-O", "qcow2", disk.path, f"{part}/{file}"]
        at_host.run(host, command, partial(tell, JobState(f"{vm}: its disk {disk.name} is copied")))
    if host.link.call(domain.isActive) or states() != before:
        raise BackendRefused(f"{host.name}: {vm} was started while it was copied", help="try again")


def _remove(host: LibvirtHost, change: Change, files: Files) -> None:
    backup = change.resource
    vm, name = backup.text("vm"), own_name(backup)
    if change.undo:
        folder = folder_in(host, backup.text("pool"), vm, name)
        files.say_stays(_drop(host, vm, files, layout.unfinished(folder), folder))
        return
    folder, known = folder_of(backup), about_of(backup)
    gone = layout.going(folder)
    there = stat(host, folder)
    if there:
        _refuse_another(host, folder, known)
        files.note(host, f"{gone} on {host.name}", goes=gone, id=there.identity)
        reached("backup is to go")
        copying.must(host, ["mv", "-nT", "--", folder, gone])
        reached("backup has no name")
    if stat(host, gone) and files.of_own(host, gone):
        copying.remove(host, gone)
    reached("backup is removed")


def _refuse_another(host: LibvirtHost, folder: str, known: About | None) -> None:
    """Raise `BackendRefused` where another backup has the name of the one that was seen."""
    look = [
        "sh",
        "-c",
        f'test ! -L "$1" && cat -- "$1/{ABOUT}"',
        "sh",
        folder,
    ]  # a link leads to what is not its own
    text = host.transport.ask(look, timeout=host.timeout).stdout
    try:
        now = json.loads(text).get("id") if text else None
    except ValueError:
        now = None
    if now != (known.id if known else None):
        raise BackendRefused(f"{host.name}: {folder} is another backup by now: left alone")


def _drop(host: LibvirtHost, vm: str, files: Files, part: str, folder: str) -> list[str]:
    """End what is still writing there, and remove what was made; why what stays does, in sentences."""
    _abort(host, vm, part)
    left: list[str] = []
    for path in (part, folder):
        if stat(host, path) is None:
            continue
        if not files.of_own(host, path):
            left.append(f"{path} on {host.name} is not the backup that was made: it is left alone")
            continue
        left += leftovers_of(f"{path} stays on {host.name}", partial(copying.remove, host, path))
    return left


def _abort(host: LibvirtHost, vm: str, part: str) -> None:
    """End a backup job that writes to that folder; nobody else's."""
    domain = host.domain(vm)

    def ours() -> bool:
        text = host.link.quietly(domain.backupGetXMLDesc, 0)
        return bool(text) and f"{part}/" in str(text)

    if domain is not None and ours():
        host.link.quietly(domain.abortJob)
        host.wait(lambda: not ours())
