"""What one would type for an image. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from vnetsh.backend import HostCommand
from vnetsh.model import ActionKind, Change, Fleet
from vnetsh_libvirt.fetching.assessing import path_of


def typed(change: Change, before: Fleet, after: Fleet) -> Iterator[HostCommand]:
    """The commands that fetch an image and compare it, or remove it."""
    image = change.resource
    path = path_of(image, after if change.after else before)
    if change.action is ActionKind.REMOVE:
        yield HostCommand(("rm", path))
        return
    new = path
    if change.before is None:
        new = str(PurePosixPath(path).with_name(f".{image.name}.new"))
        note = "SIGNED: its address, signed with the keys" if image.get("keys") else ""
        yield HostCommand(("curl", "-fL", "-o", new, "SIGNED" if note else image.text("from")), note=note)
    yield HostCommand(("sha256sum", "--check"), f"{image.text('sha256')}  {new}\n")
    if new != path:
        yield HostCommand(("mv", "--no-clobber", new, path))
