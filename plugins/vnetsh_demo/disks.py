"""Disks of vms on demo hosts: what becomes of a wanted one, what it costs and what refuses it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import ActionKind, Change, Fleet, Impact, Resource, Value, is_off
from vnetsh.model.backups import images_of
from vnetsh.model.disks import ERASE, form_of, made_path, moves
from vnetsh.schema import Size
from vnetsh_demo.images import IMAGES, IMAGES_FOLDER, image_exists, is_served, name_of, path_of

_PLUGGED = (None, "virtio", "scsi")


def inherent(vm: Resource) -> Resource | None:
    """The disk that a vm's own `disk FILE` says."""
    image = vm.text("disk")
    if not image:
        return None
    path = path_of(image) if vm.get("import") else f"{IMAGES_FOLDER}/{vm.name}.qcow2"
    size = IMAGES.get(name_of(image), 0)
    attributes: dict[str, Value] = {"vm": vm.name, "path": path, "size": size}
    return Resource(
        "disk", f"{vm.name}/vda", vm.place, attributes, ("vm", vm.name), vm.backend, inherent=True
    )


def realised(wanted: Resource, old: Resource | None, host: str, folder: str) -> Resource:
    """A disk as its host then shows it; it never becomes smaller."""
    assert wanted.parent
    vm, name = wanted.parent[1], wanted.name.rpartition("/")[2]
    image, size = wanted.text("from") or wanted.text("file"), wanted.get("size")
    least = old.get("size") if old else IMAGES.get(name_of(image))
    sizes = [one for one in (size, least) if isinstance(one, int)]
    path = (
        path_of(wanted.text("file")) if wanted.get("file") else made_path(folder, vm, name, form_of(wanted))
    )
    served = 2**30 if is_served(image) else 0
    attributes = {**wanted.attributes, "vm": vm, "size": max(sizes, default=served)}
    attributes.setdefault("path", path)
    return replace(wanted, place=host, attributes={k: v for k, v in attributes.items() if v is not None})


def assess(change: Change, fleet: Fleet) -> Assessment:
    """What it costs to give a vm a disk, to make it larger or to take it away, or what refuses that."""
    disk = change.resource
    assert disk.parent
    vm = fleet.get("vm", disk.place, disk.parent[1])
    if change.action is ActionKind.ADD:
        if change.wishes.get(ERASE):
            message = f"disk `{disk.name}` cannot come back: its file {disk.text('path')} is gone"
            return _refused(disk, "E469", message, "what was on it is lost")
        return _problem(disk, fleet) or _plugged(vm, disk, _made_of(disk))
    if change.action is ActionKind.REMOVE:
        return _removal(change, vm)
    if moves(change):
        return _moved(vm)
    if change.undo:
        have = change.before.get("size") if change.before else None
        return Assessment(how=f"stays at {Size().show(have)}: what is on it may need that")
    if vm is None or is_off(vm):
        return Assessment(how="its file is made larger")
    how = "grows while it runs; its guest makes its file system larger itself"
    return Assessment(Impact.LIVE, (vm.name,), how)


def _moved(vm: Resource | None) -> Assessment:
    if vm is None or is_off(vm):
        return Assessment(how="copied and compared; its old file is removed")
    return Assessment(Impact.LIVE, (vm.name,), "copied while it runs; its old file is removed")


def _made_of(disk: Resource) -> str:
    if disk.get("path"):
        return "its file is there still"
    room = ", with all its room" if disk.get("thick") else ""
    if image := disk.get("from"):
        return f"{'copy' if disk.get('copy') else 'overlay' if room else 'thin overlay'} of {image}{room}"
    return f"{disk.get('file')} itself is the disk" if disk.get("file") else f"new and empty{room}"


def _plugged(vm: Resource | None, disk: Resource, made: str) -> Assessment:
    if vm is None or is_off(vm):
        return Assessment(how=made)
    if disk.get("bus") not in _PLUGGED:
        return Assessment(how=f"{made}; takes effect at the next start")
    return Assessment(Impact.LIVE, (vm.name,), f"{made}; plugged in while it runs, and in its definition")


