"""The noun `image`: a file on a host of which the disks of vms can be made; fetched by the host, or put there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl, urlsplit

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Fleet, Resource
from vnetsh.model.images import comes_again
from vnetsh.schema import HOSTS, Attribute, Kind, Name, Size, Text, ValueType
from vnetsh.schema.declared import Declared, Unsaid
from vnetsh.schema.values import BadValue

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling

SCHEMES = ("http", "https", "s3", "nfs")

_SECRET = re.compile(r"x-amz-|signature|\Asig\Z|token|secret|password|accesskey", re.IGNORECASE)
"""Names of an address's parameters that carry what opens it."""


@dataclass(frozen=True)
class Source(ValueType):
    """Where an image comes from."""

    what: str = "an address"
    usually: ClassVar[str] = "an address"

    def describe(self) -> str:
        """How it is said."""
        return "an address: `https://HOST/FILE`, `http://…`, `s3://BUCKET/KEY`, `nfs://SERVER/EXPORT/FILE`"

    def parse(self, text: str) -> str:
        """The address, which says no secrets: it is shown, and written down."""
        try:
            parts = urlsplit(text)
            whole = bool(parts.hostname and parts.path.strip("/")) and parts.port != 0
        except ValueError:
            raise BadValue(f"`{text}` is not {self.what}", self.describe()) from None
        if parts.scheme not in SCHEMES or not whole or not text.isprintable() or parts.fragment:
            raise BadValue(f"`{text}` is not {self.what} that a host can fetch from", self.describe())
        if parts.scheme == "nfs" and (parts.query or parts.port or "//" in parts.path or "/.." in parts.path):
            raise BadValue(
                f"`{text}` is not {self.what} of a file on an NFS server",
                "nfs://SERVER/EXPORT/FILE, and no more",
            )
        if (
            parts.username
            or parts.password
            or any(_SECRET.search(name) for name, _ in parse_qsl(parts.query))
        ):
            raise BadValue(
                "there is a secret in that address, and it would be written down",
                "`keys FILE` for an address that begins with s3://; or have the server give it to this network",
            )
        return text


@dataclass(frozen=True)
class Checksum(ValueType):
    """A SHA-256."""

    what: str = "a SHA-256"
    usually: ClassVar[str] = "a checksum"

    def describe(self) -> str:
        """How it is said."""
        return "64 hexadecimal digits, as `sha256sum` prints them"

    def parse(self, text: str) -> str:
        """In small letters."""
        if not re.fullmatch("[0-9a-fA-F]{64}", text):
            raise BadValue(f"`{text}` is not {self.what}", self.describe())
        return text.lower()


def _seen(name: str, type: ValueType, help: str, *, column: bool = True) -> Attribute:
    return Attribute(name, type, help, settable=False, column=column)


def _gather(fleet: Fleet) -> Iterator[Resource]:
    """The images in the folders that hosts have for them, but for those that are disks of vms themselves."""
    for host in fleet.hosts:
        disks = {one.text("path") for one in fleet.of_kind("disk", host)}
        used: dict[str, set[str]] = {}
        for one in fleet.of_kind("disk", host):
            used.setdefault(PurePosixPath(one.text("from")).name, set()).add(one.text("vm"))
        for vm in fleet.of_kind("vm", host):
            for word in ("disk", "cdrom"):
                used.setdefault(PurePosixPath(vm.text(word)).name, set()).add(vm.name)
        pools = {pool.text("path"): pool.name for pool in fleet.of_kind("pool", host)}
        known = {one.name: one for one in fleet.of_kind("image", host)}
        for image in fleet.images(host):
            path = PurePosixPath(image.path)
            mine = known.get(path.name)
            ours = mine is not None and mine.get("folder") in (None, str(path.parent))
            if image.path in disks and not ours:
                continue
            about = {
                "format": image.format,
                "size": image.size or None,
                "occupied": image.occupied or None,
                "pool": pools.get(str(path.parent)),
                "folder": str(path.parent),
                "used-by": tuple(sorted(used.get(path.name, ()))) or None,
            }
            if mine is not None and ours:
                del known[path.name]
                yield mine.with_attributes(**{k: v for k, v in about.items() if v is not None})
            else:
                yield Resource("image", path.name, host, about, backend=image.backend)
        yield from known.values()


