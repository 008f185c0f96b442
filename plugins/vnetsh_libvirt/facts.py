"""What a plan wants to know of a host beyond its VMs: memory, versions, images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from vnetsh.model import ActionKind, Change, Facts, Fleet, ImageSeen, Resource
from vnetsh.model.disks import ERASE, SHARED_MARK
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.heads import Head
from vnetsh_libvirt.mark import mark_of
from vnetsh_libvirt.pools_seen import PoolSeen as PoolSeen, RemotePool as RemotePool
from vnetsh_libvirt.remote import is_remote, same_of_all
from vnetsh_libvirt.tls import Tls


def network_in_words(name: str) -> str:
    """A libvirt network as the owner of its bridge."""
    return f"libvirt's network `{name}`"


@dataclass(frozen=True)
class ImageFile:
    """A file: its size, and what it occupies, in bytes; `identity` is the same of one file by all of its names.

    `written` is the time in seconds, `kind` is `file` or what else it is, `link` whether it is a symbolic link to that.
    Where its beginning was not read, `head` is None.
    """

    size: int
    occupied: int
    identity: str = ""
    written: str = ""
    kind: str = "file"
    link: bool = False
    head: Head | None = None

    @property
    def state(self) -> str:
        """What is otherwise when somebody has written to it, or another one is in its place."""
        return f"{self.identity.rpartition(':')[2]} {self.size} {self.written}"


COMING = ImageFile(1, 0)
"""An image that is yet to come: all that is known of it is that it will be there."""


@dataclass(frozen=True)
class Folder:
    """A folder of a host: its files by name, the bytes that are free there, and the kind of its filesystem.

    `others` is what has a name there and is no file, in words.
    """

    files: Mapping[str, ImageFile]
    free: int
    kind: str = ""
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def shared(self) -> str:
        """The mark of a folder that several hosts have mounted, the same on each; else empty."""
        marks = sorted(name for name in self.files if name.startswith(SHARED_MARK))
        return f"{marks[0]} {self.files[marks[0]].identity.rpartition(':')[2]}" if marks else ""


@dataclass(frozen=True)
class LibvirtFacts(Facts):
    """What is None is not known: then it is found out when applying.

    `machines` are the machine types, each with the vcpus that it takes at most; `version` as in libvirt, 9000000 for
    9.0.0; `images` are the files of the
    image `folder`, `free_disk` the bytes that are free there; `folders` those that were read, that one among them.
    `cpus` are the modes and models of CPUs that its VMs can have, `firmwares` and `tpms` the kinds of these;
    `networks` libvirt's that are active, each with its
    port groups; `pools` the active ones that are folders, with
    their paths; `defined_pools` those with a definition that are plain folders, `remote_pools` those of network storage
    that nobody has mounted, `other_pools` the types of all others; `remote` what there is at the URLs of VMs' disks,
    `in_use` the bytes that VMs which run have of a LUN or an export: fewer, where its server has made it larger since;
    `filters` the names of its network filters, `secrets` the UUIDs of its secrets.
    """

    version: int | None = None
    folder: str = ""
    images: Mapping[str, ImageFile] | None = None
    free_disk: int | None = None
    folders: Mapping[str, Folder] = field(default_factory=dict)
    networks: Mapping[str, frozenset[str]] | None = None
    pools: Mapping[str, str] | None = None
    defined_pools: Mapping[str, PoolSeen] | None = None
    remote_pools: Mapping[str, RemotePool] = field(default_factory=dict)
    other_pools: Mapping[str, str] | None = None
    remote: Mapping[str, ImageFile] = field(default_factory=dict)
    in_use: Mapping[str, int] = field(default_factory=dict)
    filters: frozenset[str] | None = None
    secrets: frozenset[str] | None = None
    machines: Mapping[str, int] = field(default_factory=dict)
    cpus: frozenset[str] = frozenset()
    firmwares: frozenset[str] | None = None
    tpms: frozenset[str] | None = None
    tls: Tls | None = None
    switching: Callable[[Resource, Sequence[Resource], LibvirtFacts], Sequence[Resource]] | None = field(
        default=None, compare=False, repr=False
    )
    """Gives a VM that goes off or is started, and its parts, as they are then: by whom it was observed."""
    used: dict[tuple[str, int], tuple[Resource, frozenset[str]]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    """The files of VMs by what they are to them, as `users` has found them: it takes its time for hundreds of VMs."""

    def offered(self) -> Mapping[str, Iterable[str]]:
        """The files of the image folder."""
        return {"image": self.images or ()}

    def after(self, place: str, changes: Sequence[Change]) -> LibvirtFacts:
        """With the files that moves and images bring there, without those that they take away, or that are taken back.

        Without the NICs of VMs that go.
        """
        if (pools := self._pools_after(place, changes)) != self.pools:
            return replace(self, pools=pools).after(place, changes)
        come: dict[str, ImageFile] = {}
        gone: set[str] = set()
        for change in changes:
            if change.undo:
                gone |= {
                    thing["file"]
                    for thing in change.made
                    if "file" in thing and (thing.get("host") == place or is_remote(thing["file"]))
                }
            if change.wishes.get(ERASE) and change.after is None and change.place == place:
                gone.add(change.resource.text("path"))
            if change.resource.kind == "image" and change.place == place:
                path = f"{change.resource.text('folder') or self._folder(change.resource)}/{change.resource.name}"
                if change.after is None:
                    gone.add(path)
                elif change.before is None:
                    come[path] = self.file(path) or COMING
            if change.action is ActionKind.MOVE and (vm := change.before):
                own = _own_files(vm)
                if change.resource.place == place:
                    come |= {path: self.file(path) or ImageFile(0, 0) for path in own}
                elif vm.place == place:
                    gone |= own & _going(vm, self.folder)
        gone -= come.keys()
        left = {c.before.name for c in changes if c.before and not c.after and c.place == place}
        owners = {owner_of_macs(vm) for vm in left}
        macs = {mac: owner for mac, owner in self.macs.items() if owner not in owners}
        coming = {mac: vm for mac, vm in self.coming.items() if vm not in left}
        if (macs, coming) != (self.macs, self.coming):
            return replace(self, macs=macs, coming=coming).after(place, changes)
        if not come and not gone:
            return self

        def then(folder: str, files: Mapping[str, ImageFile]) -> Mapping[str, ImageFile]:
            new = {
                PurePosixPath(p).name: f for p, f in come.items() if str(PurePosixPath(p).parent) == folder
            }
            return {**{n: f for n, f in files.items() if f"{folder}/{n}" not in gone}, **new}

        folders = {
            path: replace(found, files=then(path, found.files)) for path, found in self.folders.items()
        }
        images = None if self.images is None else then(self.folder, self.images)
        remote = {url: found for url, found in self.remote.items() if url not in gone}
        return replace(self, folders=folders, images=images, remote=remote)

    def _pools_after(self, place: str, changes: Sequence[Change]) -> Mapping[str, str] | None:
        """Also the folders of pools that are made there."""
        new = {
            change.after.name: change.after.text("path")
            for change in changes
            if change.resource.kind == "pool" and change.place == place and change.after and not change.before
        }
        folders = {name: path for name, path in new.items() if path}
        return {**(self.pools or {}), **folders} if folders else self.pools

    def _folder(self, image: Resource) -> str:
        """The folder of an image that is yet to come."""
        return (self.pools or {}).get(image.text("pool"), self.folder)

    def switched(self, whole: Resource, parts: Sequence[Resource]) -> Sequence[Resource]:
        """A VM that has gone off, or was started, as it is defined."""
        return self.switching(whole, parts, self) if self.switching else (whole, *parts)

    def image_files(self) -> Sequence[ImageSeen]:
        """What lies in the image folder and in pools, and is an image by what it begins with, or is called so."""
        folders = dict.fromkeys((self.folder, *(self.pools or {}).values()))
        return [
            ImageSeen(f"{folder}/{name}", form, _size(form, file), file.occupied, NAME)
            for folder in folders
            for name, file in sorted((self.files(folder) or {}).items())
            if (form := _form(name, file))
        ]

    def files(self, folder: str) -> Mapping[str, ImageFile] | None:
        """The files of a folder by name; None where it was not read."""
        if folder == self.folder and self.images is not None:
            return self.images
        found = self.folders.get(folder)
        return found.files if found else None

    def file(self, path: str) -> ImageFile | None:
        """The file at a path, or what is at a URL, where it is known."""
        if is_remote(path):
            return self.remote.get(path)
        return (self.files(str(PurePosixPath(path).parent)) or {}).get(PurePosixPath(path).name)

    def at(self, path: str) -> str:
        """What has that name, in words; empty where nothing is known to."""
        folder, name = str(PurePosixPath(path).parent), PurePosixPath(path).name
        if self.file(path):
            return "a file"
        return self.folders[folder].others.get(name, "") if folder in self.folders else ""

    def key(self, path: str) -> str:
        """What is the same of all paths of one file, as far as is known."""
        found = self.file(path)
        return (found and found.identity) or same_of_all(path)

    def same(self, one: str, other: str) -> bool:
        """Whether two paths are one file's, as far as is known."""
        return one == other or self.key(one) == self.key(other)

    def free_in(self, folder: str) -> int | None:
        """The bytes that are free in a folder; None where nobody tells."""
        found = self.folders.get(folder)
        return found.free if found else self.free_disk if folder == self.folder else None

    def lacks(self, path: str) -> bool:
        """Whether it is known that there is no such file."""
        return (
            not is_remote(path)
            and self.files(str(PurePosixPath(path).parent)) is not None
            and self.file(path) is None
        )


