"""The room of thick disks: all that a file can come to need is taken on its host's disk, before its guest needs it.

Blocks are taken by `fallocate`, also those behind the file's end, where a qcow2 file is going to grow to. So it is the
same for both formats, for a thin overlay, and for a file that a VM writes to meanwhile; nothing in the file changes.
"""

from __future__ import annotations

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.room import whole_room

_TAKE = (
    'said=$(LC_ALL=C fallocate --keep-size --length "$2" -- "$1" 2>&1) || { echo "$said"; exit 1; }; '
    'set -- "$2" $(stat -L -c "%b %B" -- "$1") && test $(($2 * $3)) -ge "$1" || '
    '{ echo "its file system does not keep the room that is asked for"; exit 1; }'
)
"""What takes it, and sees that it is taken: a file system that shares or compresses blocks may say yes to anything."""

_LONG = 3600.0
"""Seconds: where a file system has nothing better, zeros are written."""


def take_room(host: LibvirtHost, path: str, form: str, size: int) -> None:
    """Have a file's host keep all the room for a disk of that size. Raises `BackendRefused`; what was taken stays."""
    done = host.transport.run(["sh", "-c", _TAKE, "sh", path, str(whole_room(form, size))], timeout=_LONG)
    if done.returncode:
        why = (done.stdout or done.stderr).strip().rpartition("\n")[2].removeprefix("fallocate: ")
        raise BackendRefused(
            f"{host.name}: {path} cannot be thick: {why}",
            help="a thin disk needs no room ahead: leave `thick` out, or say a pool that has the room",
        )
    reached("room of a disk is taken")


def see_to_room(host: LibvirtHost, path: str, form: str, size: int, files: Files) -> None:
    """The same of a disk that its VM has now; where it cannot be, that is said, for nothing is to be taken back.

    QEMU lets go of the room of zeros when it copies a raw disk, whatever is said of discarding.
    """
    try:
        take_room(host, path, form, size)
    except BackendRefused as error:
        files.say_stays([error.message])
