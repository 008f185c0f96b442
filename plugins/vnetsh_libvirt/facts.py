"""What a plan wants to know of a host beyond its VMs: memory, versions, images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from vnetsh.model import Facts, Fleet

NAME = "libvirt"


@dataclass(frozen=True)
class ImageFile:
    """A file of the image folder: its size, and what it occupies, in bytes."""

    size: int
    occupied: int


@dataclass(frozen=True)
class Folder:
    """A folder of a host: its files by name, the bytes that are free there, and the kind of its filesystem."""

    files: Mapping[str, ImageFile]
    free: int
    kind: str = ""


@dataclass(frozen=True)
class LibvirtFacts(Facts):
    """What is None is not known: then it is found out when applying.

    `memory` is all of the host's in bytes, `free_memory` what is free, caches included; `running` the VMs that run,
    each with its memory; `machines` the machine types, each with the vcpus that it takes at most; `version` as in
    libvirt, 9000000 for 9.0.0; `images` are the files of the
    image `folder`, `free_disk` the bytes that are free there; `folders` those that were read, that one among them.
    `networks` are libvirt's that are active, each with its port groups; `pools` the active ones that are folders, with
    their paths; `filters` the names of its network filters, `secrets` the UUIDs of its secrets.
    """

    free_memory: int | None = None
    version: int | None = None
    folder: str = ""
    images: Mapping[str, ImageFile] | None = None
    free_disk: int | None = None
    folders: Mapping[str, Folder] = field(default_factory=dict)
    networks: Mapping[str, frozenset[str]] | None = None
    pools: Mapping[str, str] | None = None
    filters: frozenset[str] | None = None
    secrets: frozenset[str] | None = None
    memory: int | None = None
    running: Mapping[str, int] = field(default_factory=dict)
    machines: Mapping[str, int] = field(default_factory=dict)

    def files(self, folder: str) -> Mapping[str, ImageFile] | None:
        """The files of a folder by name; None where it was not read."""
        if folder == self.folder and self.images is not None:
            return self.images
        found = self.folders.get(folder)
        return found.files if found else None

    def file(self, path: str) -> ImageFile | None:
        """The file at a path, where it is known."""
        return (self.files(str(PurePosixPath(path).parent)) or {}).get(PurePosixPath(path).name)

    def lacks(self, path: str) -> bool:
        """Whether it is known that there is no such file."""
        return self.files(str(PurePosixPath(path).parent)) is not None and self.file(path) is None


def facts(fleet: Fleet, host: str) -> LibvirtFacts:
    """What libvirt's backend found on a host."""
    return fleet.facts_of(host, NAME, LibvirtFacts)
