"""What it costs to have a disk lie elsewhere on its host, and what speaks against it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.backend import Assessment
from vnetsh.model import Change, Fleet, Impact, Resource
from vnetsh.model.snapshots import snapshots_of
from vnetsh_libvirt.chains import Layer, layers
from vnetsh_libvirt.checkpoints import others, tracked
from vnetsh_libvirt.disk_fields import COPY, PATH, SIZED, form_of, name_of, owner_of
from vnetsh_libvirt.drives import Disk, made_for
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.imaging import overlay_of
from vnetsh_libvirt.mark import mark_of
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.remote import folder_of, is_block, is_open, is_remote
from vnetsh_libvirt.states import is_off, saved
from vnetsh_libvirt.users import builder, views, writer

STAYS = "E581"

LOST = ("auth", "cookies", "encryption", "identity", "initiator", "reservations", "seclabel", "slices", "ssl")
"""Children of a disk's source, which its new one would not have."""


def assess_move(change: Change, fleet: Fleet) -> Assessment:
    """The cost of having a disk lie elsewhere, or the problem that forbids it."""
    disk, vm = change.resource, fleet.get("vm", change.place, owner_of(change.resource))
    assert change.before
    old, new = change.before.text(PATH), disk.text(PATH)
    chain = list(layers(old, form_of(disk), facts(fleet, disk.place).file))
    found = next(_against(change, vm, chain, fleet), None)
    if found:
        why, help = found
        return refused(
            STAYS, disk, f"disk `{name_of(disk)}` of vm `{owner_of(disk)}` cannot be moved: {why}", help
        )
    if problem := _taken(change, fleet) or _no_room(disk, chain, fleet):
        return problem
    running = vm is not None and not is_off(vm) and _runs_with(vm, name_of(disk))
    how = f"copied {'while it runs' if running else 'and compared'}"
    if chain[1:]:
        below = chain[1].path
        how += (
            f", whole: it builds on {below} now"
            if is_remote(new)
            else f", a thin overlay of {below} as before"
        )
    if change.undo and change.differing().get(COPY, (None, True))[1] is None and not chain[1:]:
        how += ", whole: what it was a thin overlay of it needs no more"
    ends = (
        "is removed" if change.undo or goes(change.before, vm, fleet) else "is kept: vnetsh did not make it"
    )
    return Assessment(
        Impact.LIVE if running else Impact.NONE,
        (owner_of(disk),) if running else (),
        f"{how}; its old file {ends}",
    )


def goes(disk: Resource, vm: Resource | None, fleet: Fleet) -> bool:
    """Whether the file of a disk was made for its VM, and goes with the disk."""
    if vm is None:
        return False
    if disk.inherent:
        return mark_of(vm).own and disk.text(PATH) == overlay_of(fleet, disk.place, vm.name)
    found = _drive(vm, name_of(disk))
    return any(made_for(view.told, found, vm.name) for view in views(vm)[:1]) if found else False


def _drive(vm: Resource, name: str) -> Disk | None:
    return next((found for view in views(vm) if (found := view.drive(name))), None)


def _runs_with(vm: Resource, name: str) -> bool:
    """Whether a VM that runs has a disk now, and not from its next start only; with all where it is yet to start."""
    return not (vm.record or {}).get("live") or views(vm)[-1].drive(name) is not None


