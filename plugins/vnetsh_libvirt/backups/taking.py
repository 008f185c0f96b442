"""Make a backup of a VM that runs or is off; remove one.

Its folder is written under another name, and gets its own when all in it is on the disk and was checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from uuid import uuid4

from vnetsh.backend import JobState
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh.model.backups import SINCE, TRACKING, folder as folder_named, image, own_name
from vnetsh.model.change import ActionKind, Change
from vnetsh_libvirt import pools, remote_files
from vnetsh_libvirt.backups import at_host, building, copying, layout, live, wanted
from vnetsh_libvirt.backups.found import about_of, folder_of
from vnetsh_libvirt.backups.layout import ABOUT, DOMAIN, About, SavedDisk, SavedFile
from vnetsh_libvirt.checkpoints import name_of
from vnetsh_libvirt.cleanup import leftovers_of, with_cleanup
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.drives import Disk
from vnetsh_libvirt.files import Files, stat
from vnetsh_libvirt.forgetting import forget
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost, existing
from vnetsh_libvirt.remote import is_block, is_remote

CHECKPOINT = "checkpoint"
"""In what a change made: what the checkpoint is called that is made with the backup."""


def make(host: LibvirtHost, change: Change, files: Files, tell: Tell) -> None:
    """Make a backup, or remove one. Raises `BackendRefused`, `ApplyFailed`."""
    if change.action is ActionKind.REMOVE:
        _remove(host, change, files)
    elif not change.undo:  # what had begun to go, and is there still, is left as it is
        _take(host, change, files, tell)


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


def _take(host: LibvirtHost, change: Change, files: Files, tell: Tell) -> None:
    backup, id = change.resource, str(uuid4())
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
    tracked = name_of(id)
    if change.wishes.get(TRACKING):
        files.note(host, "", **{CHECKPOINT: tracked})

    def work() -> None:
        reached("backup is begun")
        is_tracked = _copy(host, domain, change, id, part, files, tell)
        reached("backup is whole")
        # A folder with something in it is never replaced by this.
        copying.must(host, ["mv", "-nT", "--", part, folder])
        if stat(host, part) or not files.of_own(host, folder):
            raise BackendRefused(f"{host.name}: somebody has made {folder} meanwhile")
        copying.must(host, ["sync", "--", str(PurePosixPath(folder).parent)])
        reached("backup is named")
        if is_tracked:
            files.say_stays(_forget_earlier(host, backup, tracked))
        reached("earlier checkpoints are forgotten")

    with_cleanup(work, lambda: _drop(host, vm, files, part, folder))


def _forget_earlier(host: LibvirtHost, backup: Resource, latest: str) -> list[str]:
    """Of each pool only the latest is needed: what a next backup there builds on."""
    in_pool = _in_pool(backup)
    return _forgotten(host, backup.text("vm"), lambda name, words: name != latest and words.endswith(in_pool))


def _forgotten(host: LibvirtHost, vm: str, which: Callable[[str, str], bool]) -> list[str]:
    """Forget checkpoints of a VM; why one stays, in a sentence. It does no harm: the next run tries it again."""
    return leftovers_of(f"a checkpoint of {vm} stays on {host.name}", lambda: forget(host, vm, which))


def _in_pool(backup: Resource) -> str:
    """How the description of its checkpoint ends."""
    return f" in pool {backup.text('pool')}"


def _copy(
    host: LibvirtHost, domain: Any, change: Change, id: str, part: str, files: Files, tell: Tell
) -> bool:
    """All that is to be in a backup, into its folder; whether its VM knows from then on what changes."""
    backup, tracked = change.resource, None
    vm, name = backup.text("vm"), own_name(backup)
    running = bool(host.link.call(domain.isActive))
    view = host.live(domain) if running else host.defined(domain)
    if found := next(wanted.problems(view, off=not running), None):
        raise BackendRefused(f"{host.name}: no backup can be made of {vm}: {found[0]}", help=found[1])
    taken = int(copying.must(host, ["date", "+%s"]))
    disks = [(disk, image("", disk.name)[1:]) for disk in wanted.disks(view)]
    if running:
        if change.wishes.get(TRACKING) and live.tracks(host, disks):
            tracked = (name_of(id), f"{backup.name}{_in_pool(backup)}")
        since = str(change.wishes.get(SINCE, ""))
        base = (
            building.read(host, folder_in(host, backup.text("pool"), vm, since))
            if since and tracked
            else None
        )
        what = live.Copy(view, disks, part, tracked, base)
        consistent, base = live.copy(host, domain, what, tell, lambda words: files.say(words, {}))
    else:
        consistent, base = layout.OFF, None
        _idle(host, domain, view, disks, part, files, tell)
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
            copying.checked(host, f"{part}/{file}", say, layout.below(base, d.target) if base else ""),
            sums[file],
        )
        for d, file in disks
    ]
    others = [SavedFile(path, f"file-{n}", sums[f"file-{n}"]) for n, path in enumerate(further)]
    how = layout.INCREMENTAL if base else layout.FULL
    built = (base.name, base.id) if base else ("", "")
    about = About(id, vm, name, definition.uuid, taken, how, consistent, saved, others, *built)
    copying.write(host, f"{part}/{ABOUT}", layout.written(about))
    copying.sync(host, part, say)
    return tracked is not None


def _idle(
    host: LibvirtHost,
    domain: Any,
    view: Definition,
    disks: Sequence[tuple[Disk, str]],
    part: str,
    files: Files,
    tell: Tell,
) -> None:
    """Copy the disks of a VM that is off; QEMU's locks keep it from being started over one that is being read.

    No server locks what it has for QEMU: of what it tells no time of writing, the copy is compared in the end.
    """
    served = [disk.path for disk, _ in disks if disk.remote]

    def states() -> list[str]:
        return [found.state if (found := stat(host, disk.path)) else "" for disk, _ in disks]

    def running() -> bool:
        return bool(host.link.call(domain.isActive)) or any(
            remote_files.runs_with(other, served) for other in files.hosts()
        )

    def tool(what: str, disk: Disk, file: str, *words: str) -> None:
        ends = (remote_files.as_qemu(host, disk.path), f"{part}/{file}")
        say = partial(tell, JobState(f"{view.name}: its disk {disk.name} is copied"))
        at_host.run(host, ["qemu-img", what, "-f", disk.format, *words, *ends], say)

    before = states()
    if not running():
        for disk, file in disks:
            tool("convert", disk, file, "-O", "qcow2")
        for disk, file in disks:
            if is_block(disk.path):
                tool("compare", disk, file, "-q", "-F", "qcow2")
        if not running() and states() == before:
            return
    raise BackendRefused(f"{host.name}: {view.name} was started while it was copied", help="try again")


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
        if known and (other := building.builder(host, folder, known)):
            raise BackendRefused(f"{host.name}: backup {other} of {vm} builds on {name}: left alone")
        files.note(host, f"{gone} on {host.name}", goes=gone, id=there.identity)
        reached("backup is to go")
        copying.must(host, ["mv", "-nT", "--", folder, gone])
        reached("backup has no name")
    if stat(host, gone) and files.of_own(host, gone):
        copying.remove(host, gone)
    reached("backup is removed")
    if known:
        mark = name_of(known.id)
        files.say_stays(_forgotten(host, vm, lambda name, _: name == mark))


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
    made = [thing[CHECKPOINT] for thing in files.made if CHECKPOINT in thing]
    return left + _forgotten(host, vm, lambda name, _: name in made)


def _abort(host: LibvirtHost, vm: str, part: str) -> None:
    """End a backup job that writes to that folder; nobody else's."""
    domain = host.domain(vm)

    def ours() -> bool:
        text = host.link.quietly(domain.backupGetXMLDesc, 0)
        return bool(text) and f"{part}/" in str(text)

    if domain is not None and ours():
        host.link.quietly(domain.abortJob)
        host.wait(lambda: not ours())
