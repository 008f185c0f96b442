"""Mark the folder of a pool as one that several hosts have mounted, and see that it is; take the mark away."""

from __future__ import annotations

from uuid import uuid4

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model.disks import SHARED_MARK
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.shared_marks import mark_at

_MAKE = 'umask 022 && set -C && : > "$1"'


def share(host: LibvirtHost, folder: str, files: Files) -> None:
    """Have a folder marked as one of several hosts. Raises `BackendRefused` where another host has another one."""
    if not mark_at(host, folder):
        path = f"{folder}/{SHARED_MARK}{uuid4().hex}"

        def make() -> None:
            done = host.transport.run(["sh", "-c", _MAKE, "sh", path])
            if done.returncode:
                raise BackendRefused(f"{host.name}: {path}: {done.stderr.strip()}")

        files.make(host, path, make)
        reached("shared folder is marked")
    if why := differs(host, folder, files):
        raise BackendRefused(
            f"{host.name}: {why}",
            help=f"mount the same there on both hosts at {folder}, or leave `shared` out",
        )


def differs(host: LibvirtHost, folder: str, files: Files) -> str:
    """In words, on which other host that has a marked folder there it is another one; empty where on none."""
    mark = mark_at(host, folder)
    for other in files.hosts():
        there = mark_at(other, folder) if other.name != host.name else ""
        if there and there != mark:
            return f"{folder} is not the folder that {other.name} has there: what one writes the other does not see"
    return ""


def unmark(host: LibvirtHost, folder: str, files: Files) -> list[str]:
    """Take the mark away that was made on this host; why it stays, in sentences."""
    prefix = f"{folder}/{SHARED_MARK}"
    marks = [path for path in files.made_on(host) if path.startswith(prefix)]
    return [why for path in marks if files.of_own(host, path) and (why := _remove(host, path))]


def unshare(host: LibvirtHost, folder: str) -> None:
    """Take each mark away: the folder is nobody's but its host's. Raises `BackendRefused`."""
    while mark := mark_at(host, folder):
        if why := _remove(host, f"{folder}/{mark.rpartition(' ')[0]}"):
            raise BackendRefused(f"{host.name}: {why}")


def _remove(host: LibvirtHost, path: str) -> str:
    done = host.transport.run(["rm", "-f", "--", path])
    return f"{path} may be left on {host.name}: {done.stderr.strip()}" if done.returncode else ""