def _size(form: str, file: ImageFile) -> int:
    """How large the disk in an image is, 0 where nobody knows."""
    return file.head.size if file.head else file.size if form in ("raw", "iso") else 0


def _form(name: str, file: ImageFile) -> str:
    """The format of an image; empty of any other file."""
    if file.head and file.head.size:
        return "qcow2"
    return {".iso": "iso", ".img": "raw", ".raw": "raw"}.get(PurePosixPath(name).suffix, "")


def facts(fleet: Fleet, host: str) -> LibvirtFacts:
    """What libvirt's backend found on a host."""
    return fleet.facts_of(host, NAME, LibvirtFacts)


def owner_of_macs(vm: str) -> str:
    """What has the MAC addresses of a VM's NICs that are on no bridge, in words."""
    return f"vm `{vm}`"


def _going(vm: Resource, folder: str) -> set[str]:
    """The files of a VM that go when it does: those that were made for it."""
    going = {f"{folder}/{vm.name}.qcow2"} if mark_of(vm).own else set()
    if vm.record and "xml" in vm.record:
        from vnetsh_libvirt.definition import definition_in

        going |= {disk.path for disk in definition_in(vm.record).made_disks}
    return going


def _own_files(vm: Resource) -> set[str]:
    """The files that a VM writes to, as it was recorded."""
    if not vm.record or "xml" not in vm.record:
        return set()
    from vnetsh_libvirt.definition import Definition
    from vnetsh_libvirt.named_files import named_files

    return {file.path for file in named_files(Definition(str(vm.record["xml"]))) if file.own}
