"""Images that were built once, kept for every lab of this machine."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class GuestImage:
    """A guest: its name, what tells one recipe for it from another, and how it is built.

    `build` is given an empty folder and gives the image, which stands in there, and the release of its kernel.
    """

    name: str
    recipe: Callable[[], str]
    build: Callable[[Path], tuple[Path, str]]

    @property
    def file_name(self) -> str:
        """What it is called in a host's image folder."""
        return f"{self.name}.qcow2"


def cache_folder() -> Path:
    """Where built images are kept between labs."""
    xdg = os.environ.get("XDG_CACHE_HOME")
    return Path(xdg) / "vnetsh" if xdg else Path("/var/cache/vnetsh")


def ensure_image(
    guest: GuestImage, cache: Path | None = None, say: Callable[[str], None] = lambda text: None
) -> Path:
    """The image, built if no lab did so before. Raises `BackendRefused` when a step of it fails.

    Needs the package archive only for building. Two builders do not clash, and a killed one leaves no half image.
    """
    folder = cache or cache_folder()
    found = cached_image(guest, folder)
    if found:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        found = cached_image(guest, folder)
        if found:
            return found
        say(f"building the guest image {guest.file_name} (once)")
        for half in folder.glob("build-*"):
            shutil.rmtree(half, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix="build-", dir=folder))
        try:
            built, release = guest.build(work)
            final = folder / f"{guest.name}-{guest.recipe()}-{release}.qcow2"
            built.rename(final)
            return final
        finally:
            shutil.rmtree(work, ignore_errors=True)


def cached_image(guest: GuestImage, folder: Path) -> Path | None:
    """The newest image of this recipe in a cache folder.

    Any kernel release will do: an update of Debian's is no reason to make a lab wait.
    """
    found = folder.glob(f"{guest.name}-{guest.recipe()}-*.qcow2")
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
