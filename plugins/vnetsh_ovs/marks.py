"""The marks that vnetsh leaves in `external_ids`: what is its own, and which port is an uplink."""

from __future__ import annotations

from functools import cache

from vnetsh_ovsdb.operations import Row, as_map, as_pairs

MARK = "vnetsh"
"""Key of every bridge and port that vnetsh makes; its value is the script that made it, or `1`.

This key is version 1 of the mark: a mark of another form takes another key, so that each is told by its key alone.
"""
UPLINK_MARK = "vnetsh-uplink"
"""Key of a bridge's uplink port."""
NOTE = "vnetsh-moved"
"""Key of an uplink's port: what is needed for the way back of the addresses that it brought along."""
MESH_KEY = "vnetsh-mesh"
"""Key of a port that is a tunnel of a mesh; its value is the mesh's name."""
LINK_KEY = "vnetsh-link"
"""Key of a port that is a tunnel whose link was taken down; its value is `down`."""
PROBE_MARK = "vnetsh-probe"
"""Key of a port by which a vm is probed while it moves: it is there for a moment, and nobody's."""


_CONTROLLER_S = ("ovn-chassis-id", "ovn-localnet-port", "ovn-l2gateway-port", "ovn-l3gateway-port")
"""Keys of ports that ovn-controller makes, and removes, by what OVN's database says (ovn-controller(8))."""


def is_probe(row: Row) -> bool:
    """Whether a port is a probe's: nobody is told of it, and it is not restored."""
    return PROBE_MARK in marks_of(row)


def comes_by_itself(row: Row) -> bool:
    """Whether others see to a port's coming and going: a probe, or ovn-controller. Nobody is told of it."""
    return is_probe(row) or any(key in marks_of(row) for key in _CONTROLLER_S)


def mark_of(owner: str) -> str:
    """What a mark says: the script that made it, where that has a name."""
    return owner or "1"


def marks_of(row: Row) -> dict[str, str]:
    """The keys that are on a row, and their values."""
    return as_map(row.get("external_ids"))


@cache
def marked(owner: str, *, uplink: bool = False) -> list[object]:
    """The external_ids of what is new; one value for many rows, which nobody changes."""
    return as_pairs({MARK: mark_of(owner), **({UPLINK_MARK: "1"} if uplink else {})})
