"""The files of disks that go with what is deleted: written down before, removed in the end, if nobody needs them."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.crashpoints import reached
from vnetsh.model import Change
from vnetsh.model.disks import ERASE
from vnetsh_libvirt.disk_fields import PATH
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.libvirt_host import LibvirtHost


def intend(host: LibvirtHost, changes: Sequence[Change], files: Files) -> None:
    """Write down which files these changes are to take along: should the run be cut off, they go when it is mended."""
    for change in changes:
        path = change.resource.text(PATH)
        if path and change.wishes.get(ERASE) and not change.undo and path not in files.to_go(host):
            files.note_kept(host, path, goes=True)


def erase(host: LibvirtHost, change: Change, files: Files) -> None:
    """Remove what was written down. What somebody needs stays, and that is said."""
    if change.undo:
        return
    reached("files are to go")
    files.say_stays(why for path in files.to_go(host) if (why := files.remove(host, path, ("goes",))))
