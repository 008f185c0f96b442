"""What of a VM's disk no image can be made of. Pure."""

from __future__ import annotations

from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.drives import Disk


def problem(defined: Definition, disk: Disk) -> tuple[str, str] | None:
    """Why, in words, and what to do about it."""
    name = disk.name
    if disk.remote:
        return (
            f"its disk {name} lies on a server, where no lock of QEMU's keeps the vm from being started meanwhile",
            f"move it to a folder of its host first: `move disk {defined.name}/{name} to POOL`",
        )
    if not disk.path.startswith("/") or disk.device not in ("disk", "lun"):
        return f"its disk {name} is no file", "copy it by hand: `qemu-img convert -O qcow2`"
    if disk.shareable:
        return f"its disk {name} is shareable: others may write to it", "copy it by hand when nobody does"
    if disk.element.find(".//encryption") is not None:
        return f"its disk {name} is encrypted", "copy it by hand, with its secret: `qemu-img convert`"
    return None
