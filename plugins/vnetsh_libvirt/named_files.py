"""The files of its host that a domain's XML names: disks, media, firmware, what it boots from. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vnetsh_libvirt.definition import Definition

NVRAM = "its firmware's variables"
"""What the NVRAM file is, in words."""

BELOW = "what its disk builds on"
"""What an image below a disk is, in words."""

_BOOT = {
    "os/loader": "its firmware",
    "os/kernel": "its kernel",
    "os/initrd": "its initrd",
    "os/dtb": "its device tree",
    "os/acpi/table": "its ACPI table",
    "sysinfo/entry[@file]": "an entry of its fw_cfg",
}


def usual_nvram(vm: str) -> str:
    """Where libvirt keeps the variables of a VM's firmware when nobody says where."""
    return f"/var/lib/libvirt/qemu/nvram/{vm}_VARS.fd"


@dataclass(frozen=True)
class NamedFile:
    """A file and what it is to the domain, in words. `own`: the domain writes to it, or it was made for it alone."""

    what: str
    path: str
    own: bool


def named_files(definition: Definition) -> Iterator[NamedFile]:
    """All of them; of those that a disk builds on, the ones that the XML says."""
    for disk in definition.disks:
        what = "its seed" if disk.seed else "its read-only medium" if disk.readonly else "its disk"
        yield NamedFile(f"{what} {disk.target}", disk.path, not disk.readonly or disk.seed)
    for source in definition.root.iterfind("devices/disk//backingStore/source[@file]"):
        yield NamedFile(BELOW, source.get("file", ""), own=False)
    if path := nvram_of(definition):
        yield NamedFile(NVRAM, path, own=True)
    for where, what in _BOOT.items():
        for element in definition.root.iterfind(where):
            path = element.get("file") or (element.text or "").strip()
            if path.startswith("/"):
                yield NamedFile(what, path, own=False)


def nvram_of(definition: Definition) -> str:
    """The file of its firmware's variables; empty where it has none of its own.

    Where libvirt chooses the firmware, its definition does not say the file (seen with 9.0): it is called after the
    domain, and made at a start that finds none.
    """
    element = definition.root.find("os/nvram")
    if element is None:
        chosen = definition.root.find("os[@firmware='efi']") is not None
        return usual_nvram(definition.name) if chosen and definition.root.find("os/loader") is None else ""
    source = element.find("source")
    return (source.get("file", "") if source is not None else element.text or "").strip()
