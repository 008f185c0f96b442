"""Backups as the commands that come to the same. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from vnetsh.backend import HostCommand
from vnetsh.model import Change, Fleet, is_off
from vnetsh.model.backups import (
    BACKUP,
    RESTORE,
    SINCE,
    TRACKING,
    folder as folder_named,
    image,
    name_of,
    own_name,
)
from vnetsh.model.disks import place_of
from vnetsh_libvirt.backups import job, layout, wanted
from vnetsh_libvirt.backups.found import about_of, folder_of
from vnetsh_libvirt.checkpoints import name_of as checkpoint_of
from vnetsh_libvirt.commands_moves import placed
from vnetsh_libvirt.definition import as_it_runs, recorded
from vnetsh_libvirt.remote import is_remote


def backup(change: Change, before: Fleet, after: Fleet) -> Iterator[HostCommand]:
    """What to type to make a backup, or to remove one."""
    one = change.resource
    if change.after is None:
        yield HostCommand(("rm", "-r", "--", folder_of(one)))
        return
    vm, pool = before.get("vm", one.place, one.text("vm")), before.get("pool", one.place, one.text("pool"))
    view = as_it_runs(vm) if vm else None
    if vm is None or view is None:
        return
    whole = folder_named(place_of(pool) if pool else "", vm.name, own_name(one))
    part = layout.unfinished(whole)
    yield HostCommand(("mkdir", "-m", "711", part))
    disks = [(disk, image("", disk.name)[1:]) for disk in wanted.disks(view)]
    if is_off(vm):
        for disk, file in disks:
            command = ("qemu-img", "convert", "-f", disk.format, "-O", "qcow2", disk.path, f"{part}/{file}")
            yield HostCommand(command)
    else:
        base = before.get(BACKUP, one.place, name_of(vm.name, str(change.wishes.get(SINCE, ""))))
        about = about_of(base) if base else None
        root = ET.fromstring(job.xml(view, disks, part, checkpoint_of(about.id) if about else ""))
        ET.indent(root)
        note = "its guest's file systems at rest: virsh domfsfreeze before it, domfsthaw after it"
        text = ET.tostring(root, encoding="unicode") + "\n"
        if change.wishes.get(TRACKING):
            note += "; and a file CHECKPOINT.xml behind it, as `virsh checkpoint-create` takes it"
        yield HostCommand(("virsh", "backup-begin", vm.name, "/dev/stdin"), text, note)
        yield HostCommand(
            ("virsh", "domjobinfo", vm.name, "--completed"), note="when it has ended: did it succeed?"
        )
        if about:
            rebase = ("qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b")
            for disk, file in disks:
                yield HostCommand((*rebase, layout.below(about, disk.target), f"{part}/{file}"))
    domain = f"{part}/{layout.DOMAIN}"
    words = 'virsh dumpxml --inactive --security-info "$1" >"$2"'
    yield HostCommand(("sh", "-c", words, "sh", vm.name, domain))
    yield HostCommand(
        ("mv", "-T", part, whole), note=f"vnetsh knows it by its {layout.ABOUT}, which only vnetsh writes"
    )


def restored(change: Change, before: Fleet) -> Iterator[HostCommand]:
    """What to type to have a VM's disks as in its backup."""
    vm = change.resource
    found = before.get(BACKUP, vm.place, str(change.wishes.get(RESTORE, "")))
    about, folder = (about_of(found), folder_of(found)) if found else (None, "")
    defined = recorded(change.before) if change.before else None
    for saved in about.disks if about else ():
        disk = defined.drive(saved.name) if defined else None
        path, form = (disk.path, disk.format) if disk else (saved.path, saved.format)
        command = (
            "qemu-img",
            "convert",
            "-f",
            "qcow2",
            "-O",
            form,
            f"{folder}/{saved.file}",
            f"{path}.restoring",
        )
        yield HostCommand(command)
        note = f"on the server, in the folder of {path}" if is_remote(path) else ""
        place = path.rpartition("/")[2] if note else path
        if defined:
            yield HostCommand(("ln", place, f"{place}.before-restore-1"), note=note)
        yield HostCommand(("mv", "-T", f"{place}.restoring", place), note=note)
    if change.before:
        yield from placed(change)
    elif about:
        yield HostCommand(("virsh", "define", f"{folder}/{layout.DOMAIN}"))
