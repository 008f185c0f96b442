"""What is done to the files of a backup on its host: written, checked, brought to the disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from vnetsh.errors import BackendRefused
from vnetsh_libvirt.backups import at_host
from vnetsh_libvirt.backups.layout import ABOUT, DOMAIN
from vnetsh_libvirt.libvirt_host import LibvirtHost

_WRITE = 'umask "$1"; cat >"$2"'
_SYNC = 'sync -- "$1"/* "$1"'
_REMOVE = f'rm -f -- "$1"/disk-*.qcow2 "$1"/file-* "$1"/{ABOUT} "$1"/{DOMAIN} && rmdir -- "$1"'

REMOVING = 300.0
"""Seconds that it may take to remove large files."""


def must(host: LibvirtHost, command: Sequence[str], input: str = "", timeout: float | None = None) -> str:
    """What a short command prints. Raises `BackendRefused` where it fails."""
    done = host.transport.run(command, input=input, timeout=timeout)
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [f"{command[0]} ended with {done.returncode}"]
        raise BackendRefused(
            f"{host.name}: {said[0]}",
            help="backups need root there: log in as root, or by sudo: `host … sudo`",
        )
    return done.stdout


def write(host: LibvirtHost, path: str, text: str, *, secret: bool = False) -> None:
    """A new file with that in it; a `secret` one only root reads."""
    must(host, ["sh", "-c", _WRITE, "sh", "077" if secret else "022", path], input=text)


def sync(host: LibvirtHost, folder: str, say: Callable[[], None]) -> None:
    """Have a folder and all in it on the disk, which may take as long as to write it."""
    at_host.run(host, ["sh", "-c", _SYNC, "sh", folder], say)


def remove(host: LibvirtHost, folder: str) -> None:
    """Remove what a backup has, and its folder where nothing else is in it. Raises `BackendRefused`."""
    must(host, ["sh", "-c", _REMOVE, "sh", folder], timeout=REMOVING)


def sums(host: LibvirtHost, folder: str, files: Sequence[str], say: Callable[[], None]) -> Mapping[str, str]:
    """The sha256 of each of these files of a folder. Raises `BackendRefused`."""
    found = {}
    for file in files:
        said = at_host.run(host, ["sha256sum", "--", f"{folder}/{file}"], say)
        found[file] = said.lstrip("\\")[:64]
    return found


def builds(host: LibvirtHost, path: str, below: str) -> None:
    """Have an image build on another one, which it names as it lies beside it. Raises `BackendRefused`."""
    must(host, ["qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", below, path])


def checked(host: LibvirtHost, path: str, say: Callable[[], None], below: str = "") -> int:
    """The size that a qcow2 image, which builds on that one, has for a guest, when nothing is wrong with it.

    Raises `BackendRefused`.
    """
    at_host.run(host, ["qemu-img", "check", "-q", "-f", "qcow2", path], say)
    told = json.loads(must(host, ["qemu-img", "info", "--output=json", "-f", "qcow2", path]))
    if (found := told.get("backing-filename", "")) != below:
        raise BackendRefused(
            f"{host.name}: {path} builds on {found or 'nothing'}, and not on {below or 'nothing'}"
        )
    return int(told["virtual-size"])
