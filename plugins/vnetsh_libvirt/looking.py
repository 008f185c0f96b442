"""Files of a host as they are just now, and which domain uses one: by what it is, not by what its path says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vnetsh_libvirt import chains, folders, storage
from vnetsh_libvirt.chains import Layer
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.facts import ImageFile
from vnetsh_libvirt.heads import Head
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.named_files import named_files


class Looking:
    """One look at a host: each file is asked for once."""

    def __init__(self, host: LibvirtHost) -> None:
        self._host = host
        self._found: dict[str, ImageFile | None] = {}

    def at(self, paths: Iterable[str]) -> None:
        """Look at several at once."""
        more = [path for path in dict.fromkeys(paths) if path not in self._found]
        found = folders.read(self._host, files=more).files if more else {}
        self._found |= {path: found.get(path) for path in more}

    def file(self, path: str) -> ImageFile | None:
        """What is at a path; None where nothing is."""
        self.at([path])
        return self._found[path]

    def layers(self, path: str, form: str) -> list[Layer]:
        """An image and what it builds on. Raises `BackendRefused` where even libvirt cannot read one."""
        return list(chains.layers(path, form, self._readable))

    def _readable(self, path: str) -> ImageFile | None:
        found = self.file(path)
        if found and found.head is None and found.kind == "file":  # not for us; it may be for libvirt
            image = storage.find_image(self._host, path)
            below = image.backing if image else None
            head = Head(below.path, below.format) if below else Head()
            found = self._found[path] = replace(found, head=head)
        return found

    def user_of(self, path: str) -> str:
        """The domain that names a file or builds on it, by whatever path; empty when none does."""
        views = list(self._host.views())
        named = {id(view): _named(view) for view in views}
        self.at([path, *(one for paths in named.values() for one in paths)])
        found = self.file(path)
        for view in views:
            paths = set(named[id(view)])
            for one, form in named[id(view)].items():
                for layer in self.layers(one, form):
                    paths |= {layer.path, layer.data}
            if path in paths or any(_same(found, self.file(one)) for one in paths if one):
                return view.name
        return ""


def _named(view: Definition) -> dict[str, str]:
    """The files and devices that a domain names, each with the format in which it has it."""
    found = {file.path: "raw" for file in named_files(view)}
    for disk in view.root.iterfind("devices/disk"):
        driver = disk.find("driver")
        for source in disk.iterfind(".//source"):
            if path := source.get("file") or source.get("dev"):
                found[path] = "raw" if driver is None else driver.get("type", "raw")
    found.update((disk.path, disk.format) for disk in view.disks)
    return found


def _same(one: ImageFile | None, other: ImageFile | None) -> bool:
    return one is not None and other is not None and one.identity == other.identity
