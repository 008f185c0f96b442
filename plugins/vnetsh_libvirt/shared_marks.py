"""Whether hosts see the same folder: by the kind of its file system, or by a mark that all of them see.

libvirt keeps no word of a pool, so the fact lies in the folder itself: an empty file whose name nobody else gives. Who
sees it with the same number (inode) sees the same folder; a copy of the folder has another one.
"""

from __future__ import annotations

from vnetsh.model.disks import SHARED_MARK
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.own_files import SHARED_FILESYSTEMS

_FIND = f'cd -- "$1" 2>/dev/null && stat -c "%n %i" -- {SHARED_MARK}* 2>/dev/null | sort | head -n 1'

_KIND = 'stat -f -c %T -- "$1"'


def mark_at(host: LibvirtHost, folder: str) -> str:
    """The name and number of the mark in a folder, as a host sees it; empty where there is none. Of two the first."""
    return host.transport.ask(["sh", "-c", _FIND, "sh", folder], timeout=host.timeout).stdout.strip()


def kind_at(host: LibvirtHost, folder: str) -> str:
    """What a folder's file system is called."""
    return host.transport.ask(["sh", "-c", _KIND, "sh", folder], timeout=host.timeout).stdout.strip()


def may_be_same(one: LibvirtHost, other: LibvirtHost, folder: str) -> bool:
    """Whether both hosts may see the same folder there: by its file system, or by its mark."""
    kinds = {kind_at(host, folder) for host in (one, other)}
    if len(kinds) == 1 and kinds <= SHARED_FILESYSTEMS:
        return True
    mark = mark_at(one, folder)
    return bool(mark) and mark == mark_at(other, folder)
