"""The disk that a VM was made with: as its sentence says it and, in the domain itself, as vnetsh's mark. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.model import Resource

DISK, IMPORT = "disk", "import"


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
