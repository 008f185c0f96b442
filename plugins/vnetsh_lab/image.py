"""The guest image tiny.qcow2: Debian's cloud kernel and busybox, built once and cached for every lab."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from vnetsh.errors import BackendRefused

IMAGE_NAME = "tiny.qcow2"
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
_APT = ("-o", "APT::Sandbox::User=root")


def data(name: str) -> bytes:
    """A file of the package's data folder."""
    return (files("vnetsh_lab") / "data" / name).read_bytes()


def cache_folder() -> Path:
    """Where built images are kept between labs."""
    xdg = os.environ.get("XDG_CACHE_HOME")
    return Path(xdg) / "vnetsh" if xdg else Path("/var/cache/vnetsh")


def ensure_image(cache: Path | None = None, say: Callable[[str], None] = lambda text: None) -> Path:
    """The image, built if no lab did so before. Raises `BackendRefused` when a step of it fails.

    Needs the package archive only for building. Two builders do not clash, and a killed one leaves no half image.
    """
    folder = cache or cache_folder()
    found = cached_image(folder)
    if found:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        found = cached_image(folder)
        if found:
            return found
        say("building the guest image (once)")
        for half in folder.glob("build-*"):
            shutil.rmtree(half, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix="build-", dir=folder))
        try:
            built, release = _build(work)
            final = folder / f"tiny-{_recipe()}-{release}.qcow2"
            built.rename(final)
            return final
        finally:
            shutil.rmtree(work, ignore_errors=True)


def cached_image(folder: Path) -> Path | None:
    """The newest image of this recipe in a cache folder.

    Any kernel release will do: an update of Debian's is no reason to make a lab wait.
    """
    return max(folder.glob(f"tiny-{_recipe()}-*.qcow2"), key=lambda p: p.stat().st_mtime, default=None)


def _recipe() -> str:
    digest = hashlib.sha256(repr((MODULES, sorted(GUEST_FILES.items()))).encode())
    for name in (*sorted(GUEST_FILES), _SYSLINUX_CFG):
        digest.update(data(name))
    return digest.hexdigest()[:12]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _run(*argv: str, cwd: Path, input: bytes | None = None) -> str:
    done = subprocess.run(argv, cwd=cwd, input=input, capture_output=True, check=False, timeout=600)
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip() or done.stdout.decode(errors="replace").strip()
        raise BackendRefused(
            f"the guest image cannot be built: {argv[0]}: {words.splitlines()[-1] if words else 'failed'}",
            help="it is made once from Debian's package archive: is the archive reachable (`apt-get update`)?",
        )
    return done.stdout.decode(errors="replace")


def _build(work: Path) -> tuple[Path, str]:
    """Build the image in a folder of its own; gives it and the kernel's release."""
    release = _fetch_kernel(work)
    _make_initrd(work, work / "kernel/lib/modules" / release)
    raw = work / "tiny.raw"
    kernel = work / "kernel/boot" / f"vmlinuz-{release}"
    initrd = work / "initrd"
    slack = 2 * 2**20
    megabytes = (kernel.stat().st_size + initrd.stat().st_size + slack) // 2**20 + 1
    with raw.open("wb") as disk:
        disk.truncate(megabytes * 2**20)
    (work / "syslinux.cfg").write_bytes(data(_SYSLINUX_CFG))
    geometry = ("-T", str(megabytes * 2048), "-h", "16", "-s", "32")
    _run("mformat", "-i", raw.name, "-v", "TINY", *geometry, "::", cwd=work)
    _run("mcopy", "-i", raw.name, str(kernel), "::vmlinuz", cwd=work)
    _run("mcopy", "-i", raw.name, "initrd", "syslinux.cfg", "::", cwd=work)
    _run("syslinux", "--install", raw.name, cwd=work)
    _run("qemu-img", "convert", "-O", "qcow2", raw.name, IMAGE_NAME, cwd=work)
    return work / IMAGE_NAME, release


def _fetch_kernel(work: Path) -> str:
    """Fetch and unpack (not install) the kernel that Debian's cloud images have now."""
    try:
        return _download_kernel(work)
    except BackendRefused:  # there are no lists of packages, or they are older than the archive
        _run("apt-get", *_APT, "-q", "update", cwd=work)
        return _download_kernel(work)


def _download_kernel(work: Path) -> str:
    meta = _run("apt-cache", "depends", "linux-image-cloud-amd64", cwd=work)
    match = re.search(r"Depends: linux-image-(\S+-cloud-amd64)$", meta, re.MULTILINE)
    if not match:
        raise BackendRefused(
            "the guest image cannot be built: the package archive has no linux-image-cloud-amd64",
            help="`apt-cache policy linux-image-cloud-amd64` must name a candidate (amd64, Debian 12)",
        )
    release = match[1]
    _run("apt-get", *_APT, "-q", "download", f"linux-image-{release}-unsigned", cwd=work)
    package = next(work.glob("linux-image-*.deb"))
    _run("dpkg-deb", "-x", package.name, "kernel", cwd=work)
    return release


def _make_initrd(work: Path, modules: Path) -> None:
    """The guest's whole file system: busybox, the modules and the few scripts."""
    tree = work / "tree"
    for place in ("bin", "lib/modules", "proc", "sys", "dev", "run", "tmp", "root", "var"):
        (tree / place).mkdir(parents=True)
    busybox = shutil.which("busybox") or "/bin/busybox"
    shutil.copy(busybox, tree / "bin/busybox")
    for applet in _run(busybox, "--list", cwd=work).split():
        if applet != "busybox":
            (tree / "bin" / applet).symlink_to("busybox")
    (tree / "init").symlink_to("bin/busybox")
    (tree / "sbin").symlink_to("bin")
    for name, (place, mode) in GUEST_FILES.items():
        target = tree / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data(name))
        target.chmod(mode)
    for module in MODULES:
        shutil.copy(next(modules.rglob(f"{module}.ko")), tree / "lib/modules")
    names = b"".join(bytes(path.relative_to(tree)) + b"\0" for path in sorted(tree.rglob("*")))
    argv = ["cpio", "--null", "--create", "--format=newc", "--owner=0:0", "--quiet"]
    archive = subprocess.run(argv, cwd=tree, input=names, capture_output=True, check=True, timeout=60).stdout
    (work / "initrd").write_bytes(gzip.compress(archive, 9, mtime=0))
