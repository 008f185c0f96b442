"""What a VM is built with and keeps for good: its firmware, its TPM, its screen. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from vnetsh.model import Resource, Value
from vnetsh_libvirt.definition import attribute_of

if TYPE_CHECKING:
    from vnetsh_libvirt.definition import Definition

FIRMWARE, TPM, GRAPHICS = "firmware", "tpm", "graphics"

SECURE = "uefi-secure"

_SECURE_MACHINE = "q35"
"""The machine that has what secure boot needs: memory that only its firmware reaches (SMM)."""


def firmware(defined: Definition) -> Value:
    """UEFI, secure or not; None of a BIOS, or what else its machine has."""
    root = defined.root
    if root.find("os[@firmware='efi']") is None and root.find("os/loader[@type='pflash']") is None:
        return None
    wanted = root.find("os/firmware/feature[@name='secure-boot']")
    secure = attribute_of(root, "os/loader", "secure") == "yes"
    return SECURE if secure or (wanted is not None and wanted.get("enabled") == "yes") else "uefi"


def tpm(defined: Definition) -> Value:
    """The version of an emulated TPM; of one of its host's nothing is said."""
    backend = defined.root.find("devices/tpm/backend[@type='emulator']")
    return backend.get("version") if backend is not None else None


def graphics(defined: Definition) -> Value:
    """The first way to its screen that a sentence can say."""
    kinds = [one.get("type") for one in defined.root.iterfind("devices/graphics")]
    return next((kind for kind in kinds if kind in ("vnc", "spice")), None)


BUILT_IN: Mapping[str, Callable[[Definition], Value]] = {
    FIRMWARE: firmware,
    TPM: tpm,
    GRAPHICS: graphics,
}
"""How each is read in a definition."""


def machine_for(vm: Resource) -> Value:
    """The machine that a new VM's firmware wants where its sentence says none."""
    return _SECURE_MACHINE if vm.get(FIRMWARE) == SECURE else None


def build_in(root: Element, vm: Resource) -> None:
    """Give a new domain what its sentence says of these; libvirt finds the firmware's files."""
    boot, features, devices = (root.find(tag) for tag in ("os", "features", "devices"))
    assert boot is not None
    assert features is not None
    assert devices is not None
    if said := vm.get(FIRMWARE):
        boot.set("firmware", "efi")
        secure = said == SECURE
        wanted = Element("firmware")
        SubElement(wanted, "feature", enabled="yes" if secure else "no", name="secure-boot")
        boot.insert(1, wanted)  # behind its type
        if secure:
            SubElement(features, "smm", state="on")
    if said := vm.get(TPM):
        SubElement(SubElement(devices, "tpm"), "backend", type="emulator", version=str(said))
    if said := vm.get(GRAPHICS):
        listen = SubElement(devices, "graphics", type=str(said), autoport="yes")
        SubElement(listen, "listen", type="address", address="127.0.0.1")
        SubElement(SubElement(devices, "video"), "model", type="virtio" if said == "vnc" else "qxl")
        SubElement(devices, "input", type="tablet", bus="usb")