def _settle(image: Resource, settler: Settling) -> Sequence[Resource]:
    """An image that is there stays what it is; a new one comes from somewhere, and is compared with what is said."""
    if image.name.startswith("."):
        return _refused(
            image, settler, "E540", f"`{image.name}` is no name of an image", "one without a dot before it"
        )
    there = settler.fleet.get("image", image.place, image.name)
    pool = image.text("pool")
    if pool and not settler.find("pool", image.place, pool):
        names = [one.name for one in settler.fleet.of_kind("pool", image.place)]
        help = did_you_mean(pool, names, f"to make it: `pool {pool} on {image.place} path DIR`")
        return _refused(image, settler, "E472", f"host `{image.place}` has no pool `{pool}`", help, "pool")
    source, sha256, keys = image.text("from"), image.text("sha256"), image.text("keys")
    if keys and not source.startswith("s3://"):
        return _refused(
            image, settler, "E540", "`keys` open objects of S3: s3://BUCKET/KEY", "leave them out", "keys"
        )
    if there:
        if sha256 and there.get("sha256") != sha256:
            why = there.text("note") or f"it has the checksum {there.text('sha256')[:12]}…"
            message = f"image `{image.name}` is on {image.place} with other content: {why}"
            help = f"choose another name, or `delete image {image.name}` first"
            return _refused(image, settler, "E541", message, help, "sha256")
        return [replace(image, attributes={k: v for k, v in image.attributes.items() if k != "keys"})]
    if not source or not sha256:
        lacks = "sha256" if source else "from"
        message = f"image `{image.name}` is not on {image.place}, and its `{lacks}` is not said"
        help = "`image NAME on HOST from https://… sha256 …`: the checksum is what `sha256sum` prints of it"
        return _refused(image, settler, "E540", message, help)
    if keys and not Path(keys).expanduser().is_absolute():
        return _refused(
            image,
            settler,
            "E540",
            f"`{keys}` is no whole path",
            "of a file of this machine, from `/` or `~`",
            "keys",
        )
    return [image]


def _refused(
    image: Resource, settler: Settling, code: str, message: str, help: str, word: str = "name"
) -> Sequence[Resource]:
    settler.refuse(Diagnostic(code, message, image.at(word), help=help))
    return []


def _export(kind: Kind, found: Sequence[Resource], fleet: Fleet) -> Iterable[Declared | Unsaid]:
    """Those of which it is known what they are; what others put there no sentence makes.

    One that was made of a vm, or came from another host, comes from no address: its sentence says what it has to be.
    """
    from vnetsh.nouns.defaults import export_on_hosts

    said: list[Resource] = []
    for one in found:
        if one.marked and one.get("sha256"):
            from_nowhere = {**one.attributes, "from": None}
            said.append(one if comes_again(one) else replace(one, attributes=from_nowhere))
        elif one.marked:
            yield Unsaid(one, one.text("note"), whole=True)
    yield from export_on_hosts(kind, said, fleet)


IMAGE_KIND = Kind(
    "image",
    subject=Name(what="an image file", never="/"),
    help="A file of which disks can be made: `vm web1 disk NAME`. Hosts fetch it themselves, or it was put there.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False),
        Attribute(
            "from",
            Source(),
            "Where a host that lacks it fetches it.",
            otherwise="each host has it",
            clearable=False,
            column=False,
        ),
        Attribute(
            "sha256",
            Checksum(),
            "Its checksum: what has another one is never kept.",
            otherwise="each host has it",
            clearable=False,
            column=False,
        ),
        Attribute(
            "keys",
            Text(what="a file of keys"),
            "A file of this machine with keys for S3, as AWS's tools have it; they go nowhere else.",
            otherwise="an object that is public",
            clearable=False,
            column=False,
            passing=True,
            local=True,
        ),
        Attribute(
            "pool",
            Name(what="a pool", ref="pool", never="/"),
            "The pool that it lies in.",
            otherwise="the host's image folder",
            immutable=True,
            clearable=False,
        ),
        _seen("format", Text(), "`qcow2`, `raw` or `iso`."),
        _seen("size", Size(), "How large a disk that is made of it is at least."),
        _seen("occupied", Size(), "What the file itself takes."),
        _seen(
            "used-by",
            Text(what="a list of vms", many=True, ordered=False),
            "The vms whose disks are made of it, or that have it in their CD drives.",
        ),
        _seen("folder", Text(), "The folder that it lies in."),
        _seen("note", Text(), "What else there is to be said."),
    ),
    brings=(),
    settle=_settle,
    export=_export,
    gather=_gather,
    apart=True,
    example="image debian12.qcow2 on kvm1, kvm2 from https://images.example/debian12.qcow2 sha256 "
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)
