"""What is in a VM's image files, or where they are, that a move would lose: checks of the lines of `cargo`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.backend import Assessment
from vnetsh.model.snapshots import snapshots_of
from vnetsh_libvirt.belongings import LACKS, STAYS
from vnetsh_libvirt.checkpoints import tracked
from vnetsh_libvirt.facts import COMING
from vnetsh_libvirt.heads import USUAL_CLUSTER
from vnetsh_libvirt.keeping import SNAPSHOTS
from vnetsh_libvirt.leaving import Leaving
from vnetsh_libvirt.own_files import perhaps_shared
from vnetsh_libvirt.remote import folder_of

CLUSTERS = 7_004_000
"""libvirt's version from which it knows the size of an image's clusters (7.4.0)."""


def links(one: Leaving) -> Iterator[Assessment]:
    """The copy would be a plain file, and so would be what an undo makes of the link."""
    for file in one.files if not one.back else ():
        found = one.here.file(file.path) if file.own else None
        if found and found.link and not perhaps_shared(one, file.path):
            yield one.refuse(
                STAYS,
                f"{file.path}, {file.what} of `{one.vm.name}`, is a symbolic link to a file, and would be a file there",
                f"name the file itself: `virsh edit {one.vm.name}`",
            )


def on_servers(one: Leaving) -> Iterator[Assessment]:
    """A disk that both hosts reach over the network is one and the same."""
    found = {
        disk.name: disk.path for view in one.views for disk in view.remote_disks if disk.device == "disk"
    }
    for name, url in found.items():
        yield Assessment(how=f"disk {name} stays at {folder_of(url)}")


def outside(one: Leaving) -> Iterator[Assessment]:
    """An image's data in another file, or what it builds on that is no file: neither goes along."""
    for layer in one.layers:
        if not layer.head:
            continue
        if layer.head.data:
            yield one.refuse(
                STAYS,
                f"{layer.path} of `{one.vm.name}` has its data in another file, {layer.head.data}, which would stay",
                "make one file of it first: `qemu-img convert -O qcow2`",
            )
        if layer.head.below and not layer.below:
            yield one.refuse(
                STAYS,
                f"{layer.path} of `{one.vm.name}` builds on `{layer.head.below}`, which is no file",
                "whether the other host has the same cannot be told: migrate it with `virsh migrate`",
            )


def inside(one: Leaving) -> Iterator[Assessment]:
    """Live, what the guest sees of a disk is copied into a new image; off, the image is."""
    own = {disk.path for view in one.views for disk in view.disks}
    removed = _removed(one)
    for layer in one.layers if not one.off else ():
        head = layer.head
        if not head or layer.path not in own:
            continue
        snapshots, bitmaps = head.snapshots - removed, head.bitmaps - len(tracked(one.vm))
        held = [
            *([f"{snapshots} snapshot{'s' * (snapshots > 1)}"] if snapshots > 0 else []),
            *([f"{bitmaps} bitmap{'s' * (bitmaps > 1)}"] if bitmaps > 0 else []),
            *(["encryption"] if head.encrypted else []),
        ]
        if held:
            yield one.refuse(
                STAYS,
                f"{layer.path} of `{one.vm.name}` has in it what is lost when it moves live: {', '.join(held)}",
                "stop the vm and move it then: off, its image is copied as it is",
            )
        old = any((there.version or CLUSTERS) < CLUSTERS for there in (one.here, one.there))
        clusters = (
            [f"its clusters of {head.cluster // 1024} KiB"] if old and head.cluster != USUAL_CLUSTER else []
        )
        if lost := [*clusters, *head.lost]:
            yield Assessment(how=f"the new {layer.path} is without {', '.join(lost)}")


def _removed(one: Leaving) -> int:
    """How many snapshots that its images were seen with are removed before it moves: by this script, or this undo."""
    seen = one.fleet.get("vm", one.vm.place, one.vm.name) or one.vm
    names, left = (seen.record or {}).get(SNAPSHOTS), snapshots_of(one.vm, one.fleet)
    return sum(name not in left for name in names) if isinstance(names, Sequence) else 0


def chain(one: Leaving) -> Iterator[Assessment]:
    """What its disks build on is not copied, and has to be the same there."""
    for layer in one.layers:
        below = layer.below
        if below and one.there.lacks(below):
            yield one.refuse(
                LACKS,
                f"host `{one.target}` has no {below}, which {layer.path} of `{one.vm.name}` builds on",
                f"copy it to {one.target} first: `copy-template` does where it is an image, or `copy image`",
            )
        here, there = one.here.file(below), one.there.file(below)
        if below and here and there and there != COMING and here.size != there.size:
            yield one.refuse(
                LACKS,
                f"{below} on {one.target} is not the one of {one.vm.place}, which `{one.vm.name}` builds on",
                f"copy it from {one.vm.place} to {one.target} first",
            )
