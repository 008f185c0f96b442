"""The noun `image`: a file on a host of which the disks of vms can be made. Nothing is planned about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from vnetsh.model import Fleet, Resource
from vnetsh.schema import VM_LIST, Attribute, Kind, Name, Scope, Size, Text, ValueType


def _seen(name: str, type: ValueType, help: str) -> Attribute:
    return Attribute(name, type, help, settable=False)


def _gather(fleet: Fleet) -> Iterator[Resource]:
    """The images in the folders that hosts have for them, but for those that are disks of vms themselves."""
    for host in fleet.hosts:
        disks = {one.text("path") for one in fleet.of_kind("disk", host)}
        used: dict[str, set[str]] = {}
        for one in fleet.of_kind("disk", host):
            used.setdefault(PurePosixPath(one.text("from")).name, set()).add(one.text("vm"))
        for vm in fleet.of_kind("vm", host):
            for word in ("disk", "cdrom"):
                used.setdefault(PurePosixPath(vm.text(word)).name, set()).add(vm.name)
        pools = {pool.text("path"): pool.name for pool in fleet.of_kind("pool", host)}
        for image in fleet.images(host):
            if image.path not in disks:
                path = PurePosixPath(image.path)
                about = {
                    "format": image.format,
                    "size": image.size or None,
                    "occupied": image.occupied or None,
                    "pool": pools.get(str(path.parent)),
                    "folder": str(path.parent),
                    "used-by": tuple(sorted(used.get(path.name, ()))) or None,
                }
                yield Resource("image", path.name, host, about)


IMAGE_KIND = Kind(
    "image",
    subject=Name(what="an image file", never="/"),
    help="A file of which disks can be made: `vm web1 disk NAME`, `disk data from NAME`. Put there by others.",
    attributes=(
        _seen("format", Text(), "`qcow2`, `raw` or `iso`."),
        _seen("size", Size(), "How large a disk that is made of it is at least."),
        _seen("occupied", Size(), "What the file itself takes."),
        _seen("used-by", VM_LIST, "The vms whose disks are made of it, or that have it in their CD drives."),
        _seen("pool", Name(what="a pool", ref="pool", never="/"), "The pool that it lies in."),
        _seen("folder", Text(), "The folder that it lies in."),
    ),
    requires=("disk", "pool", "vm"),
    scope=Scope.SCRIPT,
    sayable=False,
    gather=_gather,
)
