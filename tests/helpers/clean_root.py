"""A Debian that has nothing but itself, and commands in it: what is installed there was never on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HAS = "python3,python3-venv,openssh-client"
_ENTER = """
root=$1 folder=$2
shift 2
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir -p "$root$folder"
mount --bind "$folder" "$root$folder"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec env -i PATH="$PATH" HOME=/root LANG=C.UTF-8 VNETSH_LAB_DIR="$folder" chroot "$root" "$@"
"""


@dataclass(frozen=True)
class CleanRoot:
    """A folder with such a Debian. `lab` is the folder of the lab that is seen from there."""

    folder: Path
    lab: Path

    def __call__(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a command there, with mounts and an environment of its own."""
        enter = ["unshare", "--mount", "--propagation", "private", "sh", "-e", "-c", _ENTER, "sh"]
        return subprocess.run(
            [*enter, str(self.folder), str(self.lab), *argv],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )

    def good(self, *argv: str) -> str:
        """What a command prints there that must succeed."""
        done = self(*argv)
        assert done.returncode == 0, f"{argv}:\n{done.stdout}{done.stderr}"
        return done.stdout


@contextmanager
def clean_root(folder: Path, lab: Path) -> Iterator[CleanRoot]:
    """Have one for a while: by debootstrap, from where this machine's own packages come from."""
    site, codename = _debian()
    folder.mkdir()
    # In memory: dpkg waits for the disk after each file.
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "clean-root", str(folder)], check=True)
    root = CleanRoot(folder, lab)
    try:
        argv = ["debootstrap", "--variant=minbase", f"--include={HAS}", codename, str(folder), site]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", folder / "etc" / name)
        yield root
    finally:
        # Connections outlive the commands that opened them.
        root("sh", "-c", 'for s in /run/vnetsh-ssh/*; do ssh -O exit -S "$s" there; done')
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def _debian() -> Sequence[str]:
    """Where Debian's packages come from, and which Debian this is."""
    format = "$(BASE_URI) $(CODENAME) $(ORIGIN)"
    argv = ["apt-get", "indextargets", "--format", format, "Created-By: Packages"]
    listed = subprocess.run(
        argv, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}
    )
    for uri, codename, origin in map(str.split, listed.stdout.splitlines()):
        if origin == "Debian" and "-" not in codename:
            return uri.partition("dists/")[0], codename
    raise AssertionError(f"none of Debian's own:\n{listed.stdout}")
