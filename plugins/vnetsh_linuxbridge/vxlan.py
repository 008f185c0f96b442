"""Devices of VXLAN: what makes one what it is, and how one has the tunnels of a mesh. Pure.

The kernel has one device of a network. So all tunnels of a mesh that a host has are one device: it sends what all are
sent to each of their far ends, learns behind which of them a MAC address is, and never sends on what came from one of
them. The names of the tunnels stand in further names of the device, each with where it leads: `NAME@ADDRESS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

VXLAN = "vxlan"
"""The kernel's kind of them."""
PORT = 4789
"""Where VXLAN is sent to (IANA): the kernel's own choice is another one, from before there was this."""
NOWHERE = "00:00:00:00:00:00"
"""The MAC address under which the forwarding table has where to send what has no entry of its own."""

_USUAL: Mapping[str, object] = {
    "port_range": {"low": 0, "high": 0},
    "df": "unset",
    "ageing": 300,
    "udp_csum": True,
    "udp_zero_csum6_tx": False,
    "udp_zero_csum6_rx": False,
}
"""Options that vnetsh leaves as they are of a new one."""
_READ = frozenset({"id", "remote", "remote6", "local", "local6", "port", "learning", "ttl", "tos"})


@dataclass(frozen=True, slots=True)
class Vxlan:
    """A device: its network's number, and where it leads.

    `ttl` is a number or `inherit`, 0 the kernel's choice; `tos` a number, 1 what the packet itself has. `others` is
    what it has besides, and no new one is given: that could not be restored.
    """

    id: int
    remote: str = ""
    local: str = ""
    port: int = PORT
    learning: bool = False
    ttl: str = "0"
    tos: str = "0"
    others: tuple[str, ...] = ()


def vxlan_of(data: Mapping[str, Any], unknown: Iterable[str] = ()) -> Vxlan:
    """A device of these options; `unknown` is what its forwarding table has besides, in words."""
    return Vxlan(
        data.get("id", 0),
        data.get("remote") or data.get("remote6") or "",
        data.get("local") or data.get("local6") or "",
        data.get("port", PORT),
        bool(data.get("learning")),
        ttl=str(data.get("ttl", "inherit")),
        tos=str(data.get("tos", "0")),
        others=(
            *sorted(o for o, value in data.items() if o not in _READ and value != _USUAL.get(o, False)),
            *unknown,
        ),
    )


def device_of(mesh: str) -> str:
    """The name of the device that has a mesh's tunnels: the mesh's, as far as the kernel keeps that."""
    if len(mesh) <= 15:
        return mesh
    import zlib

    return f"{mesh[:9].rstrip('_.-')}_{zlib.crc32(mesh.encode()) % 16**5:05x}"


def second_name(tunnel: str, remote: str) -> str:
    """The further name of a device that tells of a tunnel; a link's name has no colons."""
    return f"{tunnel}@{remote.replace(':', '-')}"


def ends_in(names: Iterable[str]) -> Mapping[str, str]:
    """The tunnels of which a device's further names tell, each with where it leads."""
    found = (name.partition("@") for name in names)
    return {tunnel: remote.replace("-", ":") for tunnel, _, remote in found if remote}
