"""The noun `pool`: a folder of disk images, or network storage, that a host's libvirt knows by a name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.nouns.disk_words import Usual
from vnetsh.schema import HOSTS, Attribute, Kind, Name, Text
from vnetsh.schema.values import BadValue, ValueType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetsh.schema.lent import Settling


class Folder(ValueType):
    """A folder of a host."""

    usually = "a folder"

    def describe(self) -> str:
        """How it is said."""
        return "a folder by its whole path: `/srv/vms`"

    def parse(self, text: str) -> Any:
        """The path, without detours."""
        path = PurePosixPath(text)
        if not path.is_absolute() or ".." in path.parts or str(path) in ("/", "//"):
            raise BadValue(f"`{text}` is not {self.what}", self.describe())
        return str(path)


class PoolType(Usual):
    """What a pool is."""

    usually = "a type of pool"
    usual = "dir"
    known = ("dir", "nfs", "iscsi")

    def parse(self, text: str) -> Any:
        """The type; of those that libvirt has no pool of it is said what there is instead."""
        if text == "nbd":
            help = 'libvirt has no such pool; each export is a disk by its URL: `disk data file "nbd://nas/data"`'
            raise BadValue(f"`{text}` is not {self.what}", help)
        return super().parse(text)


class PoolSource(ValueType):
    """An export of an NFS server, or a server of iSCSI targets."""

    usually = "an export, or a server"

    def describe(self) -> str:
        """How it is said."""
        return (
            "a server and the path that it exports, `nas:/export`, or a server of iSCSI, `nas` or `nas:3261`"
        )

    def parse(self, text: str) -> Any:
        """The export, without a slash at its end; the server, without its usual port."""
        if (found := _EXPORT.match(text)) and ".." not in found[2].split("/"):
            return f"{found[1]}:/{found[2]}"
        if (found := _PORTAL.match(text)) and 0 < int(found[2] or ISCSI_PORT) < 2**16:
            return found[1] if int(found[2] or ISCSI_PORT) == ISCSI_PORT else f"{found[1]}:{int(found[2])}"
        raise BadValue(f"`{text}` is not {self.what}", self.describe())


class Shared(Usual):
    """Whether several hosts have the same folder there."""

    usually = "whether a folder is shared"
    usual = "no"
    known = ("yes", "no")


class Target(ValueType):
    """The name of an iSCSI target (RFC 3721)."""

    usually = "the name of an iSCSI target"

    def describe(self) -> str:
        """How it is said."""
        return "a name like `iqn.2026-01.org.example:store`"

    def parse(self, text: str) -> Any:
        """The name: it has no capital letters."""
        if not _TARGET.match(text.lower()) or len(text) > 223:
            raise BadValue(f"`{text}` is not {self.what}", self.describe())
        return text.lower()


ISCSI_PORT = 3260

_SERVER = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)"
_EXPORT = re.compile(_SERVER + r":/+([^?#\s]*[^?#\s/])/*\Z")
_PORTAL = re.compile(_SERVER + r"(?::([0-9]{1,5}))?\Z")
_TARGET = re.compile(
    r"iqn\.[0-9]{4}-[0-9]{2}\.[a-z0-9.:-]+\Z|eui\.[0-9a-f]{16}\Z|naa\.[0-9a-f]{16}(?:[0-9a-f]{16})?\Z"
)

_OF_TYPE = {None: ("path",), "nfs": ("source",), "iscsi": ("source", "target")}
"""By its type, where a pool is: the words that must be said."""

_WHERE = ("path", "source", "target")


def _settle(pool: Resource, settler: Settling) -> Sequence[Resource]:
    """A new folder can be used at once; one that is there stays in the state in which it is."""
    there = settler.fleet.get("pool", pool.place, pool.name)
    if there:
        return [pool]
    kind = pool.get("type")
    wanted = _OF_TYPE[None if kind is None else str(kind)]
    wrong = next((word for word in _WHERE if (pool.get(word) is None) == (word in wanted)), "")
    exported = ":/" in pool.text("source")
    if not wrong and "source" in wanted and exported != (kind == "nfs"):
        wrong = "source"
    if wrong:
        told = " and ".join(f"`{word}`" for word in wanted)
        help = "`pool fast on kvm1 path /srv/fast`, `pool store on kvm1 type nfs source nas:/export`, or "
        help += "`pool luns on kvm1 type iscsi source nas target iqn.2026-01.org.example:store`"
        message = f"a pool of type `{kind or PoolType.usual}` is told by its {told}"
        settler.refuse(Diagnostic("E567", message, pool.at(wrong), help=help))
        return []
    return [pool if kind else pool.with_attributes(state="running")]


POOL_KIND = Kind(
    "pool",
    subject=Name(what="a pool's name", never="/"),
    help="A folder of disk images, an export of an NFS server, or an iSCSI target, that a host's libvirt knows by a "
    "name: `disk data size 5G pool NAME` lies there, `disk data pool NAME lun 3` is a LUN of the target. What lies on "
    "a server is not copied when its vm moves.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False),
        Attribute(
            "type",
            PoolType(),
            "What it is: a folder of the host (`dir`), an export of an NFS server (`nfs`), or a target of an iSCSI "
            "server (`iscsi`). QEMU itself reaches servers: no host mounts anything, or logs in.",
            otherwise="`dir`",
            immutable=True,
            clearable=False,
        ),
        Attribute(
            "path",
            Folder(),
            "The folder; one that is missing is made.",
            otherwise="a pool of type `dir` has to have one",
            immutable=True,
            clearable=False,
        ),
        Attribute(
            "source",
            PoolSource(),
            "The server and what it exports; of a target its server alone.",
            otherwise="a pool of type `nfs` or `iscsi` has to have one",
            immutable=True,
            clearable=False,
        ),
        Attribute(
            "target",
            Target(),
            "The target, whose LUNs are disks.",
            otherwise="a pool of type `iscsi` has to have one",
            immutable=True,
            clearable=False,
        ),
        Attribute(
            "shared",
            Shared(),
            "Whether the folder is the same on several hosts, which have it mounted: its disks are not copied when vms "
            "move. It is tried before it is believed.",
            otherwise="`no`; a folder of NFS, CephFS and their like is known as such",
            clearable=False,
            column=False,
            excludes=("source", "target"),
        ),
        Attribute("state", Text(), "`running` or `stopped`.", settable=False),
    ),
    brings=(),
    settle=_settle,
    example="pool fast on kvm1, kvm2 path /srv/fast",
)
