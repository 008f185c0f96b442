"""The guest full.qcow2: a disk with a root file system to write on, and what a cloud's guest does with its VM.

Its disk has a FAT partition, from which syslinux boots, and one of ext4, which is the root.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
from importlib.resources.abc import Traversable
from pathlib import Path

from vnetsh_lab.images.kernel_modules import put_modules
from vnetsh_lab.images.programs import put_agent, put_python
from vnetsh_lab.images.steps import (
    archive,
    data_folder,
    fetch_kernel,
    put_boot_files,
    put_busybox,
    run,
    sources,
)
from vnetsh_lab.images.store import GuestImage

BOOT_MODULES = ("virtio_pci", "virtio_blk", "virtio_scsi", "ata_piix", "sd_mod")
"""What may stand between the kernel and the root file system."""

MODULES = (
    *BOOT_MODULES,
    *("virtio_net", "virtio_balloon", "virtio_console", "virtio_rng", "virtio_mem"),
    *("pvpanic_pci", "pvpanic_mmio", "8021q", "evdev", "button"),
    *("sr_mod", "isofs", "vfat", "nls_cp437", "nls_iso8859-1", "nls_ascii", "nls_utf8"),
)
_MAKERS = ("full.py", "kernel_modules.py", "programs.py")
_MIB = 2**20
_BOOT = 24 * _MIB
_ROOT = 96 * _MIB
_START = _MIB  # of the first partition; before it stands the master boot record
_FOLDERS = (
    *("proc", "sys", "dev", "run", "tmp", "root", "home", "mnt", "srv"),
    *("var/lib", "var/log", "lib64", "usr"),
)
_LINKS = {
    "sbin": "bin",
    "usr/bin": "../bin",
    "usr/sbin": "../bin",
    "usr/lib": "../lib",
    "var/run": "../run",
    "srv/www/index.html": "../../etc/hostname",
}


def _recipe() -> str:
    # Also how it is made: what an older lab made otherwise must not be taken for this.
    how = [one for one in sources("images") if one[0] in _MAKERS]
    digest = hashlib.sha256()
    for name, content in (*_packaged(data_folder() / "full"), *sources("nocloud"), *how):
        digest.update(repr((name, content)).encode())
    return digest.hexdigest()[:12]


def _packaged(folder: Traversable, before: str = "") -> list[tuple[str, bytes]]:
    """All files of a packaged folder, in order, each with its path in there."""
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name = f"{before}{entry.name}"
        found += _packaged(entry, f"{name}/") if entry.is_dir() else [(name, entry.read_bytes())]
    return found


def _put_packaged(tree: Path, folder: str) -> None:
    """Put the files of a packaged folder where they belong in a tree; scripts can be run."""
    for name, content in _packaged(data_folder() / "full" / folder):
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o755 if content.startswith(b"#!") else 0o644)


def _build(work: Path) -> tuple[Path, str]:
    release = fetch_kernel(work)
    initrd = _make_initrd(work, release)
    root = _make_root(work, release)
    settings = work / "syslinux.cfg"
    settings.write_bytes((data_folder() / "full/syslinux.cfg").read_bytes())
    raw = work / "full.raw"
    with raw.open("wb") as disk:
        disk.write(_boot_record())
        disk.truncate(_START + _BOOT)
    kernel = work / "kernel/boot" / f"vmlinuz-{release}"
    geometry = ("-T", str(_BOOT // 512), "-h", "16", "-s", "32", "-H", str(_START // 512))
    run("mformat", "-i", f"{raw.name}@@{_START}", "-v", "BOOT", *geometry, "::", cwd=work)
    put_boot_files(work, f"{raw.name}@@{_START}", (kernel, initrd, settings))
    run("syslinux", "--install", "--offset", str(_START), raw.name, cwd=work)
    with raw.open("ab") as disk, root.open("rb") as content:
        shutil.copyfileobj(content, disk, _MIB)
    run("qemu-img", "convert", "-O", "qcow2", raw.name, FULL.file_name, cwd=work)
    return work / FULL.file_name, release


def _boot_record() -> bytes:
    """The master boot record: syslinux's code, and both partitions."""
    code = Path("/usr/lib/SYSLINUX/mbr.bin").read_bytes()
    first = _partition(0x80, 0x0C, _START, _BOOT)
    second = _partition(0, 0x83, _START + _BOOT, _ROOT)
    return code.ljust(440, b"\0") + b"vnet\0\0" + (first + second).ljust(64, b"\0") + b"\x55\xaa"


def _partition(active: int, kind: int, start: int, size: int) -> bytes:
    nowhere = b"\xfe\xff\xff"  # in cylinders, heads and sectors, which nobody asks for
    return struct.pack("<B3sB3sII", active, nowhere, kind, nowhere, start // 512, size // 512)


def _make_initrd(work: Path, release: str) -> Path:
    tree = work / "initrd-tree"
    for place in ("proc", "sys", "dev", "root"):
        (tree / place).mkdir(parents=True)
    put_busybox(tree)
    (tree / "sbin").symlink_to("bin")
    _put_packaged(tree, "initrd")
    put_modules(tree, work / "kernel/lib/modules" / release, BOOT_MODULES)
    initrd = work / "initrd"
    initrd.write_bytes(archive(tree))
    return initrd


def _make_root(work: Path, release: str) -> Path:
    tree = work / "root-tree"
    for place in _FOLDERS:
        (tree / place).mkdir(parents=True)
    put_busybox(tree)
    _put_packaged(tree, "root")
    for link, target in _LINKS.items():
        (tree / link).parent.mkdir(parents=True, exist_ok=True)
        (tree / link).symlink_to(target)
    (tree / "etc/shadow").chmod(0o600)
    put_modules(tree, work / "kernel/lib/modules" / release, MODULES)
    put_agent(work, tree)
    _put_nocloud(tree / "lib/nocloud")
    put_python(work, tree, tree / "lib/nocloud")
    root = work / "root.ext4"
    options = ("-E", "root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0", "-m", "0", "-J", "size=4")
    run(
        "mke2fs",
        "-q",
        "-t",
        "ext4",
        "-L",
        "vnetsh-root",
        *options,
        "-d",
        tree.name,
        root.name,
        f"{_ROOT // 1024}k",
        cwd=work,
    )
    return root


def _put_nocloud(folder: Path) -> None:
    """What obeys the seed, and the YAML that it needs: this Python's own, without its part in C."""
    import yaml  # here, where it is needed: `vnetsh --lab` starts without it

    package = folder / "vnetsh_lab/nocloud"
    package.mkdir(parents=True)
    for name, content in sources("nocloud"):
        (package / name).write_bytes(content)
    origin = Path(yaml.__file__).parent
    shutil.copytree(
        origin, folder / "yaml", ignore=lambda place, names: [n for n in names if not n.endswith(".py")]
    )


FULL = GuestImage("full", _recipe, _build)