def _against(
    change: Change, vm: Resource | None, chain: list[Layer], fleet: Fleet
) -> Iterator[tuple[str, str]]:
    """Why a disk has to stay where it is, in words, and what can be done."""
    disk, before = change.resource, change.before
    assert before
    owner, name, path = owner_of(disk), name_of(disk), before.text(PATH)
    if vm is None or (found := _drive(vm, name)) is None:
        yield f"{disk.place} does not have it any more", "`show disks` lists them all"
        return
    if is_block(disk.text(PATH)):
        yield (
            f"{disk.text(PATH)} is its server's, and nothing is written to that",
            "it has what was on it before the disk was moved: plug it in beside this one, have the guest copy",
        )
    if is_remote(path) and not is_open(path) and is_off(vm):
        yield (
            f"QEMU's tools do not open {path} by themselves",
            f"start it: while `{owner}` runs QEMU copies it",
        )
    paths = {one.path for view in views(vm) if (one := view.drive(name))}
    if len(paths) > 1 and not change.undo and not change.made:
        yield (
            f"it runs with another file than it is defined with: {', '.join(sorted(paths))}",
            "restart its vm first",
        )
    if saved(vm):
        yield "its vm has a saved state, which knows it where it is", f"start it first: `start {owner}`"
    if names := snapshots_of(vm, fleet):
        yield (
            f"vm `{owner}` has snapshots, which would be lost: {', '.join(names)}",
            f"remove them if they are needed no more: `delete snapshot {owner}/{names[0]}`",
        )
    if others(vm):
        yield (
            "its vm has checkpoints of backups, which would be lost",
            "`virsh checkpoint-delete` removes one",
        )
    if found.readonly or found.shareable:
        yield (
            f"it is {'read-only' if found.readonly else 'shareable'}",
            "move its file by hand, while nobody uses it",
        )
    if form_of(disk) not in SIZED:
        yield f"its format is {form_of(disk)}", "copy it to qcow2 first: `qemu-img convert -O qcow2`"
    source, of_server = found.element.find("source"), {"auth"} if found.remote else set[str]()
    if lost := [
        tag for tag in LOST if source is not None and source.find(tag) is not None and tag not in of_server
    ]:
        yield f"its definition says what its new file would not have: {', '.join(lost)}", "move it by hand"
    if found.element.find("mirror") is not None and not change.made:
        target = found.target
        yield (
            "a job of libvirt's copies it just now",
            f"wait for it, or end it: `virsh blockjob {owner} {target}`",
        )
    if other := writer(fleet, disk.place, path, owner):
        yield f"it is a disk of vm `{other}`, too", "take it away from one of them first"
    if other := builder(fleet, disk.place, path, owner):
        yield f"vm `{other}` builds on it", "a template stays where it is"
    head = chain[0].head
    if head and (head.data or (head.below and not chain[0].below)):
        yield (
            "what it is made of lies elsewhere, and is no file",
            "make one file of it: `qemu-img convert -O qcow2`",
        )
    if head and (inside := [
        *(["snapshots"] if head.snapshots else []),
        *(["bitmaps"] if head.bitmaps > len(tracked(vm)) else []),
        *(["encryption"] if head.encrypted else []),
    ]):  # fmt: skip
        yield (
            f"its file has in it what its new one would not: {', '.join(inside)}",
            "move it by hand, while it is off",
        )


def _taken(change: Change, fleet: Fleet) -> Assessment | None:
    disk = change.resource
    path = disk.text(PATH)
    what = facts(fleet, disk.place).at(path)
    if not what or change.undo or change.made:
        return None
    message = f"the disk's name is taken: host `{disk.place}` has {what} {path} already"
    return refused("E448", disk, message, "move it away", word="to")


def _no_room(disk: Resource, chain: list[Layer], fleet: Fleet) -> Assessment | None:
    """What does not fit where it is to lie; what is free on a server nobody tells."""
    there, where = facts(fleet, disk.place), folder_of(disk.text(PATH))
    found = there.folders.get(where)
    copied = chain if is_remote(where) else chain[:1]
    needed = sum(file.occupied for layer in copied if (file := there.file(layer.path)))
    if found is None or needed <= found.free:
        return None
    message = (
        f"host `{disk.place}` has {found.free // 2**20} MiB of disk free in {where}; disk `{name_of(disk)}` of vm "
        f"`{owner_of(disk)}` takes {needed // 2**20} MiB"
    )
    return refused("E444", disk, message, f"free some in {where}", word="to")
