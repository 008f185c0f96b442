"""The noun `pool`: a folder of disk images that a host's libvirt knows by a name."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from vnetsh.model import Resource
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


def _settle(pool: Resource, settler: Settling) -> Sequence[Resource]:
    """A new pool can be used at once; one that is there stays in the state in which it is."""
    there = settler.fleet.get("pool", pool.place, pool.name)
    return [pool if there else pool.with_attributes(state="running")]


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
    settle=_settle,
    example="pool fast on kvm1, kvm2 path /srv/fast",
)
