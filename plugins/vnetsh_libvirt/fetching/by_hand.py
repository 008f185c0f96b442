"""What one would type for an image. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from vnetsh.backend import HostCommand
from vnetsh.model import ActionKind, Change, Fleet
from vnetsh.model.images import COPIED_POOL, COPY, TEMPLATE
from vnetsh_libvirt.definition import recorded
from vnetsh_libvirt.fetching.assessing import path_of
from vnetsh_libvirt.imaging import folder_of


def typed(change: Change, before: Fleet, after: Fleet) -> Iterator[HostCommand]:
    """The commands that fetch an image and compare it, or remove it."""
    image = change.resource
    path = path_of(image, after if change.after else before)
    if change.action is ActionKind.REMOVE:
        yield HostCommand(("rm", path))
        return
    new = path
    wishes = change.wishes
    if change.before is None and (disk := str(wishes.get(TEMPLATE, ""))):
        owner, _, short = disk.rpartition("/")
        vm = before.get("vm", image.place, owner)
        defined = recorded(vm) if vm else None
        found = defined.drive(short) if defined else None
        if found:
            form = ("-f", found.format, "-O", "qcow2")
            yield HostCommand(("qemu-img", "convert", *form, found.path, path))
            compared = ("-f", found.format, "-F", "qcow2")
            yield HostCommand(("qemu-img", "compare", *compared, found.path, path))
            yield HostCommand(("chmod", "444", path))
        return
    if change.before is None and (source := str(wishes.get(COPY, ""))):
        pool = before.get("pool", source, str(wishes.get(COPIED_POOL, "")))
        folder = pool.text("path") if pool else folder_of(before, source)
        new = str(PurePosixPath(path).with_name(f".{image.name}.new"))
        note = f"FROM: {source}, as {image.place} reaches it by ssh; `sha256sum` of both is to be the same"
        yield HostCommand(("scp", f"FROM:{folder}/{image.name}", new), note=note)
        yield HostCommand(("sha256sum", new))
        yield HostCommand(("mv", "--no-clobber", new, path))
        return
    if change.before is None:
        new = str(PurePosixPath(path).with_name(f".{image.name}.new"))
        note = "SIGNED: its address, signed with the keys" if image.get("keys") else ""
        if image.text("from").startswith("nfs://"):
            tool = ("qemu-img", "convert", "-f", "raw", "-O", "raw")
            yield HostCommand(
                (*tool, image.text("from"), new), note="cut to the file's length: QEMU counts in sectors"
            )
        else:
            yield HostCommand(("curl", "-fL", "-o", new, "SIGNED" if note else image.text("from")), note=note)
    yield HostCommand(("sha256sum", "--check"), f"{image.text('sha256')}  {new}\n")
    if new != path:
        yield HostCommand(("mv", "--no-clobber", new, path))
