"""What is said of a pool: what it is, where it is, and who may have its disks. Pure."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from vnetsh.nouns.disk_words import Usual
from vnetsh.schema.values import BadValue, ValueType


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
    known = ("dir", "nfs", "iscsi", "rbd", "logical")

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
            "a server and the path that it exports, `nas:/export`, a server of iSCSI, `nas` or `nas:3261`, or "
            "the name of a pool of Ceph's, or of a volume group"
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


class Monitor(ValueType):
    """A monitor of a Ceph cluster."""

    usually = "a monitor of a Ceph cluster"

    def describe(self) -> str:
        """How it is said."""
        return "a server, or a server and its port: `ceph1`, `ceph1:6789`"

    def parse(self, text: str) -> Any:
        """The server; no port is usual, for monitors have two."""
        if (found := _PORTAL.match(text)) and 0 < int(found[2] or 1) < 2**16:
            return f"{found[1]}:{int(found[2])}" if found[2] else found[1]
        raise BadValue(f"`{text}` is not {self.what}", self.describe())


class User(ValueType):
    """By what name a server knows who has its disks."""

    usually = "a user of a server"

    def describe(self) -> str:
        """How it is said."""
        return "a name without spaces, `/`, `@`, `?`, `#` and `,`"

    def parse(self, text: str) -> Any:
        """The name."""
        if not _USER.match(text):
            raise BadValue(f"`{text}` is not {self.what}", self.describe())
        return text


ISCSI_PORT = 3260

_USER = re.compile(r"[^/@?#,\s]{1,64}\Z")

_SERVER = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)"
_EXPORT = re.compile(_SERVER + r":/+([^?#\s]*[^?#\s/])/*\Z")
_PORTAL = re.compile(_SERVER + r"(?::([0-9]{1,5}))?\Z")
_TARGET = re.compile(
    r"iqn\.[0-9]{4}-[0-9]{2}\.[a-z0-9.:-]+\Z|eui\.[0-9a-f]{16}\Z|naa\.[0-9a-f]{16}(?:[0-9a-f]{16})?\Z"
)