def _removal(change: Change, vm: Resource | None) -> Assessment:
    disk = change.resource
    assert disk.parent
    kept, whole = f"its file {disk.text('path')} is kept", change.because == f"part of vm {disk.parent[1]}"
    if change.wishes.get(ERASE) and not change.undo and (whole or not disk.inherent):
        when = "" if whole or vm is None or is_off(vm) else "unplugged while it runs, and in its definition; "
        return Assessment(Impact.DESTROY, (disk.parent[1],), f"{when}its file {disk.text('path')} is removed")
    if disk.inherent and not change.undo:
        return _refused(
            disk,
            "E470",
            f"disk `{disk.name.rpartition('/')[2]}` is the one of `disk …` in the sentence of vm `{disk.parent[1]}`: "
            "it stays with it",
            "delete the vm, or take the disk out of its definition by hand: `virsh detach-disk`",
        )
    if change.undo and not disk.get("path"):
        return Assessment(Impact.DESTROY, how="its new file is removed")
    if vm is None or is_off(vm) or whole:
        return Assessment(how=kept)
    return Assessment(Impact.LIVE, (vm.name,), f"unplugged while it runs, and in its definition; {kept}")


def _problem(disk: Resource, fleet: Fleet) -> Assessment | None:
    if disk.get("path"):  # it is brought back
        return None
    word = "from" if disk.get("from") else "file"
    image, size = disk.text(word), disk.get("size")
    pool = fleet.get("pool", disk.place, disk.text("pool"))
    if pool and pool.get("source") and disk.get("from") and not disk.get("copy"):
        message = (
            f"disk `{disk.name}` is to lie on a server, and what it builds on, `{image}`, on {disk.place}"
        )
        return _refused(disk, "E568", message, f"have it whole there: `from {image} copy`", "from")
    if not image or is_served(image):
        return _two_writers(disk, image, word, [*fleet.of_kind("disk")])
    if any(image in images_of(backup).values() for backup in fleet.of_kind("backup", disk.place)):
        return None
    made = next((one for one in fleet.of_kind("disk", disk.place) if one.get("path") == image), None)
    if not made and not _there(disk, image, fleet):
        listing = "there is " + ", ".join(f"`{name}`" for name in IMAGES)
        message = f"host `{disk.place}` has no disk image `{image}`"
        return _refused(disk, "E443", message, did_you_mean(image, list(IMAGES), listing), word)
    told = made.get("size") if made else IMAGES.get(name_of(image), 0)
    whole = told if isinstance(told, int) else 0
    if isinstance(size, int) and size < whole:
        message = f"`{image}` on {disk.place} has {Size().show(whole)}, and cannot become smaller"
        return _refused(disk, "E467", message, f"say `size {Size().show(whole)}` or more, or none", "size")
    others = fleet.of_kind("disk", disk.place)
    return _two_writers(
        disk, image, word, [one for one in others if not (disk.get("copy") and _is_off(one, fleet))]
    )


def _two_writers(disk: Resource, image: str, word: str, others: Iterable[Resource]) -> Assessment | None:
    path = image if is_served(image) else path_of(image)
    for other in others:
        if image and other.name != disk.name and other.get("path") == path:
            message = f"`{image}` on {disk.place} is the disk {other.name}: two cannot write to it"
            return _refused(disk, "E454", message, f"have it copied: `from {image} copy`", word)
    return None


def _there(one: Resource, image: str, fleet: Fleet) -> bool:
    """Whether a host has an image, or will have fetched it."""
    return image_exists(image) or fleet.get("image", one.place, name_of(image)) is not None


def _is_off(disk: Resource, fleet: Fleet) -> bool:
    """Whether nobody writes to a disk: its vm is off."""
    vm = fleet.get("vm", disk.place, disk.parent[1]) if disk.parent else None
    return vm is not None and is_off(vm)


def no_image(vm: Resource, fleet: Fleet) -> Assessment | None:
    """An image for a vm's own disk that no host has."""
    disk = vm.text("disk")
    if not disk or _there(vm, disk, fleet):
        return None
    listing = "there is " + ", ".join(f"`{image}`" for image in IMAGES)
    message = f"host `{vm.place}` has no disk image `{disk}`"
    return _refused(vm, "E443", message, did_you_mean(disk, list(IMAGES), listing), "disk")


def no_medium(change: Change, fleet: Fleet) -> Assessment | None:
    """A medium for the CD drive that no host has."""
    vm, image = change.resource, change.resource.text("cdrom")
    if not image or "cdrom" not in change.differing() or _there(vm, image, fleet):
        return None
    message = f"host `{vm.place}` has no image `{image}`"
    return _refused(vm, "E471", message, did_you_mean(image, list(IMAGES), ""), "cdrom")


def _refused(disk: Resource, code: str, message: str, help: str, word: str = "name") -> Assessment:
    return Assessment(problem=Diagnostic(code, message, disk.at(word), "", help))
