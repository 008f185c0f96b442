"""The files of the folders that a host's VMs use, and how each begins, read by one command.

A command changes nothing, where a libvirt pool would have to be refreshed or made.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from vnetsh_libvirt import chains, heads, remote_files
from vnetsh_libvirt.facts import Folder, ImageFile, LibvirtFacts
from vnetsh_libvirt.fetching.program_placing import mark_path
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.named_files import named_files
from vnetsh_libvirt.seen import Seen

USUAL = (
    "/var/lib/libvirt/qemu/nvram", "/var/lib/libvirt/qemu/save", "/var/lib/libvirt/boot", "/usr/share/OVMF",
    "/usr/share/qemu",
)  # fmt: skip
"""Folders that hosts mostly have beside the one of images: firmware, its variables, saved states, and media."""

KINDS = {"f": "file", "d": "a folder", "l": "a link to nothing", "p": "a FIFO", "b": "a block device"}
"""What `find -L` calls what is there, in words."""

_LIST = (  # a link is told as what it leads to; FIFOs are not read, and of the rest only what may be
    "list() { find -L \"$@\" \\( -xtype l -printf 'l' -o -printf '-' \\) "
    '-printf "%y %D:%i %s %b %T@ %p\\0" 2>/dev/null; }; '
    "heads() { printf =; "
    f'find -L "$@" \\( -type f -o -type b \\) -readable -exec head -vc {heads.LENGTH} -- {{}} + 2>/dev/null '
    '| gzip -1 | base64 -w0; printf "\\0"; }; '
)
_READ = (
    'one() { if test -d "$2" && test -r "$2" && test -x "$2"; then '
    'printf "/%s %s\\0" "$(stat -f -c "%a %S %T" -- "$2")" "$2"; '
    'list "$2" -mindepth 1 -maxdepth 1; $1 "$2" -maxdepth 1; fi; }; '
    'while test -n "$1"; do one heads "$1"; shift; done; shift; while test -n "$1"; do one : "$1"; shift; done; shift; '
    'printf "/\\0"; if test $# -gt 0; then list "$@" -maxdepth 0; heads "$@" -maxdepth 0; fi; true'
)


@dataclass(frozen=True)
class Read:
    """Folders by their paths and, by theirs, files that were asked for alone; without those that are not there.

    `also` is what something else told that was asked in the same breath.
    """

    folders: Mapping[str, Folder]
    files: Mapping[str, ImageFile]
    also: str = ""


def read(
    host: LibvirtHost,
    deep: Iterable[str] = (),
    plain: Iterable[str] = (),
    files: Iterable[str] = (),
    also: str = "",
) -> Read:
    """Read folders, and how each of their files begins but of the `plain` ones, and these files.

    `also` is a shell's text that ends in a NUL: it is asked first.
    """
    script = ["sh", "-c", also + _LIST + _READ, "sh", *deep, "", *plain, "", *files]
    told = host.transport.ask(script, timeout=host.timeout).stdout
    first, _, told = told.partition("\0") if also else ("", "", told)
    folders: dict[str, Folder] = {}
    for part in f"\0{told}".split("\0/")[1:]:  # no other entry begins with a slash
        about, _, rest = part.partition("\0")
        found = _files(rest)
        if not about:
            return Read(folders, found, first)
        blocks, size, kind, path = about.split(" ", 3)
        there = {PurePosixPath(name).name: file for name, file in found.items()}
        plainly = {name: file for name, file in there.items() if file.kind == "file"}
        others = {name: file.kind for name, file in there.items() if name not in plainly}
        folders[path] = Folder(plainly, int(blocks) * int(size), kind, others)
    return Read(folders, {}, first)


def _files(told: str) -> dict[str, ImageFile]:
    found: dict[str, ImageFile] = {}
    for entry in told.split("\0"):
        if entry.startswith("="):
            data = gzip.decompress(base64.b64decode(entry[1:]))
            for path, head in _heads(data, found):
                found[path] = replace(found[path], head=heads.parse(head))
        elif entry:
            kinds, identity, size, blocks, written, path = entry.split(" ", 5)
            whole, _, part = written.partition(".")
            found[path] = ImageFile(
                int(size),
                int(blocks) * 512,
                identity,
                f"{whole}.{part[:9]}",  # as `stat` writes it
                KINDS.get(kinds[1], "something else"),
                link=kinds[0] == "l",
            )
    return found


def _heads(data: bytes, files: Mapping[str, ImageFile]) -> Iterator[tuple[str, bytes]]:
    """What `head -v` printed of these files; where one grew meanwhile, it goes on at the next."""
    at = 0
    while (start := data.find(b"==> ", at)) >= 0 and (end := data.find(b" <==\n", start)) >= 0:
        path, at = data[start + 4 : end].decode(errors="replace"), end + 5
        if found := files.get(path):
            length = min(found.size, heads.LENGTH) if found.kind == "file" else heads.LENGTH
            yield path, data[at : at + length]
            at += length


def read_further(host: LibvirtHost, domains: Sequence[Seen], facts: LibvirtFacts) -> LibvirtFacts:
    """Facts with the folders, too, of what these domains name and build on, and of pools; and what is at their URLs."""
    views = [view for seen in domains for view in {id(v): v for v in (seen.defined, seen.live)}.values()]
    remote = {disk.path: disk.format for view in views for disk in view.remote_disks}
    facts = replace(facts, remote=remote_files.told(host, remote))
    named = {file.path for view in views for file in named_files(view)}
    disks = {(disk.path, disk.format) for view in views for disk in view.disks if disk.format != "raw"}
    asked = set[str]()
    defined = {pool.path for pool in (facts.defined_pools or {}).values()}
    folders = {*map(folder_of, named), *(facts.pools or {}).values(), *defined} - facts.folders.keys()
    while True:
        images = {one for disk in disks for one in (disk[0], *chains.needed(*disk, facts.file))} - asked
        images |= {*_marks(facts), *_images(facts)} - asked
        files = {path for path in images if folder_of(path) != facts.folder and _unread(path, facts)}
        folders |= set(map(folder_of, files)) - facts.folders.keys() - asked
        if not folders and not files:
            return facts
        told = read(host, plain=sorted(folders), files=sorted(files))
        facts = replace(facts, folders=_with({**facts.folders, **told.folders}, told.files))
        asked |= folders | files
        folders = set()


def _marks(facts: LibvirtFacts) -> Iterator[str]:
    """What stands beside images in pools that hosts have fetched, as far as those were read."""
    for folder in (facts.pools or {}).values():
        files = facts.files(folder) or {}
        yield from (f"{folder}/{beside}" for beside in map(mark_path, files) if beside in files)


def _images(facts: LibvirtFacts) -> Iterator[str]:
    """What is called an image in pools: how large its disk is stands in it, also where no VM uses it."""
    for folder in (facts.pools or {}).values():
        yield from (
            f"{folder}/{name}" for name in facts.files(folder) or {} if name.endswith((".qcow2", ".img"))
        )


def _unread(path: str, facts: LibvirtFacts) -> bool:
    found = facts.file(path)
    return found.head is None if found else not facts.lacks(path)


def _with(folders: Mapping[str, Folder], files: Mapping[str, ImageFile]) -> dict[str, Folder]:
    """These folders, where they were read, with what is known of these files."""
    found = dict(folders)
    for path, file in files.items():
        if (old := found.get(folder_of(path))) and file.kind == "file":
            found[folder_of(path)] = replace(old, files={**old.files, PurePosixPath(path).name: file})
    return found


def folder_of(path: str) -> str:
    """The folder that a file is in, as its path says it."""
    return str(PurePosixPath(path).parent)
