"""What a plan wants to know of a host beyond its VMs: memory, versions, images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vnetsh.model import Facts, Fleet

NAME = "libvirt"


@dataclass(frozen=True)
class ImageFile:
    """A file of the image folder: its size, and what it occupies, in bytes."""

    size: int
    occupied: int


Images = tuple[Mapping[str, ImageFile], int]
"""The files of the image folder by name, and the bytes that are free there."""


@dataclass(frozen=True)
class LibvirtFacts(Facts):
    """What is None is not known: then it is found out when applying.

    `free_memory` in bytes, caches included; `version` as in libvirt, 9000000 for 9.0.0; `images` are the files of the
    image `folder`, `free_disk` the bytes that are free there.
    """

    free_memory: int | None = None
    version: int | None = None
    folder: str = ""
    images: Mapping[str, ImageFile] | None = None
    free_disk: int | None = None


def facts(fleet: Fleet, host: str) -> LibvirtFacts:
    """What libvirt's backend found on a host."""
    return fleet.facts_of(host, NAME, LibvirtFacts)
