"""VMs with the lab's guest `full`: seeds for them and their definitions, made by hand as libvirt wants them."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from in_lab import on

from vnetsh_lab.lab import Lab

IMAGES = "/var/lib/libvirt/images"
GUEST_AGENT = "org.qemu.guest_agent.0"


def seed_iso(path: Path, files: Mapping[str, str], scratch: Path) -> None:
    """Write a NoCloud seed as an ISO image, as virt-install and cloud-localds do."""
    argv = ["genisoimage", "-quiet", "-output", str(path), "-volid", "cidata", "-joliet", "-rock"]
    subprocess.run([*argv, *_written(files, scratch)], check=True, capture_output=True, timeout=30)


def seed_vfat(path: Path, files: Mapping[str, str], scratch: Path) -> None:
    """Write a NoCloud seed as a FAT image."""
    subprocess.run(["mformat", "-C", "-i", path, "-f", "1440", "-v", "cidata", "::"], check=True, timeout=30)
    subprocess.run(["mcopy", "-i", path, *_written(files, scratch), "::"], check=True, timeout=30)


def _written(files: Mapping[str, str], scratch: Path) -> list[str]:
    for name, text in files.items():
        (scratch / name).write_text(text)
    return [str(scratch / name) for name in files]


@dataclass(frozen=True)
class FullGuest:
    """A VM on a lab host: NICs are (port, bridge, MAC); the seed is a file, on an IDE drive if it is an ISO image."""

    name: str
    nics: tuple[tuple[str, str, str], ...]
    seed: str = ""
    memory: int = 96  # MiB
    vcpus: int = 1

    def start(self, lab: Lab, host: str) -> None:
        """Make its disk, an overlay of the image; define it and start it."""
        disk = f"{IMAGES}/{self.name}.qcow2"
        overlay = ("-f", "qcow2", "-F", "qcow2", "-b", f"{IMAGES}/full.qcow2", disk)
        on(lab, host, "qemu-img", "create", "-q", *overlay)
        on(lab, host, "tee", f"/tmp/{self.name}.xml", input=self.definition())
        on(lab, host, "virsh", "define", f"/tmp/{self.name}.xml")
        on(lab, host, "virsh", "start", self.name)

    def definition(self) -> str:
        """Its definition."""
        domain = ET.Element("domain", type="qemu")
        ET.SubElement(domain, "name").text = self.name
        ET.SubElement(domain, "memory", unit="MiB").text = str(self.memory)
        ET.SubElement(domain, "vcpu", current=str(self.vcpus)).text = str(self.vcpus + 1)
        ET.SubElement(ET.SubElement(domain, "os"), "type", arch="x86_64").text = "hvm"
        ET.SubElement(ET.SubElement(domain, "features"), "acpi")
        devices = ET.SubElement(domain, "devices")
        _disk(devices, f"{IMAGES}/{self.name}.qcow2", "qcow2", "vda", "virtio")
        if self.seed.endswith(".iso"):
            _disk(devices, self.seed, "raw", "hda", "ide", device="cdrom")
        elif self.seed:
            _disk(devices, self.seed, "raw", "vdb", "virtio")
        for port, bridge, mac in self.nics:
            nic = ET.SubElement(devices, "interface", type="bridge")
            ET.SubElement(nic, "mac", address=mac)
            ET.SubElement(nic, "source", bridge=bridge)
            ET.SubElement(nic, "virtualport", type="openvswitch")
            ET.SubElement(nic, "target", dev=port)
            ET.SubElement(nic, "model", type="virtio")
        ET.SubElement(devices, "serial", type="pty")
        ET.SubElement(devices, "panic", model="isa")
        channel = ET.SubElement(devices, "channel", type="unix")
        ET.SubElement(channel, "target", type="virtio", name=GUEST_AGENT)
        return ET.tostring(domain, "unicode")


def _disk(devices: ET.Element, path: str, form: str, target: str, bus: str, device: str = "disk") -> None:
    disk = ET.SubElement(devices, "disk", type="file", device=device)
    ET.SubElement(disk, "driver", name="qemu", type=form)
    ET.SubElement(disk, "source", file=path)
    ET.SubElement(disk, "target", dev=target, bus=bus)
    if device == "cdrom":
        ET.SubElement(disk, "readonly")
