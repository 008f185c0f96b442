"""The guest tiny.qcow2: Debian's cloud kernel and busybox, wholly in memory."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from vnetsh_lab.images.steps import archive, data, fetch_kernel, put_boot_files, put_busybox, run
from vnetsh_lab.images.store import GuestImage

MODULES = (
    "virtio_ring",
    "virtio",
    "virtio_pci_modern_dev",
    "virtio_pci_legacy_dev",
    "virtio_pci",
    "failover",
    "net_failover",
    "virtio_net",
    "virtio_blk",
    "evdev",
    "button",
)
GUEST_FILES = {  # packaged name: place in the guest, mode
    "guest-inittab": ("etc/inittab", 0o644),
    "guest-rcS": ("etc/rcS", 0o755),
    "guest-hotplug": ("etc/hotplug", 0o755),
    "guest-power": ("etc/acpi/PWRF/00000080", 0o755),
}
_SYSLINUX_CFG = "guest-syslinux.cfg"


def _recipe() -> str:
    digest = hashlib.sha256(repr((MODULES, sorted(GUEST_FILES.items()))).encode())
    for name in (*sorted(GUEST_FILES), _SYSLINUX_CFG):
        digest.update(data(name))
    return digest.hexdigest()[:12]


def _build(work: Path) -> tuple[Path, str]:
    release = fetch_kernel(work)
    _make_initrd(work, work / "kernel/lib/modules" / release)
    raw = work / "tiny.raw"
    kernel = work / "kernel/boot" / f"vmlinuz-{release}"
    initrd = work / "initrd"
    slack = 2 * 2**20
    megabytes = (kernel.stat().st_size + initrd.stat().st_size + slack) // 2**20 + 1
    with raw.open("wb") as disk:
        disk.truncate(megabytes * 2**20)
    settings = work / "syslinux.cfg"
    settings.write_bytes(data(_SYSLINUX_CFG))
    geometry = ("-T", str(megabytes * 2048), "-h", "16", "-s", "32")
    run("mformat", "-i", raw.name, "-v", "TINY", *geometry, "::", cwd=work)
    put_boot_files(work, raw.name, (kernel, initrd, settings))
    run("syslinux", "--install", raw.name, cwd=work)
    run("qemu-img", "convert", "-O", "qcow2", raw.name, TINY.file_name, cwd=work)
    return work / TINY.file_name, release


def _make_initrd(work: Path, modules: Path) -> None:
    """The guest's whole file system: busybox, the modules and the few scripts."""
    tree = work / "tree"
    for place in ("bin", "lib/modules", "proc", "sys", "dev", "run", "tmp", "root", "var"):
        (tree / place).mkdir(parents=True)
    put_busybox(tree)
    (tree / "init").symlink_to("bin/busybox")
    (tree / "sbin").symlink_to("bin")
    for name, (place, mode) in GUEST_FILES.items():
        target = tree / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data(name))
        target.chmod(mode)
    for module in MODULES:
        shutil.copy(next(modules.rglob(f"{module}.ko")), tree / "lib/modules")
    (work / "initrd").write_bytes(archive(tree))


TINY = GuestImage("tiny", _recipe, _build)
