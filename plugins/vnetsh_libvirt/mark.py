"""What vnetsh keeps in a domain itself: the disk that it was made with, as its mark; and where it belongs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetsh.model import Resource

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DISK, IMPORT = "disk", "import"

DRIVE_ALIAS, SEED_ALIAS = "ua-vnetsh-cdrom", "ua-vnetsh-seed"
"""Of a CD drive that vnetsh gave a VM, and of the one with its seed."""


@dataclass(frozen=True)
class Mark:
    """A disk as it was said, empty for none; whether the image itself is used; the script that it is for.

    A disk that is not imported is a thin overlay: a new file, which is the VM's own.
    """

    disk: str
    imported: bool
    owner: str = ""

    @property
    def own(self) -> bool:
        """Whether the VM has a disk that was made for it."""
        return bool(self.disk) and not self.imported


def mark_of(vm: Resource) -> Mark:
    """What a VM's resource says."""
    return Mark(vm.text(DISK), bool(vm.get(IMPORT)), vm.owner)


PLACING = ("apart", "apart-zones", "clone-of", "drained", "formerly", "restored", "together", "zone")
"""The attributes that say where a VM belongs, and what it was before: lists of names. They are no mark:
others' VMs have them, too."""

PLACING_NAMESPACE = "urn:vnetsh:placing:1"
"""Of the element in a domain's metadata that says so; libvirt keeps one of each namespace."""

PLACING_PREFIX = "vnetsh-placing"
"""What stands for it in the XML."""

Placing = Mapping[str, tuple[str, ...]]


def placing_of(vm: Resource) -> Placing:
    """What a VM's resource says of that."""
    said = ((name, vm.get(name)) for name in PLACING)
    return {name: tuple(map(str, value)) for name, value in said if isinstance(value, tuple) and value}


def placing_in(domain: Element) -> Placing:
    """What a domain's XML says of that."""
    element = domain.find(f"metadata/{{{PLACING_NAMESPACE}}}vm")
    if element is None:
        return {}
    inside = {name: element.iterfind(f"{{{PLACING_NAMESPACE}}}{name}") for name in PLACING}
    found = {name: tuple(one.text or "" for one in said) for name, said in inside.items()}
    return {name: names for name, names in found.items() if names}
