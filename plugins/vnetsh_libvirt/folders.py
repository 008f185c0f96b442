"""The files of the folders that a host's VMs use, read by one command.

A command changes nothing, where a libvirt pool would have to be refreshed or made.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from vnetsh_libvirt.definition import Seen
from vnetsh_libvirt.facts import Folder, ImageFile, LibvirtFacts
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.named_files import named_files

USUAL = ("/var/lib/libvirt/qemu/nvram", "/var/lib/libvirt/boot", "/usr/share/OVMF", "/usr/share/qemu")
"""Folders that hosts mostly have beside the one of images: firmware, its variables, and media."""

_LIST = (
    'for f; do if test -d "$f" && test -r "$f" && test -x "$f"; then '
    'printf "/%s %s\\0" "$(stat -f -c "%a %S %T" -- "$f")" "$f"; '
    'find -L "$f" -maxdepth 1 -type f -printf "%s %b %f\\0" 2>/dev/null; fi; done; true'
)


def read(host: LibvirtHost, folders: Iterable[str]) -> dict[str, Folder]:
    """These folders, by their paths, without those that are not there."""
    done = host.transport.ask(["sh", "-c", _LIST, "sh", *folders], timeout=host.timeout)
    found: dict[str, Folder] = {}
    files: dict[str, ImageFile] = {}
    for entry in done.stdout.split("\0"):
        if entry.startswith("/"):
            blocks, size, kind, path = entry[1:].split(" ", 3)
            files = {}
            found[path] = Folder(files, int(blocks) * int(size), kind)
        elif entry:
            size, occupied, name = entry.split(" ", 2)
            files[name] = ImageFile(int(size), int(occupied) * 512)
    return found


def named(domains: Iterable[Seen], facts: LibvirtFacts) -> set[str]:
    """The folders of what these domains name, and of pools."""
    views = (view for seen in domains for view in (seen.defined, seen.live))
    paths = {file.path for view in views for file in named_files(view)}
    return {str(PurePosixPath(path).parent) for path in paths} | set((facts.pools or {}).values())
