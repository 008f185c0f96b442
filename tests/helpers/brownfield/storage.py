"""Disks and media, as qemu-img and virt-manager's wizards leave them."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from brownfield.world import IMAGES, World


@dataclass(frozen=True)
class Disk:
    """A disk or medium of a VM, as an element of its definition, and in words."""

    xml: str
    said: str
    snapshots: bool
    """Whether libvirt can make snapshots of a VM with it."""


def disk(world: World, host: str, vm: str, number: int) -> Disk:
    """One with its file, of a random kind; its name is the VM's or that of another."""
    plain = "".join(c for c in vm if c.isalnum() or c in "-_. +()@") or "disk"
    name = world.name(plain if number == 0 else f"{plain}-{number}", "data disk", "debian+12", "wörk")
    way = world.random.choice(
        ("qcow2", "qcow2", "qcow2", "raw", "overlay", "overlay", "chain", "shared", "volume")
    )
    format = "raw" if way in ("raw", "shared") else "qcow2"
    path = f"{IMAGES}/{name}.{'img' if format == 'raw' else 'qcow2'}"
    lines: list[list[str]] = []
    if way == "chain":
        middle = f"{IMAGES}/{world.name('base')}.qcow2"
        lines.append(["qemu-img", "create", "-q", "-f", "qcow2", "-b", "tiny.qcow2", "-F", "qcow2", middle])
        lines.append(["qemu-img", "create", "-q", "-f", "qcow2", "-b", middle, "-F", "qcow2", path])
    elif way == "overlay":
        below = world.random.choice(("tiny.qcow2", f"{IMAGES}/tiny.qcow2"))
        lines.append(["qemu-img", "create", "-q", "-f", "qcow2", "-b", below, "-F", "qcow2", path])
    else:
        lines.append(["qemu-img", "create", "-q", "-f", format, path, "2M"])
        lines.append(["qemu-io", "-f", format, "-c", f"write -q -P {1 + number} 64k 8k", path])
    world.make(host, f"file {path.removeprefix(IMAGES + '/')}: {way}", *lines)
    world.images[host].append(path)
    driver = {"qcow2": " discard='unmap'", "raw": " cache='none' io='native'"}.get(way, "")
    target = world.random.choice((("vd", "virtio"), ("vd", "virtio"), ("sd", "sata"), ("sd", "scsi")))
    if way == "volume":
        _pool(world, host)
        kind, source = (
            "volume",
            f"<source pool='default' volume={quoteattr(path.removeprefix(IMAGES + '/'))}/>",
        )
    else:
        kind, source = "file", f"<source file={quoteattr(path)}/>"
    driver = " cache='none'" if way == "shared" else driver.replace(" io='native'", "")
    xml = (
        f"<disk type='{kind}' device='disk'><driver name='qemu' type='{format}'{driver}/>{source}"
        f"<target dev='{target[0]}{'abcdef'[number]}' bus='{target[1]}'/>"
        + ("<shareable/>" if way == "shared" else "")
        + (f"<serial>DISK{number}</serial>" if world.maybe(0.2) else "")
        + "</disk>"
    )
    return Disk(xml, f"{way} disk {name} ({target[1]})", format == "qcow2")


def _pool(world: World, host: str) -> None:
    """The pool of the image folder; it knows the files that are there."""
    if f"pool of {host}" in world.taken:
        world.make(host, "pool default refreshed", "virsh -q pool-refresh default >/dev/null")
        return
    world.taken.add(f"pool of {host}")
    world.make(
        host,
        "pool default",
        f"virsh -q pool-define-as default dir --target {IMAGES} >/dev/null",
        "virsh -q pool-start default >/dev/null; virsh -q pool-autostart default >/dev/null",
    )


def medium(world: World, host: str, *, floppy: bool) -> Disk:
    """A CD-ROM or floppy drive, with or without a medium; before or after the disks, as it comes."""
    kind, bus, target = ("floppy", "fdc", "fda") if floppy else ("cdrom", "sata", "sdg")
    if world.maybe(0.3):
        return Disk(
            f"<disk type='file' device='{kind}'><target dev='{target}' bus='{bus}'/><readonly/></disk>",
            f"empty {kind}",
            False,
        )
    path = f"{IMAGES}/{world.name('seed', 'virtio-win', 'netinst')}.{'vfd' if floppy else 'iso'}"
    world.make(
        host,
        f"file {path.removeprefix(IMAGES + '/')}",
        f"head -c {1474560 if floppy else 65536} /dev/zero >'{path}'",
    )
    xml = (
        f"<disk type='file' device='{kind}'><driver name='qemu' type='raw'/><source file={quoteattr(path)}/>"
        f"<target dev='{target}' bus='{bus}'/><readonly/></disk>"
    )
    return Disk(xml, f"{kind} {path.removeprefix(IMAGES + '/')}", False)
