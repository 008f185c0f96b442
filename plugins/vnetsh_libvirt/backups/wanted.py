"""What of a VM goes into a backup, and what keeps it out of one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.drives import Disk, attribute_of
from vnetsh_libvirt.named_files import nvram_of
from vnetsh_libvirt.remote import is_open

AGENT = "devices/channel/target[@name='org.qemu.guest_agent.0']"
"""Where a domain's XML says that its guest may have an agent, and whether that answers."""


def disks(definition: Definition) -> Sequence[Disk]:
    """The disks that a VM writes to."""
    return [disk for disk in definition.drives if not disk.readonly]


def further(definition: Definition) -> Sequence[str]:
    """Other files that are a VM's own: the variables of its firmware, its seed."""
    nvram = nvram_of(definition)
    return [*([nvram] if nvram else []), *(disk.path for disk in definition.disks if disk.seed)]


def answers(definition: Definition) -> bool:
    """Whether a guest's agent answered when its VM was looked at."""
    target = definition.root.find(AGENT)
    return target is not None and target.get("state") == "connected"


def problems(definition: Definition, *, off: bool) -> Iterator[tuple[str, str]]:
    """What of a VM that runs or is `off` cannot be copied so that it is whole again, in words, and what to do."""
    files = {disk.target: disk for disk in definition.drives}
    for element in definition.root.iterfind("devices/disk"):
        target, device = attribute_of(element, "target", "dev"), element.get("device", "disk")
        if device in ("cdrom", "floppy") or element.find("readonly") is not None:
            continue
        disk = files.get(target)
        if disk is None:
            what = (
                "lies on a server of a kind that is not known"
                if element.get("type") == "network"
                else "is no file"
            )
            yield f"its disk {target} {what}", "copy that one by its storage's own means"
        elif off and disk.remote and not is_open(disk.path):
            what = "which QEMU's tools do not open by themselves"
            yield f"its disk {disk.name} is {disk.path}, {what}", "start it: while it runs QEMU copies it"
        elif disk.shareable:
            yield (
                f"its disk {disk.name} is shareable",
                "others write to it meanwhile: stop them, and copy it by hand",
            )
        elif element.find(".//encryption") is not None:
            yield f"its disk {disk.name} is encrypted", "copy its file by hand, when the vm is off"
    if not disks(definition):
        yield "it has no disk that it writes to", "its sentence makes it again: `export` says that"


def left_out(definition: Definition) -> Iterator[str]:
    """What a VM has that is no part of its backup, in words."""
    if definition.own_tpm:
        yield "the state of its TPM"
