"""The noun `pool`: a folder of disk images that a host's libvirt knows by a name."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from vnetsh.schema import HOSTS, Attribute, Kind, Name, Text
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


POOL_KIND = Kind(
    "pool",
    subject=Name(what="a pool's name", never="/"),
    help="A folder of disk images that a host's libvirt knows by a name: `disk data size 5G pool NAME` lies there.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False),
        Attribute(
            "path", Folder(), "The folder; one that is missing is made.", required=True, immutable=True
        ),
        Attribute("state", Text(), "`running` or `stopped`.", settable=False),
    ),
    brings=(),
    example="pool fast on kvm1, kvm2 path /srv/fast",
)
