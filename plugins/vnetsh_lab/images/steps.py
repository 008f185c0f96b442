"""Steps that the making of each guest shares: commands, the packaged files, Debian's archive, busybox."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from vnetsh.errors import BackendRefused
from vnetsh_lab.requirements import search_path

_APT = ("-o", "APT::Sandbox::User=root")


def data(name: str) -> bytes:
    """A file of the package's data folder."""
    return data_folder().joinpath(name).read_bytes()


def data_folder() -> Traversable:
    """The package's data folder."""
    return files("vnetsh_lab") / "data"


def refused(words: str, help: str = "") -> BackendRefused:
    """The error of a step that failed."""
    archive = "it is made once from Debian's package archive: is the archive reachable (`apt-get update`)?"
    return BackendRefused(f"the guest image cannot be built: {words}", help=help or archive)


def run(*argv: str, cwd: Path) -> str:
    """Run a command of a build and give its output. Raises `BackendRefused` with the end of what it said."""
    program = shutil.which(argv[0], path=search_path()) or argv[0]
    done = subprocess.run([program, *argv[1:]], cwd=cwd, capture_output=True, check=False, timeout=600)
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip() or done.stdout.decode(errors="replace").strip()
        raise refused(f"{argv[0]}: {words.splitlines()[-1] if words else 'failed'}")
    return done.stdout.decode(errors="replace")


def fetch_kernel(work: Path) -> str:
    """Fetch and unpack (not install), as `kernel/`, the kernel that Debian's cloud images have now; its release."""
    try:
        return _fetch_kernel(work)
    except BackendRefused:  # there are no lists of packages, or they are older than the archive
        run("apt-get", *_APT, "-q", "update", cwd=work)
        return _fetch_kernel(work)


def _fetch_kernel(work: Path) -> str:
    release = needed(work, "linux-image-cloud-amd64", r"linux-image-(\S+-cloud-amd64)")
    fetch(work, "kernel", f"linux-image-{release}-unsigned")
    return release


def needed(work: Path, package: str, pattern: str) -> str:
    """The part in brackets of the name of that package, by a pattern, which a package without content stands for."""
    meta = run("apt-cache", "depends", package, cwd=work)
    match = re.search(rf"Depends: {pattern}$", meta, re.MULTILINE)
    if not match:
        raise refused(
            f"the package archive has no {package}",
            help=f"`apt-cache policy {package}` must name a candidate (amd64, Debian 12)",
        )
    return match[1]


def fetch(work: Path, folder: str, *packages: str) -> None:
    """Fetch packages and unpack them, without installing any, into a folder of the build."""
    run("apt-get", *_APT, "-q", "download", *packages, cwd=work)
    for package in packages:
        found = next(work.glob(f"{package}_*.deb"))
        run("dpkg-deb", "-x", found.name, folder, cwd=work)


def put_busybox(tree: Path) -> None:
    """Put busybox into a guest's tree, with all its names."""
    (tree / "bin").mkdir(parents=True, exist_ok=True)
    busybox = shutil.which("busybox", path=search_path()) or "/bin/busybox"
    shutil.copy(busybox, tree / "bin/busybox")
    for applet in run(busybox, "--list", cwd=tree).split():
        if applet != "busybox":
            (tree / "bin" / applet).symlink_to("busybox")


def archive(tree: Path) -> bytes:
    """A tree as the kernel takes its first file system."""
    names = b"".join(bytes(path.relative_to(tree)) + b"\0" for path in sorted(tree.rglob("*")))
    argv = ["cpio", "--null", "--create", "--format=newc", "--owner=0:0", "--quiet"]
    packed = subprocess.run(argv, cwd=tree, input=names, capture_output=True, check=True, timeout=60).stdout
    return gzip.compress(packed, 9, mtime=0)


def put_boot_files(work: Path, device: str, contents: Sequence[Path]) -> None:
    """Write files into a FAT file system of a disk, in mtools' words for it (`FILE` or `FILE@@OFFSET`)."""
    for path in contents:
        name = "vmlinuz" if path.name.startswith("vmlinuz-") else path.name
        run("mcopy", "-i", device, str(path), f"::{name}", cwd=work)


def sources(folder: str) -> list[tuple[str, bytes]]:
    """The modules of a package of the lab's, each with its file's name, in order."""
    entries = sorted((files("vnetsh_lab") / folder).iterdir(), key=lambda entry: entry.name)
    return [(entry.name, entry.read_bytes()) for entry in entries if entry.name.endswith(".py")]
