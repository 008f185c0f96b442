"""The noun `pool`: a folder of disk images, or network storage, that a host's libvirt knows by a name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.nouns.disk import Usual
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
    known = ("dir", "nfs")


class Export(ValueType):
    """An export of an NFS server."""

    usually = "an export"

    def describe(self) -> str:
        """How it is said."""
        return "a server and the path that it exports: `nas:/export`"

    def parse(self, text: str) -> Any:
        """The export, without a slash at its end."""
        found = _EXPORT.match(text)
        if found is None or ".." in found[2].split("/"):
            raise BadValue(f"`{text}` is not {self.what}", self.describe())
        return f"{found[1]}:/{found[2]}"


_EXPORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*):/+([^?#\s]*[^?#\s/])/*\Z")

_OF_TYPE = {None: "path", "nfs": "source"}
"""By its type, where a pool is: the word that must be said."""


def _settle(pool: Resource, settler: Settling) -> Sequence[Resource]:
    """A new folder can be used at once; one that is there stays in the state in which it is."""
    there = settler.fleet.get("pool", pool.place, pool.name)
    if there:
        return [pool]
    kind = pool.get("type")
    wanted = _OF_TYPE[None if kind is None else str(kind)]
    for word in _OF_TYPE.values():
        if (pool.get(word) is None) == (word == wanted):
            settler.refuse(
                Diagnostic(
                    "E567",
                    f"a pool of type `{kind or PoolType.usual}` is told by its `{wanted}`",
                    pool.at(word),
                    help="`pool fast on kvm1 path /srv/fast`, or `pool store on kvm1 type nfs source nas:/export`",
                )
            )
            return []
    return [pool if kind else pool.with_attributes(state="running")]


POOL_KIND = Kind(
    "pool",
    subject=Name(what="a pool's name", never="/"),
    help="A folder of disk images, or an export of an NFS server, that a host's libvirt knows by a name: "
    "`disk data size 5G pool NAME` lies there. What lies on a server is not copied when its vm moves.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False),
        Attribute(
            "type",
            PoolType(),
            "What it is: a folder of the host (`dir`), or an export of an NFS server (`nfs`), which QEMU itself "
            "reaches: no host mounts it.",
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
            Export(),
            "The server and what it exports.",
            otherwise="a pool of type `nfs` has to have one",
            immutable=True,
            clearable=False,
        ),
        Attribute("state", Text(), "`running` or `stopped`.", settable=False),
    ),
    brings=(),
    settle=_settle,
    example="pool fast on kvm1, kvm2 path /srv/fast",
)
