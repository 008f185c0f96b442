"""What images build on: by what they say at their beginning, not by what anybody says of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vnetsh_libvirt.facts import ImageFile
from vnetsh_libvirt.heads import Head, form_of, path_of

FileAt = Callable[[str], ImageFile | None]
"""Gives the file at a path, where there is one and it is known."""


@dataclass(frozen=True)
class Layer:
    """An image of a chain: its path and, where its beginning is known, what it says."""

    path: str
    form: str
    head: Head | None

    @property
    def below(self) -> str:
        """What it builds on; empty where that is nothing, or no file."""
        return path_of(self.path, self.head.below) if self.head else ""

    @property
    def data(self) -> str:
        """The file that holds its data instead of it; empty where there is none, or it is not one."""
        return path_of(self.path, self.head.data) if self.head else ""


def layers(path: str, form: str, file_at: FileAt) -> Iterator[Layer]:
    """An image and what it builds on, as a VM has them that takes it as `form`: what is in a raw one is its guest's."""
    seen: set[str] = set()
    while path and path not in seen:
        seen.add(path)
        found = file_at(path)
        layer = Layer(path, form, (Head() if form == "raw" else found.head) if found else None)
        yield layer
        path, form = layer.below, form_of(layer.head) if layer.head else ""


def needed(path: str, form: str, file_at: FileAt) -> Iterator[str]:
    """The files that an image cannot be without, the nearest first; itself is none of them."""
    for layer in layers(path, form, file_at):
        yield from filter(None, (layer.data, layer.below))
