"""Changes of disks as the `qemu-img` and `virsh` commands that come to the same. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence

from vnetsh.backend import HostCommand
from vnetsh.model import ActionKind, Change, Fleet, Resource
from vnetsh.model.disks import moves, place_of
from vnetsh_libvirt import disk_xml, storage_xml
from vnetsh_libvirt.commands_disk_moves import moved, take_room
from vnetsh_libvirt.definition import live_only
from vnetsh_libvirt.disk_fields import (
    COPY,
    FILE,
    FORMAT,
    FROM,
    SIZE,
    THICK,
    bus_of,
    form_of,
    name_of,
    owner_of,
)
from vnetsh_libvirt.disk_xml import DiskFile, Target
from vnetsh_libvirt.drives import PLUGGABLE, attribute_of
from vnetsh_libvirt.imaging import FORMAT as UNKNOWN, disk_path, format_note, image_of
from vnetsh_libvirt.media import CDROM, drive_in, has_drive
from vnetsh_libvirt.refusals import transient
from vnetsh_libvirt.states import is_off
from vnetsh_libvirt.users import views

_STDIN = "/dev/stdin"


def new_files(disks: Sequence[Resource], fleet: Fleet) -> Iterator[HostCommand]:
    """The commands that make the files of new disks."""
    for disk in disks:
        if disk.get(FILE):
            continue
        path, size = disk_path(fleet, disk), disk.get(SIZE)
        sized = (str(size),) if isinstance(size, int) else ()
        image = image_of(fleet, disk.place, disk.text(FROM)) if disk.get(FROM) else None
        if image and disk.get(COPY):
            yield HostCommand(("qemu-img", "convert", "-O", form_of(disk), image.path, path))
            if sized:
                yield HostCommand(("qemu-img", "resize", "-f", form_of(disk), path, *sized))
        elif image:
            thin = ("-f", form_of(disk), "-F", image.format, "-b", image.path, path, *sized)
            yield HostCommand(("qemu-img", "create", *thin), note=format_note(image))
        else:
            yield HostCommand(("qemu-img", "create", "-f", form_of(disk), path, *sized))
        if disk.get(THICK):
            yield take_room(path, form_of(disk), size, note="" if sized else "and some more of qcow2")


def placed(disks: Sequence[Resource], fleet: Fleet, taken: Iterable[str] = ()) -> Sequence[Target]:
    """New disks as their VM will have them, beside those that it has."""

    def file(disk: Resource) -> DiskFile:
        form = disk.text(FORMAT) or UNKNOWN if disk.get(FILE) else form_of(disk)
        return DiskFile(disk_path(fleet, disk), form)

    places = disk_xml.targets(disks, set(taken))
    return [Target(disk, file(disk), place) for disk, place in zip(disks, places, strict=True)]


def disk(change: Change, before: Fleet, after: Fleet) -> Iterator[HostCommand]:
    """What to type for a disk of a VM that is there."""
    one = change.resource
    vm, then = before.get("vm", one.place, owner_of(one)), after.get("vm", one.place, owner_of(one))
    if vm is None or then is None:
        return  # it comes, or goes, with the VM itself
    live = ["--live"] if not is_off(vm) and bus_of(one) in PLUGGABLE else []
    flags = live + ([] if transient(vm) or live_only(one) else ["--config"])
    if change.before is None:
        if one.record:
            element = ET.fromstring(str(one.record["xml"]))
        else:
            yield from new_files([one], after)
            taken = [
                target.get("dev", "") for v in views(vm) for target in v.root.iterfind("devices/disk/target")
            ]
            element = disk_xml.disk(placed([one], after, taken)[0])
        ET.indent(element)
        xml = ET.tostring(element, encoding="unicode") + "\n"
        yield HostCommand(("virsh", "attach-device", vm.name, _STDIN, *flags), xml)
    elif change.after is None:
        yield HostCommand(("virsh", "detach-disk", vm.name, disk_path(before, one), *flags))
        if change.undo and not one.record and not one.get(FILE):
            yield HostCommand(("rm", disk_path(before, one)))
    elif moves(change):
        yield from moved(change, vm)
    elif SIZE in change.differing() and not change.undo:
        path, size = disk_path(before, one), one.get(SIZE)
        if one.get(THICK):
            yield take_room(path, form_of(one), size)
        if is_off(vm):
            yield HostCommand(("qemu-img", "resize", path, str(size)), note=f"of {name_of(one)}")
        else:
            yield HostCommand(("virsh", "blockresize", vm.name, path, f"{size}B"))


def medium(change: Change) -> Iterator[HostCommand]:
    """What to type for another medium in a VM's CD drive."""
    vm, new = change.resource, change.resource.text(CDROM)
    view = views(change.before)[0] if change.before and change.before.record else None
    drive = drive_in(view) if view else None
    target = attribute_of(drive, "target", "dev") if drive is not None else "hda"
    live = ["--live"] if change.before and not is_off(change.before) and has_drive(change.before) else []
    flags = [*live, "--config"]
    path = f"/var/lib/libvirt/images/{new}" if new and "/" not in new else new
    if drive is None:
        yield HostCommand(("virsh", "attach-disk", vm.name, path, target, "--type", "cdrom", "--config"))
    elif new:
        yield HostCommand(("virsh", "change-media", vm.name, target, path, "--update", *flags))
    else:
        yield HostCommand(("virsh", "change-media", vm.name, target, "--eject", *flags))


def _secret(pool: Resource) -> Iterator[HostCommand]:
    """What to type for the secret of a pool's user."""
    url = place_of(pool)
    yield HostCommand(("virsh", "secret-define", _STDIN), storage_xml.secret_xml(url, pool.text("secret")))
    how = ("--file", pool.text("secret"), *(() if pool.get("monitors") else ("--plain",)))
    note = "a file of this machine; without a line's end" if pool.get("target") else "a file of this machine"
    yield HostCommand(("virsh", "secret-set-value", storage_xml.secret_uuid(url), *how), note=note)


def pool(change: Change, before: Fleet, after: Fleet) -> Iterator[HostCommand]:
    """What to type for a pool."""
    one = change.resource
    if one.get("secret") and "secret" in change.differing() and change.after:
        yield from _secret(one)
    if (
        change.action is ActionKind.ADD and one.get("source") and one.get("type") != "nfs"
    ):  # virsh says no port
        xml = storage_xml.remote_pool(one.name, place_of(one))
        yield HostCommand(("virsh", "pool-define", _STDIN), xml)
    elif change.action is ActionKind.ADD and one.get("source"):
        server, _, path = one.text("source").rpartition(":/")
        where = ("--source-host", server.strip("[]"), "--source-path", f"/{path}", "--source-format", "nfs")
        target = ("--target", f"/var/lib/libvirt/mounted/{one.name}")
        yield HostCommand(("virsh", "pool-define-as", one.name, "netfs", *where, *target))
    elif change.action is ActionKind.ADD:
        yield HostCommand(("virsh", "pool-define-as", one.name, "dir", "--target", one.text("path")))
        yield HostCommand(("virsh", "pool-build", one.name), note="where the folder is missing")
        yield HostCommand(("virsh", "pool-autostart", one.name))
        yield HostCommand(("virsh", "pool-start", one.name))
    elif change.action is ActionKind.REMOVE:
        if one.get("state") != "stopped" and not one.get("source"):
            yield HostCommand(("virsh", "pool-destroy", one.name))
        yield HostCommand(("virsh", "pool-undefine", one.name))
        if one.get("secret"):
            yield HostCommand(("virsh", "secret-undefine", storage_xml.secret_uuid(place_of(one))))
