"""How a backup lies in its pool: a folder that has its name only when all in it is whole. Pure.

`web01@1.backup` has an image of each disk, `domain.xml`, and `about.json`, which says what each file is and its sha256.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from vnetsh.model.backups import SUFFIX, folder as folder_named

ABOUT, DOMAIN = "about.json", "domain.xml"
"""Files of a backup: what it is; the definition of its VM, with its passwords: only root reads it."""

GUEST, CRASH, OFF = "guest", "crash", "off"
"""How far what is on the disks fits together."""

FULL, INCREMENTAL = "full", "incremental"


@dataclass(frozen=True)
class SavedDisk:
    """A disk in a backup: what its VM calls it, where it was and in which format, and its image, always qcow2."""

    name: str
    target: str
    path: str
    format: str
    file: str
    size: int
    sha256: str


@dataclass(frozen=True)
class SavedFile:
    """Another file of a VM's in a backup: the variables of its firmware, or its seed."""

    path: str
    file: str
    sha256: str


@dataclass(frozen=True)
class About:
    """What a backup says of itself. `id` no other one has; `uuid` is its VM's, `taken` the second since 1970.

    An incremental one has what changed since the one of that name and id, in whose images the rest is.
    """

    id: str
    vm: str
    name: str
    uuid: str
    taken: int
    how: str
    consistent: str
    disks: Sequence[SavedDisk]
    files: Sequence[SavedFile] = ()
    since: str = ""
    base: str = ""

    @property
    def told(self) -> str:
        """How it was made, in words."""
        return f"{self.how} since {self.since}" if self.since else self.how

    def image_of(self, target: str) -> str:
        """The file that has what a disk had; empty where there is none."""
        return next((disk.file for disk in self.disks if disk.target == target), "")

    @property
    def sums(self) -> dict[str, str]:
        """The sha256 of each file of it, by name."""
        disks = {one.file: one.sha256 for one in self.disks}
        return {**disks, **{one.file: one.sha256 for one in self.files}}


def written(about: About) -> str:
    """As it stands in its file."""
    told = asdict(about)
    if not about.since:  # a vnetsh that makes only full ones can read it
        del told["since"], told["base"]
    return json.dumps({"format": 2 if about.since else 1, **told}, indent=1) + "\n"


def read(text: str) -> About:
    """What a file says. Raises `ValueError` for one that says nothing of the kind."""
    try:
        told = json.loads(text)
        if told.pop("format") not in (1, 2):
            raise ValueError("it is of a newer vnetsh")
        disks = tuple(SavedDisk(**one) for one in told.pop("disks"))
        files = tuple(SavedFile(**one) for one in told.pop("files"))
        return About(**told, disks=disks, files=files)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"it says not what it is: {error}") from error


def below(about: About, target: str) -> str:
    """How an image in another backup of the same pool names the one of a disk in this one."""
    return f"..{folder_named('', about.vm, about.name)}/{about.image_of(target)}"


def base_of(folder: str, about: About) -> str:
    """The folder, beside its own, of the backup that an incremental one builds on; empty for a full one."""
    return folder_named(folder.rpartition("/")[0], about.vm, about.since) if about.since else ""


def unfinished(folder: str) -> str:
    """What it is called until it is whole."""
    return f"{folder}.part"


def going(folder: str) -> str:
    """What it is called while it is being removed."""
    return f"{folder}.gone"


def meant(folder: str) -> tuple[str, str]:
    """The VM and the name that a backup's folder is called after; two empty words for another folder."""
    name = folder.rpartition("/")[2]
    vm, at, own = name.removesuffix(SUFFIX).rpartition("@")
    return (vm, own) if at and name.endswith(SUFFIX) else ("", "")
